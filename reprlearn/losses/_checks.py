"""Readable errors for arguments of the wrong shape or dtype, raised before any maths."""

from numbers import Integral

import jax
import jax.numpy as jnp


def floating(**arrays: jax.Array) -> tuple[jax.Array, ...]:
    """Returns the named arrays, half precision raised to float32; refuses integer arrays."""
    out = []
    for name, array in arrays.items():
        array = jnp.asarray(float(array) if isinstance(array, Integral) else array)
        if not jnp.issubdtype(array.dtype, jnp.floating):
            raise TypeError(f"{name} must be floating, got {array.dtype}{list(array.shape)}")
        out.append(array.astype(jnp.promote_types(array.dtype, jnp.float32)))
    return tuple(out)


def same_shape(**arrays: jax.Array) -> None:
    """Refuses arrays whose shapes differ: broadcasting two batches is always a mistake."""
    if len({array.shape for array in arrays.values()}) > 1:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in arrays.items())
        raise ValueError(f"shapes must be equal, got {shapes}")


def at_least_rank(rank: int, **arrays: jax.Array) -> None:
    """Refuses arrays of fewer than `rank` axes."""
    for name, array in arrays.items():
        if array.ndim < rank:
            raise ValueError(f"{name} must have at least {rank} axes, got {list(array.shape)}")


def broadcastable(shape: tuple[int, ...], **arrays: jax.Array) -> None:
    """Refuses arrays that do not broadcast to exactly `shape`."""
    for name, array in arrays.items():
        try:
            fits = jnp.broadcast_shapes(array.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"{name} {list(array.shape)} does not broadcast to {list(shape)}")
