"""Weights of examples by class and group: what is then equal, and what has none."""

import numpy as np
import pytest

from reprlearn.data.weighting import balanced_groups, reweighing, weighted
from reprlearn.data.weighting import balanced_groups_of_class as of_class
from reprlearn.roles import Takes

RNG = np.random.default_rng(3)
S = RNG.choice(3, 500, p=[0.6, 0.3, 0.1])
Y = (RNG.random(500) < 0.2 + 0.25 * S).astype(int)


def total(weights, where):
    return weights[where].sum()


def test_under_reweighing_the_class_does_not_depend_on_the_group():
    weights = reweighing(Y, S)
    shares = [total(weights, (s == S) & (Y == 1)) / total(weights, s == S) for s in range(3)]
    np.testing.assert_allclose(shares, Y.mean(), rtol=1e-5)
    for s in range(3):  # neither a group's size nor a class's share is changed
        np.testing.assert_allclose(total(weights, s == S), (s == S).sum(), rtol=1e-5)
    np.testing.assert_allclose(weights.mean(), 1.0, rtol=1e-5)


def test_groups_count_alike_in_all_or_within_each_class():
    weights = balanced_groups(Y, S)
    np.testing.assert_allclose([total(weights, s == S) for s in range(3)], 500 / 3, rtol=1e-5)
    weights = of_class(Y, S)
    for y in (0, 1):
        sums = [total(weights, (s == S) & (y == Y)) for s in range(3)]
        np.testing.assert_allclose(sums, (y == Y).sum() / 3, rtol=1e-5)


@pytest.mark.parametrize("weights", [reweighing, balanced_groups, of_class])
def test_an_example_without_a_class_weighs_nothing_and_changes_no_other(weights):
    y = np.append(Y, [-1, -1])
    found = weights(y, np.append(S, [0, 2]))
    np.testing.assert_array_equal(found[-2:], 0.0)
    np.testing.assert_array_equal(found[:-2], weights(Y, S))
    assert found.dtype == np.float32


def test_a_class_of_one_group_alone_is_its_own_weight():
    assert of_class(np.array([1, 1, 0]), np.array([0, 0, 1])).tolist() == [1.0, 1.0, 1.0]


def test_a_batch_has_the_weights_that_are_taken_and_no_others():
    arrays = {"x": np.zeros((500, 2)), "y": Y, "s": S}
    assert weighted(arrays, Takes(("x", "y"))).keys() == arrays.keys()
    found = weighted(arrays, Takes(("x", "y", "s", "s_weight")))
    np.testing.assert_array_equal(found["s_weight"], balanced_groups(Y, S))
    assert found.keys() == {*arrays, "s_weight"}
