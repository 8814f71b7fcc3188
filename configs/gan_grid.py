"""A GAN (Goodfellow et al. 2014) that finds all of 25 Gaussians.

python train.py --config=configs/gan_grid.py

The relativistic game with R1 and R2 (Huang et al. 2024), both players MLPs of 3 x 128, biases
spread over the plane at the start, rates and penalty falling on a cosine.

Cost: 67,202 parameters; 14,000 steps, about a minute on one CPU core.
Result: of 2,500 samples, seeds 0 to 4 (--config.training.num_seeds=5), mean and range; settings
chosen on seed 100:
  modes covered, with a sample / with 20   25 and 25 of 25, every seed
  high quality (within 3 sigma)            .945 [.937, .952]
  reverse KL                               .006 [.004, .009] nats
Published (Lin et al. 2018, PacGAN): GAN 17.3 of 25; PacGAN4 24.8, high quality .936.
"""

from ml_collections import ConfigDict

from configs import base


def get_config(dataset: str = "grid") -> ConfigDict:
    config = base.get_config(dataset)
    config.method = "gan"

    config.data.batch_size = 128
    config.model.widths = (128, 128, 128)
    config.model.discriminator_widths = (128, 128, 128)
    config.model.latent_dim = 2
    config.model.activation = "relu"
    config.model.dtype = "float32"  # of the computation; parameters are always float32
    is_mixture = dataset in ("grid", "ring")
    # Of the first layer, of the others: spread over the plane.
    config.model.generator_bias_scales = (1.0, 0.3) if is_mixture else (0.0, 0.0)
    config.model.discriminator_bias_scales = (3.0, 0.3) if is_mixture else (0.0, 0.0)
    config.model.data_scale = 1.0  # the players see the data times this
    config.model.loss = "relativistic"  # minimax, nonsaturating, hinge, wasserstein, least_squares
    config.model.penalty = "r1_r2"  # none, gradient, r1
    config.model.penalty_weight = 0.1
    config.model.penalty_schedule = "cosine"  # to final_penalty_weight; or "constant"
    config.model.final_penalty_weight = 0.001
    config.model.discriminator_steps = 1

    config.optimizer = _optimizer()
    config.discriminator_optimizer = _optimizer()

    config.scores = ("modes",) if is_mixture else ()
    config.training.steps = 14_000
    config.training.ema_decay = 0.999  # the average samples
    config.training.log_every = 500
    config.training.eval_every = 2_000
    config.training.steps_per_call = 500
    config.training.checkpoint_every = 2_000
    config.training.keep_checkpoints = 7  # the figure of samples over training shows them
    return config.lock()


def _optimizer() -> ConfigDict:
    config = base.get_optimizer()
    config.momentum = 0.5
    config.schedule = "cosine"
    config.final_fraction = 0.01
    return config
