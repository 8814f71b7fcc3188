"""A GAN on 25 Gaussians that fails."""

from ml_collections import ConfigDict

from configs import gan_grid


def get_config(dataset: str = "grid") -> ConfigDict:
    config = gan_grid.get_config(dataset).unlock()
    config.model.loss = "minimax"
    config.model.penalty = "none"
    config.model.generator_bias_scales = (0.0, 0.0)
    config.model.discriminator_bias_scales = (0.0, 0.0)
    return config.lock()
