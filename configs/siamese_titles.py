r"""A title finds its article: words and n-grams of letters, InfoNCE on pairs of texts.

python train.py --config=configs/siamese_titles.py
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "docstrings") -> ConfigDict:
    config = reprlearn.default_config("siamese", dataset)
    config.data.batch_size = 256
    config.data.text_length = 1_024
    config.model.encoder.network = "n_grams"
    config.model.encoder.widths = (128,)
    config.model.latent_dim = 128
    config.model.loss = "info_nce"
    config.model.temperature = 0.05
    config.optimizer.learning_rate = 3e-3
    config.training.steps = 600
    config.scores = ("matching",)
    return config
