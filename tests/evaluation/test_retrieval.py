"""Proves retrieval against worked numbers, a loop over queries and its invariances."""

import sys

import layouts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reprlearn import evaluation
from reprlearn.errors import UsageError

# On a line: a at 0, a at 1, b at 3, a at 7, b at 12, and c, alone in its class, at 20.
LINE = np.float32([[0], [1], [3], [7], [12], [20]])
LABELS = np.array([0, 0, 1, 0, 1, 2])


def clusters(seed, count, classes=5, width=6):
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, count, p=np.arange(1, classes + 1) / sum(range(classes + 1)))
    centres = rng.normal(size=(classes, width))
    return (centres[labels] + rng.normal(size=(count, width))).astype("f4"), labels


def agree(found, expected, rtol=1e-12):
    assert found.keys() == expected.keys()
    assert all(type(value) is float for value in found.values())
    for name in expected:
        assert_allclose(found[name], expected[name], rtol=rtol)


def test_by_hand():
    found = evaluation.retrieval(LINE, LABELS)
    # 0: a b | R = 2, (1 + 0) / 2.   1: a b, the same.   7: b b, 0, for 3 is nearer than 12 and 1.
    # 3: a a | R = 1, 0.   12: a, 0.   20 has no other of its class.
    first = 1 / (1 + 1 / np.log2(3))  # of two ranks the gain of the first
    expected = {"recall_at_1": 2 / 5, "map_at_r": (1 / 2 + 1 / 2) / 5}
    agree(found, expected | {"r_precision": 1 / 5, "ndcg_at_r": 2 * first / 5})


def test_a_late_hit_counts_with_its_precision():
    line, labels = np.float64([[0], [1], [3], [6], [10]]), np.array([0, 1, 0, 0, 1])
    found = evaluation.retrieval(line, labels)
    # 0: 1 3 -> miss, hit: 1/4.   3: 1 0, for 0 comes before 6 at the same distance: 1/4.
    # 6: 3 10 -> hit, miss: 1/2.   1: 0 -> 0.   10: 6 -> 0.
    first = 1 / (1 + 1 / np.log2(3))
    expected = {"recall_at_1": 1 / 5, "map_at_r": (1 / 4 + 1 / 4 + 1 / 2) / 5}
    gain = (2 * (1 - first) + first) / 5
    agree(found, expected | {"r_precision": 3 / 2 / 5, "ndcg_at_r": gain})


def test_a_gallery_by_hand():
    queries, labels = np.float64([[0], [10], [4]]), np.array([5, 7, 9])
    gallery, gallery_labels = np.float64([[0], [9], [2], [1]]), np.array([7, 7, 5, 5])
    found = evaluation.retrieval(
        queries, labels, gallery_embeddings=gallery, gallery_labels=gallery_labels
    )
    # 0: 0 1 -> miss, hit.   10: 9 2 -> hit, miss.   Nothing in the gallery is of class 9.
    expected = {"recall_at_1": 1 / 2, "map_at_r": (1 / 4 + 1 / 2) / 2}
    agree(found, expected | {"r_precision": 1 / 2, "ndcg_at_r": 1 / 2})


@pytest.mark.parametrize("block", [1, 7, 50, 512])
def test_against_a_loop(block):
    embeddings, labels = clusters(0, 150)
    agree(
        evaluation.retrieval(embeddings, labels, block=block), layouts.retrieval(embeddings, labels)
    )


@pytest.mark.parametrize("block", [7, 512])
def test_a_gallery_against_a_loop(block):
    embeddings, labels = clusters(1, 40)
    gallery, gallery_labels = clusters(2, 90)
    found = evaluation.retrieval(
        embeddings,
        labels,
        gallery_embeddings=gallery,
        gallery_labels=gallery_labels,
        block=block,
    )
    agree(found, layouts.retrieval(embeddings, labels, gallery, gallery_labels))


@given(layouts.rows, st.integers(1, 4), st.integers(1, 5), st.sampled_from((1, 7, 64)))
def test_any_layout_against_a_loop(rows, classes, k, block):
    labels = np.random.default_rng(len(rows)).integers(0, classes, len(rows))
    found = evaluation.retrieval(rows, labels, recall_at=(1, k + 1), block=block)
    agree(found, layouts.retrieval(rows, labels, recall_at=(1, k + 1)), rtol=1e-9)


@given(layouts.rows, st.integers(1, 12), st.integers(1, 5))
def test_any_layout_with_a_gallery_against_a_loop(rows, queries, k):
    labels = np.random.default_rng(len(rows)).integers(0, 3, len(rows))
    labels[0] = labels[-1]  # one at least has something to find
    x, y, gallery, gallery_labels = (
        rows[:queries],
        labels[:queries],
        rows[queries - 1 :],
        labels[queries - 1 :],
    )
    k = min(k, len(gallery))
    found = evaluation.retrieval(
        x, y, gallery_embeddings=gallery, gallery_labels=gallery_labels, recall_at=(k,)
    )
    expected = layouts.retrieval(x, y, gallery, gallery_labels, recall_at=(k,))
    agree(found, expected, rtol=1e-9)


@pytest.mark.parametrize("width", [1, 16, 200])
def test_the_bound_on_what_a_product_rounds_is_one(width):
    """In extended precision; the squares that it is a multiple of are those of what is centred."""
    rng = np.random.default_rng(width)
    y = rng.normal(size=(80, width)) * 10.0 ** rng.integers(0, 9, (80, 1))
    search = sys.modules["reprlearn.evaluation.retrieval"]._Search(y)
    x = rng.normal(size=(7, width)) * 10.0 ** rng.integers(0, 9, (7, 1))
    centred, items = x - search._middle, y - search._middle
    squares, item_squares = np.square(centred).sum(axis=1), np.square(items).sum(axis=1)
    products = squares[:, None] - 2 * centred @ items.T + item_squares
    exact = np.square(x[:, None].astype("g") - y.astype("g")).sum(axis=-1)
    bound = search.error(squares[:, None], item_squares)
    assert (np.abs(products - exact) <= bound).all()
    assert (np.abs(layouts.squared(x, y) - exact) <= bound).all()
    expected = 4 * (width + 8) * np.finfo("f8").eps * (squares[:, None] + item_squares)
    np.testing.assert_allclose(bound, expected, rtol=1e-12)


def test_copies_are_compared_once(monkeypatch):
    module, counts = sys.modules["reprlearn.evaluation.retrieval"], []
    squared = module.squared_distances
    monkeypatch.setattr(
        module, "squared_distances", lambda x, i, y, j: counts.append(len(j)) or squared(x, i, y, j)
    )
    evaluation.retrieval(np.ones((200, 3)), np.arange(200) % 4)
    assert max(counts) == 1


def test_equally_near_ones_have_no_order():
    rng = np.random.default_rng(3)
    collapsed, labels = np.full((200, 2), 0.1, "f4"), rng.integers(0, 4, 200)
    found = evaluation.retrieval(collapsed, labels)
    shares = (np.bincount(labels)[labels] - 1) / 199
    assert found["recall_at_1"] == pytest.approx(shares.mean())  # chance
    order = rng.permutation(200)
    agree(evaluation.retrieval(collapsed, labels[order]), found, rtol=1e-12)
    # Every row three times: which of the copies is asked first must not matter, nor the block.
    rows = np.repeat(rng.normal(size=(333, 16)), 3, axis=0)
    labels = rng.integers(0, 4, len(rows))
    found = evaluation.retrieval(rows, labels)
    for block in (1, 100, 999):
        agree(evaluation.retrieval(rows, labels, block=block), found, rtol=1e-12)
    order = rng.permutation(len(rows))
    agree(evaluation.retrieval(rows[order], labels[order]), found, rtol=1e-12)


def test_invariances():
    embeddings, labels = clusters(4, 120)
    expected = evaluation.retrieval(embeddings, labels)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(labels))
    agree(evaluation.retrieval(embeddings[order], labels[order]), expected)
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    agree(evaluation.retrieval(0.01 * embeddings.astype("f8") @ turn + 100, labels), expected)
    agree(evaluation.retrieval(embeddings, np.array(list("vwxyz"))[labels]), expected)


def test_far_from_the_origin_and_with_an_outlier():
    """Squares of a million would swallow differences of one in float32."""
    embeddings, labels = clusters(5, 120)
    embeddings = np.round(embeddings.astype("f8"), 3) + 1e6
    agree(evaluation.retrieval(embeddings, labels), layouts.retrieval(embeddings, labels))
    embeddings[0] = 0
    agree(evaluation.retrieval(embeddings, labels), layouts.retrieval(embeddings, labels))


def test_parted_classes_are_found_and_chance_is_not():
    _, labels = clusters(6, 300)
    parted = np.random.default_rng(0).normal(size=(300, 2)) + 100 * labels[:, None]
    names = ("recall_at_1", "map_at_r", "r_precision", "ndcg_at_r")
    agree(evaluation.retrieval(parted, labels), dict.fromkeys(names, 1.0))
    noise = np.random.default_rng(1).normal(size=(300, 4))
    chance = evaluation.retrieval(noise, np.arange(300) % 10)
    assert chance["recall_at_1"] < 0.2 and chance["map_at_r"] < 0.05


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.arange(6)}, "no query has another example of its class; allowed"),
        ({"labels": LABELS[:5]}, r"labels has shape \(5,\); allowed: \(6,\)"),
        ({"embeddings": LINE[:, 0]}, r"embeddings has shape \(6,\); allowed: \[N, D\]"),
        ({"embeddings": LINE[:0], "labels": LABELS[:0]}, r"embeddings has shape \(0, 1\); allow"),
        ({"embeddings": np.full((6, 1), np.inf)}, "embeddings is not finite; allowed"),
        ({"block": 0}, "block is 0; allowed: an integer, at least 1"),
        ({"recall_at": (0,)}, "recall_at is 0; allowed: an integer, at least 1"),
        ({"recall_at": (1, 6)}, "recall_at holds 6; allowed: at most 5, the examples to find"),
        ({"gallery_embeddings": LINE}, "gallery_labels is None; allowed: both arrays"),
        ({"gallery_labels": LABELS}, "gallery_embeddings is None; allowed: both arrays"),
        (
            {"gallery_embeddings": np.zeros((6, 2)), "gallery_labels": LABELS},
            r"gallery_embeddings has shape \(6, 2\); allowed: \[G, 1\]",
        ),
        (
            {"gallery_embeddings": LINE, "gallery_labels": LABELS[:2]},
            r"gallery_labels has shape \(2,\); allowed: \(6,\)",
        ),
        (
            {"gallery_embeddings": LINE, "gallery_labels": LABELS + 10},
            "no query has another example of its class",
        ),
    ],
)
def test_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        evaluation.retrieval(**{"embeddings": LINE, "labels": LABELS} | changes)
