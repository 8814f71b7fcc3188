"""A GAN on 8 Gaussians."""

from ml_collections import ConfigDict

from configs import gan_grid


def get_config(dataset: str = "ring") -> ConfigDict:
    config = gan_grid.get_config(dataset).unlock()
    config.model.data_scale = 4.0
    return config.lock()
