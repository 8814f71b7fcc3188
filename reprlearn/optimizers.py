"""Optimizers from a config: a name, a learning rate, a schedule; each piece is optax's."""

from collections.abc import Callable
from typing import Any

import optax

from reprlearn.errors import UsageError
from reprlearn.settings import Group, choice, integer, not_negative, positive, share

# (learning rate, group) -> optimizer; SGD and RMSProp have no momentum, L-BFGS finds its rate.
OPTIMIZERS: dict[str, Callable[[Any, Any], optax.GradientTransformation]] = {
    "adam": lambda rate, group: optax.adam(rate, b1=group.momentum, b2=group.beta2),
    "adamw": lambda rate, group: optax.adamw(rate, b1=group.momentum, b2=group.beta2),
    "sgd": lambda rate, group: optax.sgd(rate),
    "momentum": lambda rate, group: optax.sgd(rate, momentum=group.momentum),
    "rmsprop": lambda rate, group: optax.rmsprop(rate),
    "lbfgs": lambda rate, group: optax.lbfgs(),
}
SCHEDULES = ("constant", "cosine", "inverse")


SETTINGS: Group = {
    "name": choice(
        "adam", OPTIMIZERS, 'the optimizer; "lbfgs" finds its own rate, and needs data.batch_size 0'
    ),
    "learning_rate": positive(1e-3, "the learning rate, where a schedule has it highest"),
    "momentum": share(0.9, 'the momentum of "momentum" (SGD with momentum); of Adam its beta 1'),
    "beta2": share(0.999, "Adam's beta 2: how slowly it forgets the size of gradients"),
    "schedule": choice("constant", SCHEDULES, "how the rate falls over training.steps"),
    "final_fraction": share(0.0, 'the share of the rate at which "cosine" ends'),
    "warmup_steps": integer(0, "steps over which the rate rises from 0", least=0),
    "clip_norm": not_negative(0.0, "the largest norm of a gradient; 0: no limit"),
}


def from_config(
    config: Any,
    field: str = "optimizer",
    *,
    updates_per_step: int = 1,
    steps: int | None = None,
    line_search: bool = False,
) -> optax.GradientTransformation:
    """The optimizer that a group of a config describes.

    Args:
      config: the config. Of the group `field`: name; learning_rate; momentum, Adam's b1;
        warmup_steps, over which the rate rises linearly from 0; schedule: "constant"; "cosine", to
        `final_fraction` of the rate at the last step, if any is left after the warm-up; or
        "inverse", rate / (1 + 10 p)^0.75 at the share p of the run (Ganin et al. 2016, section
        5.2.2); clip_norm, to which longer gradients
        are shortened, 0 for none. Of the group training: steps; and accumulate_steps, the steps
        whose mean gradient makes one step of the optimizer, in which warmup_steps counts.
      field: where the config has this group.
      updates_per_step: how often the optimizer is used in a step; its schedule spans all of them.
      steps: of the run that it is used in, of a phase; None: all, `training.steps`.
      line_search: whether its user hands on the loss, as `gradient_step` does; L-BFGS asks for it.

    Raises:
      UsageError: a warm-up as long as the whole cosine run; steps that do not divide by
        accumulate_steps, so that the last gradients would be lost; L-BFGS where there is no line
        search, or of part of the examples.
    """
    group, training = config[field], config.training
    what = "training.steps is" if steps is None else "a phase has"
    steps = training.steps if steps is None else steps
    if steps % training.accumulate_steps:
        raise UsageError(
            f"{what} {steps}; allowed: a multiple of training.accumulate_steps, "
            f"{training.accumulate_steps}"
        )
    if group.name == "lbfgs":
        _check_lbfgs(config, field, line_search)
    rate = learning_rate(group, steps // training.accumulate_steps, updates_per_step, field)
    optimizer = OPTIMIZERS[group.name](rate, group)
    if group.clip_norm:
        optimizer = optax.chain(optax.clip_by_global_norm(group.clip_norm), optimizer)
    if training.accumulate_steps > 1:
        every = optax.MultiSteps(optimizer, training.accumulate_steps)
        optimizer = every.gradient_transformation()
    return optimizer


def _check_lbfgs(config: Any, field: str, line_search: bool) -> None:
    """Refuses what would break the curvature that L-BFGS learns from its last steps."""
    told = f"{field}.name is 'lbfgs'"
    if not line_search:
        others = ", ".join(name for name in OPTIMIZERS if name != "lbfgs")
        raise UsageError(
            f"{told}, which searches for the lowest value of one loss; allowed with method "
            f"{config.method!r}: {others}"
        )
    needed = (
        ("data.batch_size", config.data.batch_size, 0),
        ("training.accumulate_steps", config.training.accumulate_steps, 1),
        (f"{field}.clip_norm", config[field].clip_norm, 0.0),
    )
    for path, value, wanted in needed:
        if value != wanted:
            raise UsageError(f"{told} with {path} {value!r}; allowed with it: {wanted!r}")


def learning_rate(
    config: Any, steps: int, updates_per_step: int = 1, field: str = "optimizer"
) -> float | optax.Schedule:
    """The learning rate as a number, or as a function of the update, from 0, where it varies.

    Args:
      config: the group of the optimizer.
      steps: how many there are.
      updates_per_step: how many updates each of them is; the function counts updates.
      field: where the config has this group.
    """
    rate, updates = config.learning_rate, steps * updates_per_step
    warmup = config.warmup_steps * updates_per_step
    if config.schedule == "cosine":
        if warmup >= updates:
            raise UsageError(
                f"{field}.warmup_steps is {config.warmup_steps}; allowed: below the {steps} steps "
                "of the optimizer, training.steps / training.accumulate_steps"
            )
        # The last of the updates, counted from 0, is updates - 1: there the cosine ends.
        last = max(updates - 1, warmup + 1)
        return optax.warmup_cosine_decay_schedule(
            0.0 if warmup else rate, rate, warmup, last, rate * config.final_fraction
        )
    rising = optax.linear_schedule(0.0, rate, warmup) if warmup else lambda update: rate
    if config.schedule == "inverse":
        return lambda update: rising(update) / (1.0 + 10.0 * update / updates) ** 0.75
    return rising if warmup else rate
