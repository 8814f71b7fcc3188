"""Batches of listed pairs: each kind in an order of its own, what is not listed drawn."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import data, keys
from reprlearn.data import listed_batches
from reprlearn.data.options import Options
from reprlearn.errors import UsageError
from reprlearn.roles import Takes, items

PAIRS = ("left/x", "right/x", "similar")


def options(**fields):
    every = {"batch_size": 6, "dissimilar_ratio": 2.0, "classes": (), "max_labels": 0}
    return SimpleNamespace(**every | fields)


def arrays(similar, count=12):
    """Pairs (0, 1), (1, 2), ... of examples that are their own numbers."""
    x = np.arange(count, dtype=np.float32)[:, None]
    similar = np.array(similar, np.int32)
    return {"left/x": x[: len(similar)], "right/x": x[1 : 1 + len(similar)], "similar": similar}


def batches(draw, given, steps, **fields):
    feed = data.make_feed(Takes(PAIRS, draw), given, options(**fields), steps=steps)
    at = jax.jit(feed.batch_at)
    key = keys.root(0)
    return [
        {
            role: np.asarray(a).reshape(*a.shape[: 2 if role == "known" else 1]).astype(int)
            for role, a in at(feed.arrays, key, jnp.int32(i)).items()
        }
        for i in range(steps)
    ]


def test_each_listed_pair_comes_once_an_epoch_of_its_kind_in_the_ratio():
    given = arrays([1, 0, 1, 0, 0, 1, 1, 0, 0, 0])
    found = batches("pairs", given, steps=6, batch_size=6, dissimilar_ratio=2.0)
    listed_pairs = {(i, i + 1): s for i, s in enumerate(given["similar"].tolist())}
    seen = {0: [], 1: []}
    for batch in found:
        assert batch["similar"].tolist() == [0, 0, 1, 0, 0, 1]
        for left, right, near in zip(batch["left"], batch["right"], batch["similar"], strict=True):
            assert listed_pairs[left, right] == near
            seen[near].append(left)
    assert sorted(seen[1][:4]) == sorted(seen[1][4:8]) == sorted(seen[1][8:]) == [0, 2, 5, 6]
    assert sorted(seen[0][:6]) == sorted(seen[0][6:12]) == [1, 3, 4, 7, 8, 9]
    assert seen[0][:6] != seen[0][6:12]


def test_where_similar_pairs_alone_are_listed_others_are_drawn_that_none_links():
    # (0, 1), (1, 2) link three examples; 5 and 6 two; 8 and 9 two.
    pairs = np.array([[0, 1], [1, 2], [5, 6], [9, 8]])
    x = np.arange(10, dtype=np.float32)[:, None]
    given = {"left/x": x[pairs[:, 0]], "right/x": x[pairs[:, 1]], "similar": np.ones(4, np.int32)}
    group = {0: "a", 1: "a", 2: "a", 5: "b", 6: "b", 8: "c", 9: "c"}
    drawn = set()
    for batch in batches("pairs", given, steps=60, batch_size=6, dissimilar_ratio=2.0):
        for left, right, near in zip(batch["left"], batch["right"], batch["similar"], strict=True):
            assert (group[left] == group[right]) == near
            drawn |= set() if near else {(left, right)}
    lefts, rights = {0, 1, 5, 9}, {1, 2, 6, 8}
    assert drawn == {(i, j) for i in lefts for j in rights if group[i] != group[j]}


def test_two_groups_of_similar_pairs_are_enough():
    x = np.arange(4, dtype=np.float32)[:, None]
    given = {"left/x": x[::2], "right/x": x[1::2], "similar": np.ones(2, np.int32)}
    found = batches("pairs", given, steps=1, batch_size=6, dissimilar_ratio=2.0)[0]
    assert (found["left"] // 2 == found["right"] // 2).tolist() == found["similar"].tolist()


def test_a_negative_is_no_example_that_is_linked_to_the_anchor_and_positives_are_similar_pairs():
    given = arrays([1, 1, 0, 1, 0, 0])  # 0-1-2, 3-4; 5 and 6 alone
    unit = [0, 0, 0, 1, 1, 2, 3]
    for batch in batches("triplets", given, steps=20, batch_size=3):
        assert (batch["positive"] == batch["anchor"] + 1).all()
        assert sorted(batch["anchor"]) == [0, 1, 3]
        assert all(
            unit[i] != unit[j] for i, j in zip(batch["anchor"], batch["negative"], strict=True)
        )
    for batch in batches("positives", given, steps=4, batch_size=3):
        assert sorted(batch["left"]) == [0, 1, 3]
        ends = np.stack([batch["left"], batch["right"]], axis=1)
        number = dict(zip(ends.ravel(), batch["known"].ravel(), strict=True))
        assert len(set(number.values())) == len(number)  # each example has a number of its own
        assert batch["known"].tolist() == [[number[i] for i in two] for two in ends]


@pytest.mark.parametrize(
    ("draw", "similar", "fields", "message"),
    [
        ("pairs", [0, 0, 0], {"batch_size": 3}, "no similar pair; allowed: at least one"),
        (
            "pairs",
            [1, 0, 0, 0],
            {},
            "batch_size is 6, 2 of them similar pairs; allowed: at most 1 ",
        ),
        ("pairs", [1, 1, 1, 0], {}, "6, 4 of them dissimilar pairs; allowed: at most 1 dissim"),
        ("pairs", [1, 1, 1, 1], {}, "link all its examples, so no other two are dissimilar"),
        ("positives", [1, 0, 1], {}, "6, 6 of them similar pairs; allowed: at most 2 similar"),
        ("pairs", [1, 0, 1, 0], {"dissimilar_ratio": 0.0}, "data.dissimilar_ratio is 0.0"),
        ("pairs", [1, 0, 1, 0], {"classes": (1,)}, "data.classes holds 1"),
        ("pairs", [1, 0, 1, 0], {"batch_size": 0}, "data.batch_size is 0"),
    ],
)
def test_batches_that_cannot_be_made_are_refused(draw, similar, fields, message):
    given = arrays(similar)
    with pytest.raises(UsageError, match=message):
        feed = data.make_feed(
            Takes(PAIRS, draw),
            data.select(given, fields.get("classes", ())),
            options(**fields),
            steps=2,
        )
        assert feed


def test_a_run_is_judged_on_the_listed_pairs_or_on_as_many_drawn_ones_as_the_ratio_says():
    given = arrays([1, 0, 1])
    found = listed_batches.to_judge(given, seed=0)
    assert found.x[found.left, 0].tolist() == [0, 1, 2]
    assert found.x[found.right, 0].tolist() == [1, 2, 3]
    assert found.similar.tolist() == [True, False, True]
    x = np.arange(8, dtype=np.float32)[:, None]
    given = {"left/x": x[::2], "right/x": x[1::2], "similar": np.ones(4, np.int32)}
    column = data.from_memory(x, Options("memory", scaling="none")).columns["x"]
    columns = {"left/x": column, "right/x": column}
    held_out = data.evaluation_set(Takes(PAIRS, "pairs"), given, columns, options(), seed=3)
    assert held_out["similar"].tolist() == [True] * 4 + [False] * 8
    left, right = held_out["left"][:, 0], held_out["right"][:, 0]
    assert left.tolist() == [0, 2, 4, 6] * 3
    np.testing.assert_array_equal(left // 2 == right // 2, held_out["similar"])
    again = data.evaluation_set(Takes(PAIRS, "pairs"), given, columns, options(), seed=3)
    np.testing.assert_array_equal(right, again["right"][:, 0])
    other = data.evaluation_set(Takes(PAIRS, "pairs"), given, columns, options(), seed=4)
    assert (right != other["right"][:, 0]).any()


def test_the_different_examples_of_pairs_are_known_by_their_content():
    x = np.array([[1.0, -1.0], [2.0, 0.0], [1.0, -1.0]])
    found = items({"left/x": x, "right/x": x[::-1] * [[1], [1], [0]]})
    assert len(found.x) == 3
    np.testing.assert_array_equal(found.x[found.left], x)
    np.testing.assert_array_equal(found.x[found.right], [[1, -1], [2, 0], [0, 0]])
