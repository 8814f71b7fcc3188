"""A GAN on 25 Gaussians."""

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
    config.model.generator_bias_scales = (1.0, 0.3)  # of the first layer, of the others
    config.model.discriminator_bias_scales = (3.0, 0.3)
    config.model.data_scale = 1.0  # the players see the data times this
    config.model.loss = "relativistic"  # minimax, nonsaturating, hinge, wasserstein, least_squares
    config.model.penalty = "r1_r2"  # none, gradient, r1
    config.model.penalty_weight = 0.1
    config.model.penalty_schedule = "cosine"  # to final_penalty_weight; or "constant"
    config.model.final_penalty_weight = 0.001
    config.model.discriminator_steps = 1
    config.model.ema_decay = 0.999  # of the generator that samples

    config.optimizer = _optimizer()
    config.discriminator_optimizer = _optimizer()

    config.scores = ("modes",)
    config.training.steps = 14_000
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
