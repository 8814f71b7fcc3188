r"""An auto-encoder (Rumelhart, Hinton & Williams 1986): MLP 784-512-16, cross-entropy.

python train.py --config=configs/autoencoder.py
python train.py --config=configs/autoencoder.py --config.model.network=tied \
    --config.model.widths='()' --config.model.loss=squared_error --workdir=runs/pca

Cost: 821,024 parameters; 2,000 steps, about a quarter of a minute on two CPU cores.
Result: on mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
  test cross-entropy       84.2 [84.1, 84.3] nats
  test mean squared error  0.0140 [0.0139, 0.0140] per pixel
The second command is principal component analysis by gradient descent: error 0.0271 (seed 0);
scikit-learn's PCA(16) of the same training images has 0.0270.
"""

from ml_collections import ConfigDict

from configs import base


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = base.get_config(dataset)
    config.method = "autoencoder"

    config.model.network = "mlp"  # or "conv", "linear" (PCA's subspace), "tied"
    config.model.widths = (512,)
    config.model.latent_dim = 16
    config.model.dtype = "float32"  # of the computation; parameters are always float32
    config.model.loss = "auto"  # "cross_entropy" on images, "squared_error" on others
    return config.lock()
