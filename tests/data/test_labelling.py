"""Which labels training sees: all, or those of a few examples; the labelled ones apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import refusal
from test_feed import COLUMNS, RING, batch, numbered, numbers, options

from reprlearn import data
from reprlearn.data.labelling import forget
from reprlearn.roles import DOMAINS, Takes

LABELLED = Takes(("x", "y"))
APART = Takes(("x", "labelled/x", "labelled/y"))
UNKNOWN = -1


def feed_of(takes, arrays, seed=0, **others):
    return data.make_feed(takes, arrays, options(**others), steps=10, seed=seed)


def kept(y, most, seed=0):
    few = forget({"y": np.array(y, np.int32)}, Takes(("y",)), most, seed)["y"]
    assert set(few[few != UNKNOWN]) <= set(y)
    assert all(label in (UNKNOWN, y[place]) for place, label in enumerate(few))
    return few


def test_few_labels_are_as_many_of_each_class_as_can_be():
    y = [0] * 10 + [1] * 10 + [2] * 2
    few = kept(y, 9)
    assert [int((few == label).sum()) for label in range(3)] == [4, 3, 2]
    np.testing.assert_array_equal(kept(y, 22), y)
    np.testing.assert_array_equal(kept(y, 100), y)
    np.testing.assert_array_equal(kept(y, 0), y)
    np.testing.assert_array_equal(kept([0, 0, UNKNOWN, 1], 3), [0, 0, UNKNOWN, 1])


def test_the_seed_draws_whose_labels_are_seen():
    y = [0, 1] * 40
    np.testing.assert_array_equal(kept(y, 10, seed=3), kept(y, 10, seed=3))
    assert (kept(y, 10, seed=3) != kept(y, 10, seed=4)).any()


def test_a_method_of_labels_learns_from_the_few_alone():
    feed = feed_of(LABELLED, numbered(), batch_size=3, max_labels=6)
    assert len(feed.arrays["x"]) == len(feed.arrays["y"]) == 6
    np.testing.assert_array_equal(np.bincount(feed.arrays["y"]), [2, 2, 2])
    np.testing.assert_array_equal(feed.arrays["x"][:, 0, 0, 0] % 3, feed.arrays["y"])


def test_of_two_domains_each_keeps_as_many():
    arrays = {
        f"{domain}/{role}": a for domain in ("source", "target") for role, a in numbered().items()
    }
    takes = Takes(("source/x", "source/y", "target/x"))
    feed = feed_of(takes, arrays, batch_size=3, max_labels=3)
    assert [len(feed.arrays[role]) for role in takes.columns] == [3, 3, 12]


def test_labelled_examples_apart_have_an_order_of_their_own():
    arrays = numbered()
    arrays["y"] = np.where(arrays["x"][:, 0, 0, 0] < 6, arrays["y"], UNKNOWN).astype(np.int32)
    feed = feed_of(APART, arrays)
    steps = [feed.batch_at(feed.arrays, jax.random.key(7), jnp.int32(step)) for step in (0, 1)]
    seen = [sorted(numbers(step["labelled/x"])) for step in steps]
    assert seen == [list(range(6))] * 2  # six labelled ones: all of them in each batch of six
    assert sorted(np.concatenate([numbers(step["x"]) for step in steps])) == list(range(12))
    for step in steps:
        np.testing.assert_array_equal(numbers(step["labelled/x"]) % 3, step["labelled/y"])
        assert "y" not in step


def test_few_labelled_examples_apart_fill_a_batch_equally_often():
    feed = feed_of(APART, numbered(), max_labels=4)
    steps = [feed.batch_at(feed.arrays, jax.random.key(7), jnp.int32(step)) for step in range(4)]
    seen = np.concatenate([numbers(step["labelled/x"]) for step in steps])
    assert len(np.unique(seen)) == 4 and len(seen) == 24
    assert (np.unique(seen, return_counts=True)[1] == 6).all()


FEW = Takes(("source/x", "source/y", "target/x", "labelled/target/x", "labelled/target/y"))


def domains():
    return {f"{domain}/{role}": a for domain in DOMAINS for role, a in numbered().items()}


def test_a_few_target_examples_of_each_class_come_with_their_labels():
    def seen(seed, each=1):
        chosen = options(target_labels=each)
        feed = data.make_feed(FEW, domains(), chosen, steps=10, seed=seed)
        batch_ = feed.batch_at(feed.arrays, jax.random.key(7), jnp.int32(0))
        places = numbers(batch_["labelled/target/x"])
        np.testing.assert_array_equal(places % 3, batch_["labelled/target/y"])
        assert "target/y" not in batch_ and len(batch_["target/x"]) == 6
        return sorted(set(places.tolist()))

    assert len(seen(0)) == 3 and {place % 3 for place in seen(0)} == {0, 1, 2}
    assert seen(0) == seen(0) and len({tuple(seen(seed)) for seed in range(9)}) > 1
    assert len(seen(0, 2)) == 6


def test_more_target_labels_than_there_are_are_refused():
    def said(arrays, each=5):
        return refusal(data.make_feed, FEW, arrays, options(target_labels=each), steps=10)

    assert said(domains()) == (
        "data.target_labels is 5; allowed: at most 4, the labelled training examples of the "
        "target's smallest class"
    )
    unlabelled = {**domains(), "target/y": np.full(12, UNKNOWN, np.int32)}
    assert "allowed: at most 0, the" in said(unlabelled, 1)
    without = {role: array for role, array in domains().items() if role != "target/y"}
    assert said(without) == "data.target_labels is 5; allowed of a target without classes: 0"


def test_a_split_is_judged_with_all_its_labels():
    found = data.evaluation_set(LABELLED, numbered(), COLUMNS, options(max_labels=3), seed=0)
    assert len(found["y"]) == 12


@pytest.mark.parametrize(
    ("takes", "others", "told"),
    [
        (Takes(), {"max_labels": 6}, "data.max_labels is 6; allowed with a method that takes no"),
        (LABELLED, {"max_labels": 2}, "data.max_labels is 2; allowed with 3 classes: 0, or at "),
        (APART, {"batch_size": 0}, "data.batch_size is 0; allowed where a batch is not one set"),
    ],
)
def test_what_cannot_be_learned_from_few_labels_is_refused(takes, others, told):
    assert told in refusal(batch, takes, numbered(), **others)


def test_examples_that_are_drawn_have_all_their_labels():
    said = refusal(
        data.make_feed, Takes(), {}, options(max_labels=5), steps=10, sampler=RING.sampler
    )
    assert said == "data.max_labels is 5; allowed where examples are drawn: 0, all"
