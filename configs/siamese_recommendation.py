r"""What somebody likes next: the films liked before find the next one, InfoNCE on words.

python train.py --config=configs/siamese_recommendation.py
python -m reprlearn.search --workdir=runs/siamese_recommendation "Toy Story"

MovieLens: what 666 people liked, four stars or more, in the order of time (pip install -e
'.[datasets]'). A person is the last 30 films that were liked, a film its number, title and genres.
Cost: 1,052,736 parameters; 1,500 steps of 512 pairs, forty seconds on two CPU cores.
Result: the last film that each person liked is asked for among 9,066; those that were liked before
are passed over by all (python benchmarks/recommendation.py); seeds 0, 1 and 2 (--config.seed), mean
and range:
                              recall at 10            NDCG at 10
  most popular                .050                    .027
  audiences alike (cosine)    .081                    .038
  implicit ALS                .074                    .040
  the code                    .036 [.033, .042]       .019 [.017, .023]
  the code and popularity     .085 [.080, .089]       .042 [.037, .045]
With an encoder for each side, seed 0: the code .027 and .015, with popularity .081 and .038
(--config.model.towers=two); with one last layer for both .033 and .018, with popularity .083 and
.038 (--config.model.towers=shared_head).
InfoNCE compares with the other films of a batch, which come as often as they are liked: so the code
says how much likelier a film is for this person than for anybody. Popularity comes back with the
temperature times the logarithm of how often a film was liked: no weight is chosen. With 666
questions a difference of .02 may be chance.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "movielens") -> ConfigDict:
    config = reprlearn.default_config("siamese", dataset)
    config.data.batch_size = 512
    config.model.encoder.network = "words"
    config.model.encoder.widths = (64,)
    config.model.latent_dim = 64
    config.model.loss = "info_nce"
    config.training.steps = 1_500
    config.scores = ("matching",)
    return config
