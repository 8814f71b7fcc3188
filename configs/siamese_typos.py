r"""Misspelled words find what was meant: n-grams of letters, InfoNCE on pairs of words.

python train.py --config=configs/siamese_typos.py
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "codespell") -> ConfigDict:
    config = reprlearn.default_config("siamese", dataset)
    config.data.batch_size = 512
    config.model.encoder.network = "n_grams"
    config.model.encoder.widths = (128,)
    config.model.latent_dim = 128
    config.model.loss = "info_nce"
    config.model.augment.drop_letter = 0.15
    config.model.augment.swap_letters = 0.15
    config.model.augment.insert_letter = 0.15
    config.training.steps = 1_000
    config.scores = ("matching",)
    return config
