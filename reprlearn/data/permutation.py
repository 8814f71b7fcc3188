"""The order of the examples: a pure function of (key, step), nothing carried.

The network is written once, in operators that arrays of JAX and of NumPy both have: a compiled step
and a process that only reads files go through the examples in the same order.
"""

import functools
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

_ROUNDS = (
    24  # 8 leave a permutation of 6 elements measurably uneven; see tests/data/test_permutation.py
)

Array = TypeVar("Array", jax.Array, np.ndarray)


def permuted_index(round_keys: Array, index: Array, length: int) -> Array:
    """Where a pseudo-random permutation of `length` elements sends each index.

    A Feistel network permutes the numbers of b bits, 2^b >= length; an image outside is sent
    through again until it lies inside (cycle-walking), which restricts the permutation to `length`.
    Any element costs O(1): no epoch is ever shuffled as a whole, and none is carried as state.

    Args:
      round_keys: uint32 `[rounds, ...]`, broadcast against index: the permutation's key.
      index: uint32 `[...]`, each below length; like round_keys an array of JAX, or of NumPy.
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

    xp = np if isinstance(index, np.ndarray) else jnp

    def walk(carry):
        x, outside = carry
        x = xp.where(outside, feistel(x), x)
        return x, x >= length

    # All go through once; one loop for both keeps the network in the program once.
    carry = (index, xp.ones(index.shape, bool))
    if xp is jnp:
        return jax.lax.while_loop(lambda carry: jnp.any(carry[1]), walk, carry)[0]
    while carry[1].any():
        carry = walk(carry)
    return carry[0]


def _hash(x: Array, key: Array) -> Array:
    """Mixes a uint32 with a key: the finalizer of MurmurHash3 (Appleby 2011)."""
    x = (x ^ key) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * np.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def _round_keys(key: jax.Array, epoch: jax.Array) -> jax.Array:
    """The key of an epoch's permutation: uint32 `[rounds]`."""
    return jax.random.bits(jax.random.fold_in(key, epoch), (_ROUNDS,), jnp.uint32)


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
    epochs = first_epoch + jnp.arange(2, dtype=jnp.uint32)
    now, after = jax.vmap(functools.partial(_round_keys, key))(epochs)
    keys = jnp.where(epoch == first_epoch, now[:, None], after[:, None])  # [rounds, B]
    return permuted_index(keys, position % length, length)


class HostOrder:
    """The same examples as `batch_indices` gives, in NumPy, for processes that run no JAX.

    It holds the round keys of every epoch that some steps touch, 96 bytes an epoch.

    Args:
      key, batch_size, length: as of `batch_indices`.
      first, last: the steps that will be asked for, from first to last - 1.
    """

    def __init__(self, key: jax.Array, first: int, last: int, batch_size: int, length: int):
        self.last = last
        self._batch_size, self._length = batch_size, length
        self._first_epoch = first * batch_size // length
        epochs = np.arange(self._first_epoch, last * batch_size // length + 1, dtype=np.uint32)
        self._round_keys = np.asarray(jax.vmap(functools.partial(_round_keys, key))(epochs))

    def __call__(self, first: int, last: int) -> np.ndarray:
        """The examples of the batches from step first to last - 1: uint32 `[steps, batch_size]`."""
        position = np.arange(first * self._batch_size, last * self._batch_size)
        epoch, place = np.divmod(position, self._length)
        keys = self._round_keys[epoch - self._first_epoch].T  # [rounds, steps * batch_size]
        indices = permuted_index(keys, place.astype(np.uint32), self._length)
        return indices.reshape(last - first, self._batch_size)
