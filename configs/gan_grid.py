"""A GAN (Goodfellow et al. 2014) that finds all of 25 Gaussians.

python train.py --config=configs/gan_grid.py

The relativistic game with R1 and R2 (Huang et al. 2024), generator and discriminator MLPs of
3 x 128, biases spread over the plane at the start, rates and penalty falling on a cosine.

Cost: 67,202 parameters; 14,000 steps, about a minute on one CPU core.
Result: of 2,500 samples, seeds 0 to 4 (--config.training.num_seeds=5), mean and range; settings
chosen on seed 100:
  modes covered, by 1 sample / by 20       25 and 25 of 25, every seed
  high quality (within 3 sigma)            .945 [.937, .952]
  reverse KL                               .006 [.004, .009] nats
Published (Lin et al. 2018, PacGAN): GAN 17.3 of 25; PacGAN4 24.8, high quality .936.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "grid") -> ConfigDict:
    config = reprlearn.default_config("gan", dataset)
    config.data.batch_size = 128
    if dataset in ("grid", "ring"):  # biases spread over the plane
        config.model.generator.bias_scales = (1.0, 0.3)
        config.model.discriminator.bias_scales = (3.0, 0.3)
        config.scores = ("modes",)
    config.model.loss = "relativistic"
    config.model.penalty = "r1_r2"
    config.model.penalty_weight = 0.1
    config.model.penalty_schedule = "cosine"
    config.model.final_penalty_weight = 0.001

    for group in (config.optimizer, config.discriminator_optimizer):
        group.momentum = 0.5
        group.schedule = "cosine"
        group.final_fraction = 0.01

    config.training.steps = 14_000
    config.training.ema_decay = 0.999  # the average samples
    config.training.log_every = 500
    config.training.eval_every = 2_000
    config.training.steps_per_call = 500
    config.training.checkpoint_every = 2_000
    config.training.keep_checkpoints = 7  # the figure of samples over training shows them
    return config
