"""A domain-adversarial network on images: digits, and digits in front of photographs."""

from ml_collections import ConfigDict

import reprlearn


def get_config(datasets: str = "mnist_rgb,mnist_m") -> ConfigDict:
    config = reprlearn.default_config("dann", datasets)
    config.data.batch_size = 64  # of each domain
    config.model.encoder.network = "conv"
    config.model.encoder.widths = (32, 64)
    config.model.encoder.normalization = "instance"
    config.model.discriminator.widths = (256, 256)
    config.model.latent_dim = 128
    config.scores = ("adaptation", "classification", "divergence")
    config.baselines = ConfigDict(
        {
            "source_only": {"model": {"trained_on": "source"}},
            "on_target": {"model": {"trained_on": "target"}},
        }
    )
    return config
