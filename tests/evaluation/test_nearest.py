"""The nearest item is the one that a loop in float64 finds, to the last tie."""

import numpy as np
import pytest

from reprlearn import evaluation
from reprlearn.errors import UsageError


def by_loop(queries, gallery):
    queries, gallery = queries.astype("f8"), gallery.astype("f8")
    return np.array([np.square(gallery - x).sum(axis=1).argmin() for x in queries])


@pytest.mark.parametrize(("queries", "items", "width"), [(7, 1, 3), (300, 256, 5), (2_600, 700, 2)])
def test_it_is_the_one_that_a_loop_finds(queries, items, width):
    rng = np.random.default_rng(queries)
    x, y = rng.normal(size=(queries, width)), rng.normal(size=(items, width))
    np.testing.assert_array_equal(evaluation.nearest(x, y), by_loop(x, y))


def test_of_equal_ones_the_first():
    rng = np.random.default_rng(0)
    x, y = rng.integers(-2, 3, (200, 2)), rng.integers(-2, 3, (900, 2))  # each point many times
    np.testing.assert_array_equal(evaluation.nearest(x, y), by_loop(x, y))


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1.0, 1e18])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_what_float32_cannot_tell_apart_is_told_apart(scale, offset):
    rng = np.random.default_rng(1)
    y = np.repeat(rng.normal(size=(300, 4)), 3, axis=0)
    y += 1e-6 * rng.normal(size=y.shape)
    x = y[::7] + 1e-6 * rng.normal(size=y[::7].shape)
    x, y = scale * (x + offset), scale * (y + offset)
    found, expected = evaluation.nearest(x, y), by_loop(x / scale, y / scale)
    distances = [np.linalg.norm(x - y[places], axis=1) / scale for places in (found, expected)]
    np.testing.assert_allclose(distances[0], distances[1], atol=1e-9)
    assert len(np.unique(found)) > 100


def test_bad_arrays_are_refused():
    x = np.ones((3, 2))
    for queries, gallery, message in [
        (x[0], x, r"queries has shape \(2,\); allowed: \[N, D\]"),
        (x, x[:0], r"gallery has shape \(0, 2\)"),
        (x, np.ones((3, 4)), r"queries has shape \(3, 2\); allowed: \[Q, 4\]"),
        (np.full((3, 2), np.nan), x, "queries is not finite"),
    ]:
        with pytest.raises(UsageError, match=message):
            evaluation.nearest(queries, gallery)
