"""What an auto-encoder's loss adds for its code: a group of a config, as a function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from reprlearn import losses
from reprlearn.errors import UsageError
from reprlearn.settings import Group, choice, not_negative, open_share

Encode = Callable[[jax.Array], jax.Array]
# (encode, x [B, ...], the mean over devices of an array) -> [B]
Penalty = Callable[[Encode, jax.Array, Callable[[jax.Array], jax.Array]], jax.Array]

KINDS = ("none", "l1", "kl", "contractive")

SETTINGS: Group = {
    "kind": choice(
        "none",
        KINDS,
        "what the loss adds for the code; l1: its size; kl: how far units, sigmoids, are from "
        "the rate; contractive: how far it moves with the input",
    ),
    "weight": not_negative(
        1.0, "the weight of that, beside the loss summed over an example's values"
    ),
    "rate": open_share(0.05, 'of "kl" the share of examples for which a unit is to be active'),
}


def from_config(group: Any, activation: str) -> Penalty | None:
    """The penalty that a group of a config describes; None where there is none.

    Args:
      group: `config.model.penalty`.
      activation: of the code.

    Raises:
      UsageError: rates of activity are asked of a code that is not between 0 and 1.
    """
    if group.kind == "none":
        return None
    if group.kind == "kl" and activation != "sigmoid":
        raise UsageError(
            f"model.penalty.kind is 'kl' with model.code_activation {activation!r}; allowed: "
            "sigmoid, whose rates are between 0 and 1"
        )

    def penalty(encode, x, mean):
        if group.kind == "contractive":
            value = losses.contractive(encode, x)
        elif group.kind == "l1":
            value = losses.l1_activation(encode(x))
        else:
            rates = mean(encode(x).mean(axis=0))
            value = jnp.full(len(x), losses.kl_sparsity(rates, rate=group.rate).sum())
        return group.weight * value

    return penalty
