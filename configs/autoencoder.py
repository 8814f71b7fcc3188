r"""An auto-encoder (Rumelhart, Hinton & Williams 1986): MLP 784-512-16, cross-entropy.

python train.py --config=configs/autoencoder.py

Cost: 821,024 parameters; 2,000 steps, about a quarter of a minute on two CPU cores.
Result: on mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
  test cross-entropy       84.2 [84.1, 84.3] nats
  test mean squared error  0.0140 [0.0139, 0.0140] per pixel
scikit-learn's PCA(16) of the same training images has an error of 0.0270. A linear one, which is
PCA, is configs/linear_autoencoder.py.
Of 32 units on Fashion-MNIST (--config=configs/autoencoder.py:fashion_mnist
--config.model.latent_dim=32 --config.scores=knn,linear_probe; the second column with
--config.model.corruption.kind=masking), accuracy, seeds 0, 1 and 2 (--config.seed):
                       plain                denoising            PCA-32    pixels
  neighbours           .868 [.868, .868]    .855 [.854, .857]    .853      .855
  linear probe         .823 [.823, .824]    .829 [.827, .831]    .815      .843
Denoising helps a linear probe by .6 of a point, and costs neighbours 1.3 points. More or less noise
does not help more: of --config.model.corruption.level 0.25, 0.5 and 0.75 the probe has .828 [.825,
.831], .829 [.827, .831] and .827 [.824, .829], and .822 [.820, .824] without any
(--config.training.num_seeds=3).
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    return reprlearn.default_config("autoencoder", dataset)
