r"""A linear auto-encoder is principal component analysis (Baldi & Hornik 1989): 784-16, tied.

python train.py --config=configs/linear_autoencoder.py
python train.py --config=configs/linear_autoencoder.py --config.model.encoder.network=linear \
    --workdir=runs/linear_untied
python train.py --config=configs/linear_autoencoder.py --config.optimizer.name=lbfgs \
    --config.training.steps=400 --workdir=runs/linear_lbfgs
python train.py --config=configs/linear_autoencoder.py:table.csv --config.model.latent_dim=3

Every step sees all training examples: minibatches of 100 stop at .36 degrees.
Cost: 13,344 parameters; 2,000 steps, a quarter of a minute on two CPU cores.
Result: on mnist_5k, seeds 0, 1 and 2 (--config.training.num_seeds=3), mean and range:
                            tied                 untied                  tied, L-BFGS
  largest angle, degrees    5.8e-5 [5.7, 5.8]    .0022 [.0018, .0028]    .00014 [.00013, .00015]
  excess error              below 1e-8           1.5e-7 [1.4, 1.8]       below 1e-8
The angle is the largest one between the span of the decoder and that of the first 16 principal
components, the excess that of the training error over PCA's, as a share. Test error 0.0270, as
scikit-learn's PCA(16) has. L-BFGS takes 400 steps of about two passes over the data each, 800
passes for Adam's 2,000, but its line search makes it no faster here.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.data.batch_size = 0  # all examples
    config.model.encoder.network = "tied"
    config.model.encoder.widths = ()
    config.model.loss = "squared_error"
    config.optimizer.learning_rate = 1e-2
    config.optimizer.schedule = "cosine"
    config.optimizer.beta2 = 0.95  # with .999 an untied one ends 81 degrees away
    config.scores = ("pca",)
    return config
