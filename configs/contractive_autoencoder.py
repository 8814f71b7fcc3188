r"""A contractive auto-encoder: 784-64 sigmoid units whose code hardly moves (Rifai et al. 2011)."""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.model.encoder.network = "tied"
    config.model.encoder.widths = ()
    config.model.latent_dim = 64
    config.model.code_activation = "sigmoid"
    config.model.loss = "squared_error"
    config.model.penalty.kind = "contractive"
    config.model.penalty.weight = 3.0
    config.scores = ("code",)
    config.baselines = ConfigDict({"plain": {"model": {"penalty": {"kind": "none"}}}})
    return config
