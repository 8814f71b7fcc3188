r"""A deep auto-encoder started layer by layer, as in 2006: sigmoid 784-1000-500-250-30.

python train.py --config=configs/stacked_autoencoder.py
python train.py --config=configs/stacked_autoencoder.py --config.training.steps=800 \
    --workdir=runs/stacked_800
python train.py --config=configs/stacked_autoencoder.py --config.model.encoder.activation=relu \
    --workdir=runs/stacked_relu
python train.py --config=configs/stacked_autoencoder.py --config.scores=classification \
    --config.model.fine_tune=classification --config.data.max_labels=100 --workdir=runs/stacked_few

Each of the four layers is trained alone for an eighth of the steps, on the codes of those below,
and then the whole for the other half. The baseline "random" takes as many steps, all of them on the
whole network from random weights.
Cost: 2,837,314 parameters; 1,600 steps of both, a minute and a half on two CPU cores.
Result: squared error of a test image of mnist_5k, 784 times reconstruction/mse and
random/reconstruction_mse; seeds 0, 1 and 2 (--config.seed), mean and range:
                             layer by layer        from random weights
  sigmoid, 800 steps         24.9 [24.7, 25.0]     35.0 [33.5, 36.5]
  sigmoid, 1,600 steps       13.5 [13.3, 13.6]     26.8 [26.4, 27.2]
  ReLU, 800 steps            10.7 [10.4, 10.9]     10.5 [10.4, 10.6]
  ReLU, 1,600 steps           8.0 [7.7, 8.2]       10.1 [10.0, 10.3]
So in 2006 it was what made deep networks learn: 29% and 50% less error. It left the field since
ReLU from random weights is better after 800 steps than pre-trained sigmoids after 1,600, in one
phase, with nothing to choose; what pre-training still adds to it here is small.

As a classifier with few labels (the last command; layers learn from all 4,000 images, the whole for
half of the steps from those with a label): accuracy on the test images, seeds 0, 1 and 2, which
also draw whose labels are seen:
                             layer by layer        from random weights
  sigmoid, 100 labels        .793 [.780, .807]     .715 [.698, .740]
  sigmoid, 1,000 labels      .917 [.907, .927]     .891 [.875, .902]
  ReLU, 100 labels           .775 [.767, .780]     .760 [.743, .778]
  ReLU, 1,000 labels         .921 [.905, .930]     .923 [.906, .935]
Sigmoids need it here, too; ReLU gains little with 100 labels, and nothing with 1,000.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("stacked", dataset)
    config.training.steps = 1_600
    config.training.eval_every = 100
    config.scores = ("reconstruction",)
    config.baselines = ConfigDict({"random": {"model": {"pretrain_share": 0.0}}})
    return config
