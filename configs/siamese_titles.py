r"""A title finds its article: words and n-grams of letters, InfoNCE on pairs of texts.

python train.py --config=configs/siamese_titles.py
python train.py --config=configs/siamese_titles.py:news.csv --config.data.text=title,article

Pairs of the docstrings of installed packages: the summary is the title, what follows the article.
Training is of twelve packages, the test of scikit-learn, the weight of letters chosen on pandas.
Cost: 2,113,664 parameters; 600 steps of 256 pairs, a minute and a half on two CPU cores, and a
minute for the score.
Result: 1,788 titles ask among 14,237 articles of all packages, of 1,024 bytes at most; seeds 0, 1
and 2 (--config.seed), mean and range. BM25 is of python benchmarks/titles.py:
                 the code              TF-IDF    BM25    the code and TF-IDF
  first          .114 [.106, .119]     .241      .267    .247 [.238, .252]
  of ten         .273 [.265, .281]     .500      .513    .506 [.497, .512]
With an encoder for each side, seed 0 (--config.model.towers=two): .029 first, .125 of ten; with one
last layer for both (--config.model.towers=shared_head): .032 and .123. Each would have to learn the
same words twice.
The words that two texts share say more here than what 10,000 pairs of other packages can teach.
With TF-IDF the code is a little better than TF-IDF alone, by two of three seeds, and worse than
BM25. What is installed decides the texts: other versions of the packages give other numbers.
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
