"""What a decoder says of x: p(x|z) as a group of a config, as an output, and its logarithm."""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn import losses, models
from reprlearn.columns import Column
from reprlearn.errors import UsageError
from reprlearn.models.heads import SCALES
from reprlearn.settings import Setting, choice, positive

SETTINGS: Mapping[str, Setting] = {
    "likelihood": choice(
        "auto",
        ("auto", "bernoulli", "gaussian"),
        'p(x|z); auto: "bernoulli" on images, else "gaussian"',
    ),
    "scale": choice(
        "global",
        SCALES,
        "the standard deviation of the Gaussian: fixed, one learned number, one a dimension",
    ),
    "initial_scale": positive(1.0, "the standard deviation of the Gaussian at the start"),
}


def log_likelihood(p_x: models.Bernoulli | models.Gaussian, x: jax.Array) -> jax.Array:
    """log p(x|z), `[B]` in nats, under what the decoder said of x `[B, ...]`."""
    if isinstance(p_x, models.Bernoulli):
        return -losses.bernoulli_cross_entropy(p_x.logits, x)
    return -losses.gaussian_negative_log_likelihood(p_x.mean, x, log_scale=p_x.log_scale)


def output(model: Any, x: Column) -> nn.Module:
    """The output of a decoder of examples x that `config.model` names.

    Raises:
      UsageError: a Bernoulli of examples that leave [0, 1].
    """
    likelihood = model.likelihood
    if likelihood == "auto":
        likelihood = "bernoulli" if bernoulli_by_default(x) else "gaussian"
    if likelihood == "bernoulli":
        check_unit("model.likelihood", likelihood, x, "gaussian")
        return models.BernoulliOutput()
    return models.GaussianOutput(model.scale, float(jnp.log(model.initial_scale)))


def bernoulli_by_default(x: Column) -> bool:
    """Whether "auto" is a Bernoulli: of images, whose values in [0, 1] count as probabilities."""
    return x.kind == "image" and x.unit


def check_unit(field: str, value: str, x: Column, instead: str) -> None:
    """Refuses a Bernoulli model of examples that do not lie in [0, 1]."""
    if not x.unit:
        raise UsageError(
            f"{field} is {value!r} on {x.many} that leave [0, 1]; allowed: {instead!r}, or 'auto'"
        )
