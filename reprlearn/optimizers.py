"""Optimizers from a config: a name, a learning rate, a schedule; each piece is optax's."""

from collections.abc import Callable
from typing import Any

import optax

from reprlearn.errors import UsageError, check_above, check_choice, check_size

OPTIMIZERS: dict[str, Callable[..., optax.GradientTransformation]] = {
    "adam": optax.adam,
    "adamw": optax.adamw,
    "sgd": optax.sgd,
    "momentum": lambda learning_rate: optax.sgd(learning_rate, momentum=0.9),
    "rmsprop": optax.rmsprop,
}
SCHEDULES = ("constant", "cosine")


def check(config: Any) -> None:
    """Refuses a `config.optimizer` with an unknown name or schedule or a rate that is not positive.

    Raises:
      UsageError: naming the field, its value and the choices.
    """
    check_choice("optimizer.name", config.name, OPTIMIZERS)
    check_choice("optimizer.schedule", config.schedule, SCHEDULES)
    check_above("optimizer.learning_rate", config.learning_rate, 0.0)
    check_size("optimizer.warmup_steps", config.warmup_steps, least=0)


def from_config(config: Any, total_steps: int) -> optax.GradientTransformation:
    """The optimizer that `config.optimizer` describes.

    Args:
      config: name; learning_rate; schedule, "constant" or "cosine" (to 0 at total_steps);
        warmup_steps, over which the rate rises linearly from 0.
      total_steps: the length of the run, in optimisation steps.

    Raises:
      UsageError: see `check`; or a warm-up as long as the whole cosine run.
    """
    check(config)
    return OPTIMIZERS[config.name](learning_rate(config, total_steps))


def learning_rate(config: Any, total_steps: int) -> float | optax.Schedule:
    """The learning rate as a number, or as a function of the step where it varies."""
    rate, warmup = config.learning_rate, config.warmup_steps
    if config.schedule == "cosine":
        if warmup >= total_steps:
            raise UsageError(
                f"optimizer.warmup_steps is {warmup}; allowed: below training.steps, {total_steps}"
            )
        return optax.warmup_cosine_decay_schedule(
            0.0 if warmup else rate, rate, warmup, total_steps
        )
    return optax.linear_schedule(0.0, rate, warmup) if warmup else rate


def depends_on_total(config: Any) -> bool:
    """Whether raising training.steps changes steps already taken."""
    return config.schedule == "cosine"
