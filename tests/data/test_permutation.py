"""The order: every epoch a permutation of its own, every batch a function of (key, step)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chisquare

from reprlearn.data.permutation import HostOrder, batch_indices

KEY = jax.random.key(7)


def stream(length, batch_size, steps, key=KEY):
    """The indices of the first steps, one after the other."""
    batches = jax.jit(jax.vmap(lambda step: batch_indices(key, step, batch_size, length)))
    return np.asarray(batches(jnp.arange(steps))).reshape(-1)


@pytest.mark.parametrize(
    ("length", "batch_size"), [(1, 1), (2, 2), (7, 3), (64, 64), (100, 7), (257, 16), (4097, 100)]
)
def test_every_epoch_is_a_permutation(length, batch_size):
    epochs = 3
    indices = stream(length, batch_size, -(-epochs * length // batch_size))
    for epoch in range(epochs):
        part = indices[epoch * length : (epoch + 1) * length]
        assert sorted(part.tolist()) == list(range(length))


def test_epochs_and_keys_differ():
    indices = stream(100, 10, 20)
    assert (indices[:100] != indices[100:]).mean() > 0.9
    other = stream(100, 10, 10, jax.random.key(8))
    assert (indices[:100] != other).mean() > 0.9


def test_a_batch_is_had_without_the_ones_before():
    whole = stream(100, 7, 40).reshape(40, 7)
    alone = batch_indices(KEY, jnp.int32(33), 7, 100)
    assert alone.tolist() == whole[33].tolist()


@pytest.mark.parametrize(
    ("length", "batch_size"), [(1, 1), (2, 2), (3, 2), (7, 3), (64, 64), (257, 16), (70_000, 100)]
)
def test_numpy_gives_the_same_order(length, batch_size):
    wanted = stream(length, batch_size, 40).reshape(40, batch_size)
    order = HostOrder(KEY, 5, 40, batch_size, length)
    assert order(5, 40).dtype == np.uint32
    np.testing.assert_array_equal(order(5, 40), wanted[5:])
    np.testing.assert_array_equal(order(39, 40), wanted[39:])


def test_numpy_gives_the_same_order_far_from_the_start():
    """Near the end of what 32 bits count, in a set of millions."""
    length, first = 2_000_003, 42_000_000
    wanted = [batch_indices(KEY, jnp.int32(step), 100, length) for step in range(first, first + 2)]
    order = HostOrder(KEY, first, first + 2, 100, length)
    np.testing.assert_array_equal(order(first, first + 2), np.stack(wanted))


def test_positions_are_uniform():
    """Over many keys, the first example of an epoch is any example, equally often."""
    length, draws = 20, 4_000
    keys = jax.random.split(KEY, draws)
    first = jax.jit(jax.vmap(lambda key: batch_indices(key, jnp.int32(0), 2, length)))(keys)
    for column in np.asarray(first).T:
        assert chisquare(np.bincount(column, minlength=length)).pvalue > 1e-3


def test_neighbours_are_independent():
    """Over many keys, the first two examples are any ordered pair, equally often."""
    length, draws = 6, 6_000
    keys = jax.random.split(KEY, draws)
    pairs = jax.jit(jax.vmap(lambda key: batch_indices(key, jnp.int32(0), 2, length)))(keys)
    codes = np.asarray(pairs) @ np.array([length, 1])
    counts = np.bincount(codes, minlength=length**2).reshape(length, length)
    assert counts.diagonal().sum() == 0
    assert chisquare(counts[~np.eye(length, dtype=bool)]).pvalue > 1e-3
