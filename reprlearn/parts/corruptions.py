"""What is done to an example before it is encoded: a group of a config, as a function of a key."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from reprlearn import losses
from reprlearn.errors import UsageError, check_at_least
from reprlearn.settings import Group, Setting, choice

Corrupt = Callable[[jax.Array, jax.Array], jax.Array]  # (key, x [B, ...]) -> x, corrupted

# The function, and what it calls its level.
CORRUPTIONS: Mapping[str, tuple[Callable[..., jax.Array], str]] = {
    "gaussian": (losses.gaussian_noise, "scale"),
    "masking": (losses.masking_noise, "rate"),
    "salt_and_pepper": (losses.salt_and_pepper_noise, "rate"),
}

SETTINGS: Group = {
    "kind": choice("none", ("none", *CORRUPTIONS), "what is done to an input before it is encoded"),
    "level": Setting(
        0.5,
        'the share of values that are changed; of "gaussian" the standard deviation',
        "number >= 0",
        lambda path, value: check_at_least(path, value, 0.0),
    ),
}


def from_config(group: Any, unit: bool, what: str) -> Corrupt | None:
    """The corruption that a group of a config describes; None where there is none.

    Args:
      group: `config.model.corruption`.
      unit: whether what is corrupted lies in [0, 1]; then it does so afterwards, too.
      what: that in words, "images".

    Raises:
      UsageError: a share above 1; salt and pepper on what leaves [0, 1].
    """
    if group.kind == "none":
        return None
    function, level = CORRUPTIONS[group.kind]
    if level == "rate" and group.level > 1:
        raise UsageError(
            f"model.corruption.level is {group.level!r}; allowed with {group.kind!r}: 0 to 1"
        )
    if group.kind == "salt_and_pepper" and not unit:
        raise UsageError(
            f"model.corruption.kind is {group.kind!r} on {what} that leave [0, 1]; allowed: "
            "none, gaussian, masking"
        )
    corrupt = functools.partial(function, **{level: group.level})
    return (lambda key, x: jnp.clip(corrupt(key, x), 0.0, 1.0)) if unit else corrupt
