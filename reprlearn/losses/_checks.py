"""Readable errors for arguments of the wrong shape or dtype, raised before any maths."""

from numbers import Integral

import jax
import jax.numpy as jnp
import numpy as np


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


def rank(wanted: int, **arrays: jax.Array) -> None:
    """Refuses arrays that have not exactly `wanted` axes."""
    for name, array in arrays.items():
        if array.ndim != wanted:
            raise ValueError(f"{name} must have {wanted} axes, got {list(array.shape)}")


def integer(shape: tuple[int, ...], **arrays: jax.Array) -> jax.Array:
    """Returns the one named array of integers; refuses another dtype or shape."""
    ((name, array),) = arrays.items()
    array = jnp.asarray(array)
    if not jnp.issubdtype(array.dtype, jnp.integer):
        raise TypeError(f"{name} must be integers, got {array.dtype}{list(array.shape)}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {list(shape)}, got {list(array.shape)}")
    return array


def zero_or_one(shape: tuple[int, ...], **arrays: jax.Array) -> jax.Array:
    """Returns the one named array as float32; refuses another shape, and values but 0 and 1.

    Values can be seen only outside of a traced function; inside, the caller has checked them.
    """
    ((name, array),) = arrays.items()
    array = jnp.asarray(array)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {list(shape)}, got {list(array.shape)}")
    if not isinstance(array, jax.core.Tracer):
        seen = np.asarray(array).ravel()  # numpy: under jit even a constant's == is traced
        wrong = seen[~np.isin(seen, (0, 1))]
        if wrong.size:
            raise ValueError(f"{name} must hold only 0 and 1, got {wrong[0]}")
    return array.astype(jnp.float32)


def unit_interval(**arrays: jax.Array) -> None:
    """Refuses values outside of [0, 1], seen as by `zero_or_one`: uint8 images not yet divided."""
    for name, array in arrays.items():
        if isinstance(array, jax.core.Tracer):
            continue
        seen = np.asarray(array).ravel()
        wrong = seen[~((seen >= 0) & (seen <= 1))]
        if wrong.size:
            raise ValueError(f"{name} must be in [0, 1], got {wrong[0]}")


def positive(**numbers: float) -> None:
    """Refuses numbers that are not above 0."""
    for name, number in numbers.items():
        if not isinstance(number, jax.core.Tracer) and not float(number) > 0:
            raise ValueError(f"{name} is {number}; allowed: a number above 0")
