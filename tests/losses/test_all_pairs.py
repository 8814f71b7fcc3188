"""The contrastive loss over all pairs of a batch is that of each, at any place and distance."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal

from reprlearn import losses
from reprlearn.losses import contrastive

LABELS = np.array([0, 1, 0, 2, 1])


@pytest.fixture
def z():
    return np.random.default_rng(0).normal(size=(5, 3)).astype("f4")


def both(loss, z):
    """The values, and their sum's slopes."""
    return jax.jit(lambda z: (loss(z), jax.grad(lambda z: loss(z).sum())(z)))(z)


def test_it_is_the_loss_of_each_pair(z):

    def of_pairs(z):
        """One by one: the mean over j of the loss of (i, j)."""
        others = [[j for j in range(5) if j != i] for i in range(5)]
        each = [
            losses.pair_contrastive(
                jnp.stack([z[i]] * 4), z[np.array(js)], LABELS[i] == LABELS[js], margin=1.5
            )
            for i, js in enumerate(others)
        ]
        return jnp.stack(each).mean(axis=1)

    def at_once(z):
        return losses.all_pairs_contrastive(z, LABELS, margin=1.5)

    found, slopes = both(at_once, z)
    expected, expected_slopes = both(of_pairs, z)
    assert_allclose(found, expected, rtol=1e-5)
    assert_allclose(slopes, expected_slopes, rtol=1e-4, atol=1e-5)
    check_grads(at_once, (z,), order=2, modes=["fwd", "rev"], rtol=1e-2, atol=1e-2)


def test_the_two_ways_to_the_gradient_agree(z):
    """One is a CPU's, the other all others'."""
    dz = np.random.default_rng(1).normal(size=z.shape).astype("f4")
    at_once, by_columns = contrastive._at_once(z, dz), contrastive._by_columns(z, dz)
    assert_allclose(at_once, by_columns, rtol=1e-5, atol=1e-6)
    assert_allclose(at_once[1, 2], 2 * ((z[1] - z[2]) * dz[1]).sum(), rtol=1e-5)


def test_where_two_coincide_or_are_far():
    z, labels = np.float32([[1, 1], [1, 1], [1e25, 0]]), np.array([0, 1, 2])
    loss = functools.partial(losses.all_pairs_contrastive, labels=labels)
    values, slopes = both(loss, z)
    assert_array_equal(values, [0.25, 0.25, 0])
    assert_array_equal(slopes, np.zeros((3, 2)))


def test_it_knows_no_origin(z):
    loss = functools.partial(losses.all_pairs_contrastive, labels=LABELS, margin=4.0)
    z = np.round(256 * z) / 256  # so that z + 1024 is exact
    (values, slopes), (moved, moved_slopes) = both(loss, z), both(loss, z + 1024)
    assert_array_equal(moved, values)
    assert_allclose(moved_slopes, slopes, rtol=1e-4, atol=1e-5)


def test_one_example_has_no_pair():
    with pytest.raises(ValueError, match=re.escape("[1, 3]")):
        losses.all_pairs_contrastive(np.ones((1, 3), "f4"), np.zeros(1, int))
