"""The nearest items are those that a loop in float64 finds, to the last tie."""

import sys

import layouts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprlearn import evaluation
from reprlearn.errors import UsageError


def agree(found, expected):
    np.testing.assert_array_equal(found.places, expected[0])
    np.testing.assert_array_equal(found.distances, expected[1])


@pytest.mark.parametrize(("queries", "items", "width"), [(7, 1, 3), (300, 256, 5), (2_600, 700, 2)])
def test_it_is_the_one_that_a_loop_finds(queries, items, width):
    rng = np.random.default_rng(queries)
    x, y = rng.normal(size=(queries, width)), rng.normal(size=(items, width))
    agree(evaluation.nearest(x, y), layouts.nearest(x, y, 1))


@given(layouts.rows, st.sampled_from((1, 2, 12)), st.integers(1, 5))
def test_the_k_nearest_of_any_layout(rows, queries, k):
    x, y = rows[:queries], rows[queries // 2 :]  # some of the queries are items too
    agree(evaluation.nearest(x, y, k=k), layouts.nearest(x, y, k))


@given(layouts.rows, st.integers(1, 5))
def test_without_a_gallery_none_is_its_own_neighbour(rows, k):
    agree(evaluation.nearest(rows, k=k), layouts.nearest(rows, rows, k, alone=True))


def test_expanded_squares_would_cancel():
    found = evaluation.nearest([[7, -8]], [[-5, -7], [8, 4], [-7, -8]])  # 145, 145 and 196
    assert found.places.tolist() == [[0]]
    far = evaluation.nearest([[1e9 + 1]], [[0], [0], [0], [1e9], [1e9 + 1]])
    assert (far.places.item(), far.distances.item()) == (4, 0.0)


@given(
    st.integers(0, 1_000),
    st.sampled_from((1, 2, 5)),
    st.integers(0, 12),
    st.integers(4, 12),
    st.integers(1, 5),
)
def test_queries_far_from_a_gallery_whose_items_are_near_each_other(seed, width, far, gap, k):
    """Where the sum of squared differences itself is rounded, as that of a loop is."""
    rng = np.random.default_rng(seed)
    y = 10.0**-gap * rng.integers(-2, 3, (40, width))
    x = 10.0**far * rng.normal(size=(7, width))
    agree(evaluation.nearest(x, y, k=k), layouts.nearest(x, y, k))


@given(st.integers(0, 1_000), st.sampled_from((1, 3)), st.integers(1, 5))
def test_a_few_items_far_longer_than_the_others(seed, width, k):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(1_500, width))
    y[rng.random(1_500) < 0.4, 0] = 999_999_999.0
    x = y[:12] + 1e-3 * rng.normal(size=(12, width))
    agree(evaluation.nearest(x, y, k=k), layouts.nearest(x, y, k))
    search = sys.modules["reprlearn.evaluation.nearest"]._Search(x, y, k)
    clean = np.flatnonzero(x[:, 0] < 1e6)
    count = sum(len(items) for _, items in search.candidates(clean, k))
    # Their bound is not that of the long ones, but in the one tile that holds both.
    assert count < 512 * len(clean)


def test_more_neighbours_than_tiles_and_all_of_them():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(600, 2))
    for k in (3, 4, 18, 19, 37, 38, 300, 600):
        agree(evaluation.nearest(x, y, k=k), layouts.nearest(x, y, k))


def test_candidates_of_few_queries_are_held_at_a_time(monkeypatch):
    monkeypatch.setattr(sys.modules["reprlearn.evaluation.nearest"], "CANDIDATES", 1_000)
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 2, (40, 3)), rng.integers(0, 2, (900, 3))
    agree(evaluation.nearest(x, y, k=7), layouts.nearest(x, y, 7))


@pytest.mark.parametrize("width", [1, 16, 200])
def test_the_bound_on_what_rounding_does_is_one_and_is_tight(width):
    rng = np.random.default_rng(width)
    x, y = rng.normal(size=(60, width)), rng.normal(size=(80, width)) * rng.uniform(0, 9, (80, 1))
    search = sys.modules["reprlearn.evaluation.nearest"]._Search(x, y, 1)
    queries, items = search._queries[:, :-1].astype("f8"), search._items[:80, :-1].astype("f8")
    true = queries @ items.T - 0.5 * np.square(items).sum(axis=1)
    off = np.abs(search._queries @ search._items[:80].T - true)
    bound = search._error(search._lengths[:, None], search._item_lengths[:80])
    assert (off <= bound).all()
    lengths, item_lengths = np.linalg.norm(queries, axis=1), np.linalg.norm(items, axis=1)
    size = lengths[:, None] * item_lengths + 0.5 * item_lengths**2
    expected = np.finfo("f4").eps * (width + 8) * size
    expected += np.finfo("f8").eps * (width + 8) * np.square(lengths)[:, None]
    np.testing.assert_allclose(bound, expected, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1.0, 1e18])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_what_float32_cannot_tell_apart_is_told_apart(scale, offset):
    rng = np.random.default_rng(1)
    y = np.repeat(rng.normal(size=(300, 4)), 3, axis=0)
    y += 1e-6 * rng.normal(size=y.shape)
    x = y[::7] + 1e-6 * rng.normal(size=y[::7].shape)
    x, y = scale * (x + offset), scale * (y + offset)
    found = evaluation.nearest(x, y)
    agree(found, layouts.nearest(x, y, 1))
    assert len(np.unique(found.places)) > 100


def test_bad_arrays_are_refused():
    x = np.ones((3, 2))
    for queries, gallery, k, message in [
        (x[0], x, 1, r"queries has shape \(2,\); allowed: \[N, D\]"),
        (x, x[:0], 1, r"gallery has shape \(0, 2\)"),
        (x, np.ones((3, 4)), 1, r"queries has shape \(3, 2\); allowed: \[Q, 4\]"),
        (np.full((3, 2), np.nan), x, 1, "queries is not finite"),
        (np.full((3, 2), -1e151), x, 1, "queries holds numbers above 1e"),
        (x, x, 0, "k is 0; allowed: an integer, at least 1"),
        (x, x, 4, "k is 4; allowed: at most 3, the items"),
        (x, None, 3, "k is 3; allowed: at most 2, the items"),
    ]:
        with pytest.raises(UsageError, match=message):
            evaluation.nearest(queries, gallery, k=k)
