"""Feeds: what a batch of each kind holds, and which data make none."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import data
from reprlearn.data.feed import check_length
from reprlearn.errors import UsageError

KEY = jax.random.key(7)


def options(**values):
    base = {"batch_size": 6, "pairs": "sampled", "dissimilar_ratio": 2.0, "classes": ()}
    return SimpleNamespace(**(base | values))


def numbered(count=12, classes=3):
    """Images that carry their number in their pixels."""
    image = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return {"image": image, "label": (np.arange(count) % classes).astype(np.int32)}


def numbers(images):
    return np.asarray(images[:, 0, 0, 0] * 255).round().astype(int)


def batch(kind, arrays, step=0, **others):
    feed = data.make_feed(kind, arrays, options(**others), steps=10)
    return jax.jit(feed.batch_at)(feed.arrays, KEY, jnp.int32(step))


def test_examples_are_floats_in_the_unit_interval_beside_their_labels():
    found = batch("examples", numbered())
    assert found["image"].shape == (6, 2, 2, 1)
    assert found["image"].dtype == jnp.float32
    assert (numbers(found["image"]) % 3 == found["label"]).all()


def test_minibatches_follow_each_other_in_one_permutation():
    feed = data.make_feed("examples", numbered(), options(), steps=10, minibatches=2)
    found = jax.jit(feed.batch_at)(feed.arrays, KEY, jnp.int32(0))
    assert sorted(numbers(found["image"])) == list(range(12))


def test_domains_have_orders_of_their_own_and_target_labels_stay_behind():
    arrays = {
        "source/point": np.arange(12, dtype=np.float32)[:, None],
        "source/label": np.arange(12, dtype=np.int32),
        "target/point": 100 + np.arange(8, dtype=np.float32)[:, None],
        "target/label": np.arange(8, dtype=np.int32),
    }
    found = batch("domains", arrays)
    assert set(found) == {"source/point", "source/label", "target/point"}
    assert (found["source/point"][:, 0] == found["source/label"]).all()
    assert (found["target/point"] >= 100).all()
    assert not np.array_equal(found["source/point"], found["target/point"] - 100)
    labelled = batch("labelled_domains", arrays)
    assert (labelled["target/point"][:, 0] - 100 == labelled["target/label"]).all()


def test_a_stream_never_ends_and_never_repeats():
    sampler = data.sampler("ring")
    feed = data.make_feed("examples", {}, options(batch_size=500), steps=10, sampler=sampler)
    assert feed.arrays == {}
    first, second = (feed.batch_at({}, KEY, jnp.int32(step))["point"] for step in (0, 1))
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == 1000
    np.testing.assert_array_equal(first, feed.batch_at({}, KEY, jnp.int32(0))["point"])


def test_what_a_method_is_judged_on():
    arrays = numbered()
    assert data.evaluation_set("examples", arrays, options(), 0) == arrays
    pairs = data.evaluation_set("pairs", arrays, options(), 0)
    assert pairs["left"].dtype == np.uint8
    assert (len(pairs["left"]), pairs["similar"].sum()) == (12, 4)
    same = pairs["left"][:, 0, 0, 0] % 3 == pairs["right"][:, 0, 0, 0] % 3
    np.testing.assert_array_equal(same, pairs["similar"])
    domains = {"source/point": arrays["label"], "target/point": arrays["label"]}
    assert set(data.evaluation_set("source", domains, options(), 0)) == {"source/point"}


DOMAINS = {
    "source/point": np.zeros((9, 2), np.float32),
    "source/label": np.zeros(9, np.int32),
    "target/point": np.zeros((9, 2), np.float32),
}


@pytest.mark.parametrize(
    ("kind", "arrays", "message"),
    [
        ("examples", numbered(5), "data.batch_size is 6; allowed: at most 5"),
        ("pairs", numbered(classes=1), "hold 1 class, so no dissimilar pair"),
        ("pairs", numbered(7, classes=4), "class 3 has one example, so no similar pair"),
        (
            "domains",
            DOMAINS | {"target/point": np.zeros((9, 3))},
            r"shape \(2,\), target .* \(3,\)",
        ),
        ("domains", {k: DOMAINS[k] for k in ("source/point", "target/point")}, "has no labels"),
        ("domains", {k: v for k, v in DOMAINS.items() if "target" not in k}, "and target/..."),
        ("domains", DOMAINS | {"target/point": np.zeros((4, 2))}, "allowed: at most 4"),
        ("examples", DOMAINS, "allowed here: one of image, point"),
        ("pairs", {"image": numbered()["image"]}, "examples without labels"),
        ("domains", numbered(), "image, label; allowed: two domains"),
        ("triples", numbered(), "'triples'. Did you mean 'triplets'?"),
    ],
)
def test_data_that_make_no_batch_are_refused(kind, arrays, message):
    with pytest.raises(UsageError, match=message):
        data.make_feed(kind, arrays, options(), steps=5)


def test_classes_of_what_is_drawn_and_of_listed_pairs_are_refused(tmp_path):
    chosen, sampler = options(classes=(0, 1)), data.sampler("ring")
    with pytest.raises(UsageError, match=r"data\.classes is \(0, 1\); allowed where .* drawn"):
        data.make_feed("examples", data.load("ring", "train"), chosen, steps=5, sampler=sampler)
    chosen.pairs = str(tmp_path / "pairs.csv")
    with pytest.raises(UsageError, match="allowed with a file of pairs"):
        data.make_feed("pairs", numbered(), chosen, steps=5)


def test_minibatches_larger_than_the_data_are_refused_with_their_number():
    with pytest.raises(UsageError, match=r"at most 4 \(3 minibatches a step, 12 training examples"):
        data.make_feed("examples", numbered(), options(), steps=5, minibatches=3)


def test_a_run_beyond_32_bits_is_refused():
    with pytest.raises(UsageError, match=r"training\.steps is 50000000"):
        check_length(100, 100, 1_000, 50_000_000)
