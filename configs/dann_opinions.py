r"""A domain-adversarial network on sentences: for or against, learned of films, told of products.

python train.py --config=configs/dann_opinions.py
python train.py --config=configs/dann_opinions.py:opinions-tweets,opinions-news
python train.py --config=configs/dann_opinions.py:a.csv,b.csv --config.data.text=text \
    --config.data.label=kind

Sentences of film reviews, product reviews, tweets and editorials (Hutto & Gilbert 2014), as bags of
words and pairs of words; from --config.data.manual_dir, or downloaded with a checksum.
Cost: 4,200,771 parameters; 300 steps of 64 sentences of each domain, five seconds on two CPU cores,
and as long for the baseline.
Result: balanced accuracy on the target's test sentences in percent, mean and standard error of five
seeds (python benchmarks/opinions.py); "target" is the same network on the target's own labels,
TF-IDF a logistic regression of the source's words and pairs of words:
                          TF-IDF     source only     adversarial          target
  films -> products         64.5     62.5 +- 0.3     65.4 +- 0.7     76.1 +- 0.4
  films -> tweets           67.2     63.7 +- 0.4     64.0 +- 1.2     79.6 +- 0.3
  films -> news             58.0     56.3 +- 0.4     54.9 +- 0.4     65.4 +- 0.2
  products -> films         59.9     59.2 +- 0.1     61.7 +- 0.3     78.0 +- 0.2
  products -> tweets        67.2     68.1 +- 0.2     67.5 +- 0.9     79.6 +- 0.3
  products -> news          57.2     57.4 +- 0.1     56.2 +- 0.4     65.4 +- 0.2
  tweets -> films           57.8     56.9 +- 0.2     55.8 +- 2.0     78.0 +- 0.2
  tweets -> products        65.0     61.8 +- 0.1     65.6 +- 1.0     76.1 +- 0.4
  tweets -> news            60.7     60.7 +- 0.3     57.1 +- 0.9     65.4 +- 0.2
  news -> films             61.2     61.8 +- 0.2     63.3 +- 0.3     78.0 +- 0.2
  news -> products          67.3     63.2 +- 0.2     62.6 +- 2.2     76.1 +- 0.4
  news -> tweets            67.7     66.3 +- 0.1     61.5 +- 1.1     79.6 +- 0.3
  mean                      62.8            61.5            61.3            74.7
Adaptation helps from films to products, by 2.9 points, and in four other pairs, and does harm in
seven, all of them to or from tweets or news: two of three tweets are positive, of the news
two of five, and features that look alike must then mistake classes. A network that sees no order of
words is no better than the logistic regression. How differently the classes are shared out is
estimated without labels (label_shift/distance, seed 0; by labels in brackets): films to products
.05 (.05), tweets to news .36 (.27), which is warned of; products to films .16 (.05), which is
warned of too, as the run is worse on films.
Other alignments help no more: the means of the twelve pairs' rows, seeds 0 and 1 (python
benchmarks/selection.py): source only 61.4, adversarial 61.5, conditional 60.1, mmd 58.4, coral
60.7, confusion 60.2.
"""

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
    config.scores = ("adaptation", "classification", "selection", "label_shift")
    config.watch = ("selection",)
    config.baselines = ConfigDict({"source_only": {"model": {"trained_on": "source"}}})
    return config
