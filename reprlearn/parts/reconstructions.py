"""How far a reconstruction is from x: the field model.loss, the output it reads, what is judged."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax

from reprlearn import losses, models
from reprlearn.columns import Column
from reprlearn.parts import likelihoods
from reprlearn.settings import choice

LOSSES: dict[str, Callable[[Any, jax.Array], jax.Array]] = {
    "squared_error": lambda p_x, x: losses.squared_error(p_x.mean, x),
    "cross_entropy": lambda p_x, x: losses.bernoulli_cross_entropy(p_x.logits, x),
}
OUTPUTS = {"squared_error": models.GaussianOutput, "cross_entropy": models.BernoulliOutput}

LOSS = choice("auto", ("auto", *LOSSES), 'auto: "cross_entropy" on images, else "squared_error"')


def from_config(model: Any, x: Column) -> tuple[str, nn.Module]:
    """The name of the loss that `config.model` means, and the output of a decoder of examples x.

    Raises:
      UsageError: a cross-entropy of examples that leave [0, 1].
    """
    loss = model.loss
    if loss == "auto":
        loss = "cross_entropy" if likelihoods.bernoulli_by_default(x) else "squared_error"
    if loss == "cross_entropy":
        likelihoods.check_unit("model.loss", loss, x, "squared_error")
    return loss, OUTPUTS[loss]()


def judged(loss: str, p_x: Any, x: jax.Array) -> dict[str, jax.Array]:
    """What an auto-encoder is evaluated by, each `[B]`: its loss, and the error of a value."""
    # Both losses are comparable only with themselves; the error per pixel is with all methods.
    error = losses.squared_error(p_x.mean, x) / x[0].size
    return {"reconstruction": LOSSES[loss](p_x, x), "mean_squared_error": error}
