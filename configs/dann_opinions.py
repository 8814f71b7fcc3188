"""A domain-adversarial network on sentences: for or against, learned of films, told of products."""

from ml_collections import ConfigDict

import reprlearn


def get_config(datasets: str = "opinions-films,opinions-products") -> ConfigDict:
    config = reprlearn.default_config("dann", datasets)
    config.data.batch_size = 64  # of each domain
    config.data.split = (60, 10, 30)
    config.model.encoder.network = "bigrams"
    config.model.encoder.widths = (32,)
    config.model.discriminator.widths = (64,)
    config.model.latent_dim = 64
    config.training.steps = 300
    config.scores = ("adaptation", "classification")
    config.baselines = ConfigDict({"source_only": {"model": {"trained_on": "source"}}})
    return config
