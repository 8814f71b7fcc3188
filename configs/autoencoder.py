r"""An auto-encoder (Rumelhart, Hinton & Williams 1986): MLP 784-512-16, cross-entropy.

python train.py --config=configs/autoencoder.py

Cost: 821,024 parameters; 2,000 steps, about a quarter of a minute on two CPU cores.
Result: on mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
  test cross-entropy       84.2 [84.1, 84.3] nats
  test mean squared error  0.0140 [0.0139, 0.0140] per pixel
scikit-learn's PCA(16) of the same training images has an error of 0.0270. A linear one, which is
PCA, is configs/linear_autoencoder.py.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    return reprlearn.default_config("autoencoder", dataset)
