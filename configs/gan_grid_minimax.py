"""The original minimax loss on 25 Gaussians: modes collapse, as the lecture says.

python train.py --config=configs/gan_grid_minimax.py

The networks, steps and rates of gan_grid.py; log(1 - D(G(z))), no penalty, biases that start at 0.
The figure of samples over training shows modes come and go.

Cost: 67,203 parameters; 14,000 steps, about three quarters of a minute on one CPU core.
Result: of 2,500 samples, seeds 0 to 4 (--config.training.num_seeds=5), mean and range:
  modes covered, by 1 sample or more       18.8 [16, 20] of 25
  modes covered, by 20 samples or more      9.2 [7, 13] of 25
  high quality (within 3 sigma)             .64 [.59, .68]
  reverse KL                               1.01 [.76, 1.29] nats
"""

from ml_collections import ConfigDict

from configs import gan_grid


def get_config(dataset: str = "grid") -> ConfigDict:
    config = gan_grid.get_config(dataset)
    config.model.loss = "minimax"
    config.model.penalty = "none"
    config.model.generator.bias_scales = (0.0, 0.0)
    config.model.discriminator.bias_scales = (0.0, 0.0)
    return config
