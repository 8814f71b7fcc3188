r"""A contractive auto-encoder: 784-64 sigmoid units whose code hardly moves (Rifai et al. 2011).

python train.py --config=configs/contractive_autoencoder.py

One tied layer, as in the paper. The baseline "plain" has no penalty. The penalty takes a gradient
of the encoder for each number of the code, at each step.
Cost: 51,024 parameters; 2,000 steps, a minute and a quarter on two CPU cores; of the baseline a few
seconds.
Result: test images of mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
                           contractive              plain                   PCA
  norm of the Jacobian     1.61 [1.60, 1.62]        3.01 [3.00, 3.02]       -
  sensitivity              .198 [.197, .199]        .309 [.308, .310]       .308
  squared error, a pixel   .0220 [.0218, .0222]     .0142 [.0141, .0142]    -
Sensitivity is how far noise moves the code beside how far another example does: a smaller code
alone does not lower it. At each example the code follows some ten directions, PCA all 64.
"""

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
