"""A domain-adversarial network."""

from ml_collections import ConfigDict

from configs import base


def get_config(degrees: str = "35") -> ConfigDict:
    config = base.get_config(f"moons-{degrees}")
    config.method = "dann"

    config.data.batch_size = 300  # of each domain: all of it
    config.model.network = "mlp"
    config.model.widths = ()
    config.model.latent_dim = 15  # the features
    config.model.domain_widths = (50,)
    config.model.activation = "sigmoid"
    config.model.dtype = "float32"
    config.model.trained_on = "source_and_target"  # or "source", "target", without adaptation
    config.model.trade_off = 3.0 if degrees == "35" else 2.0
    config.model.trade_off_schedule = "rising"
    config.model.gamma = 10.0

    config.optimizer.name = "momentum"
    config.optimizer.learning_rate = 0.3
    config.optimizer.schedule = "inverse"

    config.scores = ("adaptation",)
    config.baselines.source_only = ConfigDict({"model": {"trained_on": "source"}})

    config.training.steps = 2_000
    config.training.steps_per_call = 500
    config.training.log_every = 100
    config.training.checkpoint_every = 2_000
    return config.lock()
