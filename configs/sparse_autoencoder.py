r"""Sparse auto-encoders: 784-196 units that are each active for few examples (Ng 2011).

python train.py --config=configs/sparse_autoencoder.py
python train.py --config=configs/sparse_autoencoder.py --config.model.code_activation=relu \
    --config.model.penalty.kind=l1 --config.model.penalty.weight=0.1 --workdir=runs/sparse_l1

The first asks of sigmoid units a mean activity of .05 (KL), the second weighs the sizes of ReLU
units (L1). The baseline "plain" has no penalty.
Cost: 308,308 parameters; 3,000 steps of both, half a minute on two CPU cores.
Result: test images of mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
                           KL                       without it
  mean activity            .0594 [.0588, .0603]     .483 [.482, .484]
  share that is active     .272 [.265, .282]        .999 [.999, .999]
  norm of the Jacobian     3.31 [3.23, 3.39]        7.08 [7.06, 7.10]
  squared error, a pixel   .0176 [.0175, .0177]     .0044 [.0044, .0044]
                           L1                       without it
  share that is active     .316 [.310, .325]        .479 [.464, .503]
  share that is dead       .338 [.311, .367]        .294 [.276, .311]
  norm of the Jacobian     6.45 [6.26, 6.72]        8.39 [8.19, 8.71]
  squared error, a pixel   .0077 [.0075, .0079]     .0062 [.0059, .0063]
A number of a code is active above a tenth of the largest value that it has. Sparse codes cost error
here; L1 less than KL, for about as much of it. A third of the ReLU units is dead, L1 or not.
"""

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
