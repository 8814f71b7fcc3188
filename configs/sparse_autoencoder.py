r"""A sparse auto-encoder: sigmoid units that are each active for few examples (Ng 2011)."""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.model.encoder.widths = ()
    config.model.decoder.network = "linear"
    config.model.latent_dim = 196
    config.model.code_activation = "sigmoid"
    config.model.loss = "squared_error"
    config.model.penalty.kind = "kl"
    config.model.penalty.weight = 3.0
    config.training.steps = 3_000
    config.scores = ("code",)
    config.baselines = ConfigDict({"plain": {"model": {"penalty": {"kind": "none"}}}})
    return config
