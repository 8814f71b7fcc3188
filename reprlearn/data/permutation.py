"""The order of the examples: a pure function of (key, step), nothing carried."""

import jax
import jax.numpy as jnp

_ROUNDS = (
    24  # 8 leave a permutation of 6 elements measurably uneven; see tests/data/test_permutation.py
)


def permuted_index(round_keys: jax.Array, index: jax.Array, length: int) -> jax.Array:
    """Where a pseudo-random permutation of `length` elements sends each index.

    A Feistel network permutes the numbers of b bits, 2^b >= length; an image outside is sent
    through again until it lies inside (cycle-walking), which restricts the permutation to `length`.
    Any element costs O(1): no epoch is ever shuffled as a whole, and none is carried as state.

    Args:
      round_keys: uint32 `[rounds, ...]`, broadcast against index: the permutation's key.
      index: uint32 `[...]`, each below length.
      length: the number of elements.

    Returns:
      uint32 `[...]`, each below length.

    References:
      Luby & Rackoff 1988, *How to Construct Pseudorandom Permutations*; Black & Rogaway 2002,
      *Ciphers with Arbitrary Finite Domains*, method 2.
    """
    bits = max((length - 1).bit_length(), 2)
    widths = (bits // 2, bits - bits // 2)

    def feistel(x):
        left, right = x >> widths[1], x & ((1 << widths[1]) - 1)
        left_width, right_width = widths
        for round_key in round_keys:
            mixed = (left ^ _hash(right, round_key)) & ((1 << left_width) - 1)
            left, right = right, mixed
            left_width, right_width = right_width, left_width
        return (left << right_width) | right

    def walk(carry):
        x, outside = carry
        x = jnp.where(outside, feistel(x), x)
        return x, x >= length

    # All go through once; one loop for both keeps the network in the program once.
    start = (index, jnp.ones(index.shape, bool))
    return jax.lax.while_loop(lambda carry: jnp.any(carry[1]), walk, start)[0]


def _hash(x: jax.Array, key: jax.Array) -> jax.Array:
    """Mixes a uint32 with a key: the finalizer of MurmurHash3 (Appleby 2011)."""
    x = (x ^ key) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def batch_indices(key: jax.Array, step: jax.Array, batch_size: int, length: int) -> jax.Array:
    """The examples of the batch at a step: uint32 `[batch_size]`, each below length.

    The run reads one endless stream of examples in which every `length` in a row, an epoch, are a
    permutation of the data set of their own. A batch may span two epochs; none is dropped.

    Args:
      key: the typed key of the run's shuffle.
      step: integer scalar.
      batch_size: at most length.
      length: the number of examples.
    """
    first = step.astype(jnp.uint32) * jnp.uint32(batch_size)
    position = first + jnp.arange(batch_size, dtype=jnp.uint32)
    first_epoch, epoch = first // length, position // length  # batch_size <= length: at most two

    def round_keys(epoch):
        return jax.random.bits(jax.random.fold_in(key, epoch), (_ROUNDS,), jnp.uint32)

    now, after = jax.vmap(round_keys)(first_epoch + jnp.arange(2, dtype=jnp.uint32))
    keys = jnp.where(epoch == first_epoch, now[:, None], after[:, None])  # [rounds, B]
    return permuted_index(keys, position % length, length)
