"""Means over the devices of a pmap, inside of what is compiled."""

from typing import Any

import jax

DEVICES = "devices"  # the axis of a pmap over devices, where there is one


def axis() -> str | None:
    """DEVICES inside a pmap over them; elsewhere None: one program sees the whole batch."""
    try:
        jax.lax.axis_index(DEVICES)
    except NameError:  # no such axis
        return None
    return DEVICES


def mean_over_devices(tree: Any) -> Any:
    """Inside a pmap over DEVICES the mean over the devices; elsewhere the tree as it is."""
    return tree if axis() is None else jax.lax.pmean(tree, DEVICES)
