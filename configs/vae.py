"""A variational auto-encoder (Kingma & Welling 2014): MLP 784-512-16, Bernoulli on grey levels.

python train.py --config=configs/vae.py
python train.py --config=configs/vae.py:fashion_mnist

Cost: 829,232 parameters; 4,000 steps, about half a minute on two CPU cores.
Result: test ELBO in nats, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
  mnist_5k       -113.3 [-113.7, -113.0]
  fashion_mnist  -245.7 [-245.8, -245.6] (7 epochs, not converged)
"""

from ml_collections import ConfigDict

from configs import base


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = base.get_config(dataset)
    config.method = "vae"

    config.model.network = "mlp"  # or "conv", "linear"
    config.model.widths = (512,)
    config.model.latent_dim = 16
    config.model.dtype = "float32"  # of the computation; parameters are always float32
    config.model.likelihood = "auto"  # "bernoulli" on images, "gaussian" on others
    config.model.scale = "global"  # of the Gaussian: "fixed", "global" or "per_dimension"
    config.model.initial_scale = 1.0
    config.model.beta = 1.0
    config.model.beta_warmup_steps = 0
    config.model.samples = 1  # above 1: the importance-weighted bound

    config.training.steps = 4_000
    return config.lock()
