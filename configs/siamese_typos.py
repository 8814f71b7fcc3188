r"""Misspelled words find what was meant: n-grams of letters, InfoNCE on pairs of words.

python train.py --config=configs/siamese_typos.py
python -m reprlearn.search --workdir=runs/siamese_typos recieve accomodate

Pairs of the package codespell: 58,755 misspelled words and what was meant. Words of the same first
five letters are in one split, so no word of the test was learned from. In training letters are
dropped, swapped and put in, too.
Cost: 2,113,664 parameters; 1,000 steps of 512 pairs, a minute and a half on two CPU cores, and half
a minute for the score.
Result: 5,936 misspelled words ask among 17,806 words; seeds 0, 1 and 2 (--config.seed), mean and
range. The code is beside TF-IDF of n-grams of letters, and ranked anew by the edit distance, with
the weight that is best on validation words, 0.7 to 1:
                 the code              TF-IDF    the code and the edit distance
  first          .949 [.946, .951]     .708      .966 [.965, .969]
  of five        .992 [.991, .993]     .919      .996 [.995, .997]
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
