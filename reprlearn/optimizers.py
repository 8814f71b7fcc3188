"""Optimizers from a config: a name, a learning rate, a schedule; each piece is optax's."""

from collections.abc import Callable
from typing import Any

import optax

from reprlearn.errors import UsageError, check_above, check_at_least, check_choice, check_size

# (learning rate, momentum) -> optimizer; plain SGD and RMSProp have no momentum.
OPTIMIZERS: dict[str, Callable[[Any, float], optax.GradientTransformation]] = {
    "adam": lambda rate, momentum: optax.adam(rate, b1=momentum),
    "adamw": lambda rate, momentum: optax.adamw(rate, b1=momentum),
    "sgd": lambda rate, momentum: optax.sgd(rate),
    "momentum": lambda rate, momentum: optax.sgd(rate, momentum=momentum),
    "rmsprop": lambda rate, momentum: optax.rmsprop(rate),
}
SCHEDULES = ("constant", "cosine", "inverse")


def check(config: Any, field: str = "optimizer") -> None:
    """Refuses an optimizer's group with an unknown name or schedule or a rate that is not positive.

    Raises:
      UsageError: naming the field, its value and the choices.
    """
    check_choice(f"{field}.name", config.name, OPTIMIZERS)
    check_choice(f"{field}.schedule", config.schedule, SCHEDULES)
    check_above(f"{field}.learning_rate", config.learning_rate, 0.0)
    check_size(f"{field}.warmup_steps", config.warmup_steps, least=0)
    check_at_least(f"{field}.clip_norm", config.clip_norm, 0.0)
    for name in ("momentum", "final_fraction"):
        check_at_least(f"{field}.{name}", config[name], 0.0)
        if config[name] >= 1:
            raise UsageError(f"{field}.{name} is {config[name]}; allowed: from 0 to below 1")


def from_config(config: Any, field: str = "optimizer") -> optax.GradientTransformation:
    """The optimizer that a group of a config describes.

    Args:
      config: the config. Of the group `field`: name; learning_rate; momentum, Adam's b1;
        warmup_steps, over which the rate rises linearly from 0; schedule: "constant"; "cosine", to
        `final_fraction` of the rate at the last step; or "inverse", rate / (1 + 10 p)^0.75 at the
        share p of the run (Ganin et al. 2016, section 5.2.2); clip_norm, to which longer gradients
        are shortened, 0 for none. Of the group training: steps; and accumulate_steps, the steps
        whose mean gradient makes one step of the optimizer.
      field: where the config has this group.

    Raises:
      UsageError: see `check`; or a warm-up as long as the whole cosine run.
    """
    group, training = config[field], config.training
    check(group, field)
    optimizer = OPTIMIZERS[group.name](
        learning_rate(group, -(-training.steps // training.accumulate_steps), field),
        group.momentum,
    )
    if group.clip_norm:
        optimizer = optax.chain(optax.clip_by_global_norm(group.clip_norm), optimizer)
    if training.accumulate_steps > 1:
        every = optax.MultiSteps(optimizer, training.accumulate_steps)
        optimizer = every.gradient_transformation()
    return optimizer


def learning_rate(
    config: Any, total_steps: int, field: str = "optimizer"
) -> float | optax.Schedule:
    """The learning rate as a number, or as a function of the step where it varies."""
    rate, warmup = config.learning_rate, config.warmup_steps
    if config.schedule == "cosine":
        if warmup >= total_steps:
            raise UsageError(
                f"{field}.warmup_steps is {warmup}; allowed: below the {total_steps} steps of the "
                "optimizer, training.steps / training.accumulate_steps"
            )
        return optax.warmup_cosine_decay_schedule(
            0.0 if warmup else rate, rate, warmup, total_steps, rate * config.final_fraction
        )
    rising = optax.linear_schedule(0.0, rate, warmup) if warmup else lambda step: rate
    if config.schedule == "inverse":
        return lambda step: rising(step) / (1.0 + 10.0 * step / total_steps) ** 0.75
    return rising if warmup else rate
