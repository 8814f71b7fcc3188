"""A variational auto-encoder (Kingma & Welling 2014): MLP 784-512-16, Bernoulli on grey levels.

python train.py --config=configs/vae.py
python train.py --config=configs/vae.py:fashion_mnist

Cost: 829,232 parameters; 4,000 steps, about half a minute on two CPU cores.
Result: test ELBO in nats, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
  mnist_5k       -113.3 [-113.7, -113.0]
  fashion_mnist  -245.7 [-245.8, -245.6] (7 epochs, not converged)
With --config.model.likelihood=gaussian, on mnist_5k: 391.8 [389.3, 393.3], of a density.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("vae", dataset)
    config.training.steps = 4_000
    return config
