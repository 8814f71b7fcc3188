"""Numerically safe pieces shared by the losses."""

import math

import jax
import jax.numpy as jnp

# exp(40) = 2.4e17: far above any variance or precision met in practice, and low enough that its
# product with squared errors of 1e8 stays inside float32.
LARGEST_EXPONENT = 40.0

LONG, BLOCK = 1024, 256  # more terms than LONG are summed in blocks, and the blocks' sums again


def tangent_exp(x: jax.Array, largest: float = LARGEST_EXPONENT) -> jax.Array:
    """exp(x) up to `largest` and its tangent above: convex, increasing, finite slope everywhere.

    A clip would have slope 0 above the cap, so an exploded log-variance would never be pulled back.
    """
    return jnp.exp(jnp.minimum(x, largest)) * (1.0 + jnp.maximum(x - largest, 0.0))


def tangent_exp_excess(x: jax.Array) -> jax.Array:
    """`tangent_exp(x) - 1 - x`, at least 0, without cancelling near x = 0; inf at -inf and inf."""
    low = jnp.minimum(x, LARGEST_EXPONENT)
    slope = jnp.exp(low) - 1.0  # beyond the cap
    far = (jnp.expm1(low) - low) + slope * jnp.maximum(x - LARGEST_EXPONENT, 0.0)
    small = jnp.where(jnp.abs(x) < 0.1, x, 0.0)  # exp's series, whose slope does not cancel either
    series = 1.0 + small / 3 * (1.0 + small / 4 * (1.0 + small / 5 * (1.0 + small / 6)))
    return jnp.where(jnp.abs(x) < 0.1, 0.5 * small * small * series, far)


def sum_over_example(values: jax.Array) -> jax.Array:
    """`[B, ...]` to `[B]`: sums over each example's own dimensions.

    A product with a vector of ones. XLA's sum on a CPU computes its terms inside the sum, one by
    one, each a call of exp and log; the terms of a product are computed first, in vectors. But a
    product adds a million terms one after the other and loses four digits: long rows go in blocks.
    """
    rows = values.reshape(len(values), math.prod(values.shape[1:]))
    if rows.shape[1] > LONG:
        filled = jnp.pad(rows, ((0, 0), (0, -rows.shape[1] % BLOCK)))
        blocks = filled.reshape(len(rows), filled.shape[1] // BLOCK, BLOCK)
        return jnp.matmul(blocks, jnp.ones(BLOCK, rows.dtype), precision="highest").sum(axis=-1)
    return jnp.matmul(rows, jnp.ones(rows.shape[1], rows.dtype), precision="highest")


def euclidean_norm(x: jax.Array) -> jax.Array:
    """The length of each row of `[B, D]`, `[B]`; neither overflows nor underflows on the way.

    Where a row is 0 its length has no slope, and the gradient is 0.
    """
    size = jax.lax.stop_gradient(jnp.abs(x).max(axis=-1, keepdims=True))  # [B, 1]
    # Below the smallest normal number, 1 / size would overflow; such a row counts as 0.
    zero = size < jnp.finfo(x.dtype).tiny
    size = jnp.where(zero | jnp.isinf(size), 1.0, size)
    size = jnp.minimum(size, 2.0**126)  # above it 1 / size would be no normal number
    squared = jnp.square(jnp.where(zero, 0.0, x / size)).sum(axis=-1)
    empty = zero[..., 0]
    return jnp.where(empty, 0.0, size[..., 0] * jnp.sqrt(jnp.where(empty, 1.0, squared)))
