r"""Anomalies by their error of reconstruction: MLP 784-512-32 that never saw one class.

python train.py --config=configs/anomaly_autoencoder.py
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "fashion_mnist") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.model.encoder.widths = (512,)
    config.model.latent_dim = 32
    if dataset == "fashion_mnist":
        config.data.classes = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    config.training.steps = 2_000
    config.scores = ("anomaly",)
    return config
