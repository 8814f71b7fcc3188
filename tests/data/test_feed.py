"""Feeds: what a batch of each kind holds, and which data make none."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import image_columns

from reprlearn import data
from reprlearn.data.feed import check_length
from reprlearn.data.options import Options
from reprlearn.errors import UsageError
from reprlearn.roles import Takes

KEY = jax.random.key(7)


def options(**values):
    base = {
        "batch_size": 6,
        "pairs": "sampled",
        "dissimilar_ratio": 2.0,
        "classes": (),
        "max_labels": 0,
    }
    return SimpleNamespace(**(base | values))


def numbered(count=12, classes=3):
    """Images that carry their number in their pixels."""
    image = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return {"x": image, "y": (np.arange(count) % classes).astype(np.int32)}


def numbers(images):
    return np.asarray(images[:, 0, 0, 0] * 255).round().astype(int)


COLUMNS = image_columns((2, 2, 1), "abc")
EXAMPLES, LABELLED = Takes(), Takes(("x", "y"))
PAIRS = Takes(("x", "y"), "pairs")
ADAPTED = Takes(("source/x", "source/y", "target/x"))
RING = data.open_dataset(Options("ring"))


def batch(takes, arrays, step=0, **others):
    feed = data.make_feed(takes, arrays, options(**others), steps=10)
    return jax.jit(feed.batch_at)(feed.arrays, KEY, jnp.int32(step))


def test_examples_are_floats_in_the_unit_interval_beside_their_labels():
    found = batch(LABELLED, numbered())
    assert found["x"].shape == (6, 2, 2, 1)
    assert found["x"].dtype == jnp.float32
    assert (numbers(found["x"]) % 3 == found["y"]).all()


def test_minibatches_follow_each_other_in_one_permutation():
    feed = data.make_feed(Takes(minibatches=2), numbered(), options(), steps=10)
    found = jax.jit(feed.batch_at)(feed.arrays, KEY, jnp.int32(0))
    assert sorted(numbers(found["x"])) == list(range(12))


def test_domains_have_orders_of_their_own_and_target_labels_stay_behind():
    arrays = {
        "source/x": np.arange(12, dtype=np.float32)[:, None],
        "source/y": np.arange(12, dtype=np.int32),
        "target/x": 100 + np.arange(8, dtype=np.float32)[:, None],
        "target/y": np.arange(8, dtype=np.int32),
    }
    found = batch(ADAPTED, arrays)
    assert set(found) == {"source/x", "source/y", "target/x"}
    assert (found["source/x"][:, 0] == found["source/y"]).all()
    assert (found["target/x"] >= 100).all()
    assert not np.array_equal(found["source/x"], found["target/x"] - 100)
    labelled = batch(Takes(("source/x", "target/y", "target/x")), arrays)
    assert (labelled["target/x"][:, 0] - 100 == labelled["target/y"]).all()


def test_a_stream_never_ends_and_never_repeats():
    chosen = options(batch_size=500)
    feed = data.make_feed(EXAMPLES, {}, chosen, steps=10, sampler=RING.sampler)
    assert feed.arrays == {}
    first, second = (feed.batch_at({}, KEY, jnp.int32(step))["x"] for step in (0, 1))
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == 1000
    np.testing.assert_array_equal(first, feed.batch_at({}, KEY, jnp.int32(0))["x"])


def test_what_a_method_is_judged_on():
    arrays = numbered()
    assert data.evaluation_set(LABELLED, arrays, COLUMNS, options(), 0) == arrays
    assert set(data.evaluation_set(EXAMPLES, arrays, COLUMNS, options(), 0)) == {"x"}
    pairs = data.evaluation_set(PAIRS, arrays, COLUMNS, options(), 0)
    assert pairs["left"].dtype == np.uint8
    assert (len(pairs["left"]), pairs["similar"].sum()) == (12, 4)
    same = pairs["left"][:, 0, 0, 0] % 3 == pairs["right"][:, 0, 0, 0] % 3
    np.testing.assert_array_equal(same, pairs["similar"])
    domains = {"source/x": arrays["y"], "target/x": arrays["y"]}
    assert set(data.evaluation_set(Takes(("source/x",)), domains, {}, options(), 0)) == {"source/x"}


def test_what_needs_labels_leaves_out_examples_without():
    arrays = numbered()
    arrays["y"][[2, 7]] = -1
    assert sorted(numbers(batch(LABELLED, arrays, batch_size=10)["x"])) == [
        0, 1, 3, 4, 5, 6, 8, 9, 10, 11
    ]  # fmt: skip
    assert sorted(numbers(batch(EXAMPLES, arrays, batch_size=12)["x"])) == list(range(12))
    assert len(data.evaluation_set(PAIRS, arrays, COLUMNS, options(), 0)["left"]) == 10
    far = {f"target/{role}": array for role, array in numbered(9).items()}
    both = {f"source/{role}": array for role, array in arrays.items()} | far
    found = data.evaluation_set(
        Takes(("source/x", "source/y", "target/x")), both, COLUMNS, options(), 0
    )
    assert {role: len(array) for role, array in found.items()} == {
        "source/x": 10, "source/y": 10, "target/x": 9
    }  # fmt: skip
    arrays["y"][:] = -1
    with pytest.raises(UsageError, match="no example of y has a label"):
        batch(LABELLED, arrays)


DOMAINS = {
    "source/x": np.zeros((9, 2), np.float32),
    "source/y": np.zeros(9, np.int32),
    "target/x": np.zeros((9, 2), np.float32),
}


@pytest.mark.parametrize(
    ("takes", "arrays", "message"),
    [
        (EXAMPLES, numbered(5), "data.batch_size is 6; allowed: at most 5"),
        (PAIRS, numbered(classes=1), "hold 1 class, so no dissimilar pair"),
        (PAIRS, numbered(7, classes=7), "hold 0 class, so no dissimilar pair"),
        (ADAPTED, {k: DOMAINS[k] for k in ("source/x", "target/x")}, "without source/y; the"),
        (ADAPTED, {k: v for k, v in DOMAINS.items() if "target" not in k}, "without target/x"),
        (ADAPTED, DOMAINS | {"target/x": np.zeros((4, 2))}, "allowed: at most 4"),
        (EXAMPLES, DOMAINS, "without x; the method takes x"),
        (PAIRS, {"x": numbered()["x"]}, "data: x, without y; the method takes x, y"),
        (Takes(("x",), "triples"), numbered(), "'triples'. Did you mean 'triplets'?"),
    ],
)
def test_data_that_make_no_batch_are_refused(takes, arrays, message):
    with pytest.raises(UsageError, match=message):
        data.make_feed(takes, arrays, options(), steps=5)


def test_classes_of_what_is_drawn_are_refused():
    chosen, sampler = options(classes=(0, 1)), RING.sampler
    with pytest.raises(UsageError, match=r"data\.classes is \(0, 1\); allowed where .* drawn"):
        data.make_feed(EXAMPLES, data.load("ring", "train"), chosen, steps=5, sampler=sampler)


def test_a_batch_of_all_examples_is_the_split_itself():
    feed = data.make_feed(LABELLED, numbered(), options(batch_size=0), steps=3)
    for step in (0, 2):
        batch = feed.batch_at(feed.arrays, KEY, jnp.int32(step))
        np.testing.assert_array_equal(numbers(batch["x"]), range(12))
        np.testing.assert_array_equal(batch["y"], numbered()["y"])
    unlabelled = numbered() | {"y": np.array([0, -1] * 6, np.int32)}
    feed = data.make_feed(LABELLED, unlabelled, options(batch_size=0), steps=3)
    assert numbers(feed.arrays["x"] / np.float32(255)).tolist() == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    ("takes", "sampler"),
    [(PAIRS, None), (ADAPTED, None), (Takes(minibatches=2), None), (EXAMPLES, RING.sampler)],
)
def test_a_batch_of_all_examples_is_of_one_set(takes, sampler):
    with pytest.raises(UsageError, match=r"data.batch_size is 0; allowed where .*: at least 1"):
        data.make_feed(takes, numbered(), options(batch_size=0), steps=3, sampler=sampler)


def test_minibatches_larger_than_the_data_are_refused_with_their_number():
    with pytest.raises(UsageError, match=r"at most 4 \(3 minibatches a step, 12 training examples"):
        data.make_feed(Takes(minibatches=3), numbered(), options(), steps=5)


def test_a_run_beyond_32_bits_is_refused():
    with pytest.raises(UsageError, match=r"training\.steps is 50000000"):
        check_length(100, 100, 1_000, 50_000_000)
