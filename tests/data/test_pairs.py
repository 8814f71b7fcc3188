"""Pairs: drawn by class without bias, in the ratio asked for; listed ones as their file says."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chisquare

from reprlearn import data, keys
from reprlearn.data import pairs
from reprlearn.errors import UsageError
from reprlearn.roles import Takes

LABELS = np.array([2, 0, 2, 5, 0, 2, 5, 2], np.int32)  # uneven classes, and labels that are not


def table(labels=LABELS):
    return {name: jnp.asarray(array) for name, array in pairs.class_table(labels).items()}


@pytest.mark.parametrize("similar", [True, False])
def test_partners_are_uniform_over_those_allowed(similar):
    draws = 6_000
    for anchor in range(len(LABELS)):
        kinds = jnp.full(draws, similar)
        found = pairs.partners(table(), jax.random.key(anchor), jnp.full(draws, anchor), kinds)
        allowed = (LABELS[anchor] == LABELS) == similar
        allowed[anchor] = False
        counts = np.bincount(np.asarray(found), minlength=len(LABELS))
        assert counts[~allowed].sum() == 0
        if allowed.sum() > 1:
            assert chisquare(counts[allowed]).pvalue > 1e-4


@pytest.mark.parametrize("similar", [True, False])
@pytest.mark.parametrize("uniform", ["anchors", "pairs"])
def test_what_is_drawn_uniformly(uniform, similar):
    """Of 8 examples in classes of 4, 2 and 2: anchors come equally often, or pairs do."""
    draws = 40_000
    left, right = pairs.draw_pairs(LABELS, np.full(draws, similar), 1, uniform=uniform)
    counts = np.zeros((8, 8))
    np.add.at(counts, (left, right), 1)
    allowed = (LABELS[:, None] == LABELS[None]) == similar
    np.fill_diagonal(allowed, False)
    assert counts[~allowed].sum() == 0
    weight = allowed / allowed.sum(axis=1, keepdims=True) if uniform == "anchors" else allowed
    expected = draws * weight[allowed] / weight[allowed].sum()
    assert chisquare(counts[allowed], expected).pvalue > 1e-3
    other = draws * (allowed / allowed.sum(axis=1, keepdims=True))[allowed] / 8
    assert (chisquare(counts[allowed], other).pvalue < 1e-6) == (uniform == "pairs")


def test_draws_of_other_names_and_other_uses_of_a_seed_are_independent():
    similar = np.arange(400) % 2 == 0
    one, other = (pairs.draw_pairs(LABELS, similar, 3, stream=name) for name in ("a", "b"))
    assert np.mean(one[0] == other[0]) < 0.25
    root = jax.random.randint(jax.random.split(keys.root(3))[0], (400,), 0, 8)
    assert np.mean(one[0] == np.asarray(root)) < 0.25  # nothing takes the bare root


def test_uniform_pairs_train_too_and_are_judged_as_they_are_drawn():
    kept, batch_at = pairs.sampled("pairs", arrays(), 8, 1.0, "uniform")
    batch_at, drawn = jax.jit(batch_at), []
    for step in range(300):
        batch = batch_at(kept, jax.random.key(0), jnp.int32(step))
        left, right = (np.asarray(batch[part])[:, 0].astype(int) for part in ("left", "right"))
        np.testing.assert_array_equal(LABELS[left] == LABELS[right], batch["similar"])
        drawn.append(LABELS[left[np.asarray(batch["similar"])]])
    # Of 16 ordered similar pairs 12 are of class 2; with anchors uniform it would be half of them.
    assert np.mean(np.concatenate(drawn) == 2) == pytest.approx(12 / 16, abs=0.04)
    judged = pairs.fixed_pairs(arrays(), 1.0, 0, "pairs")
    assert not np.array_equal(judged["left"], pairs.fixed_pairs(arrays(), 1.0, 0)["left"])


@pytest.mark.parametrize(
    ("rows", "ratio", "count"),
    [(192, 2.0, 64), (11, 10.0, 1), (10, 1.0, 5), (12, 0.5, 8), (12, 0.2, 10)],
)
def test_the_ratio_is_kept_in_every_batch_and_spread_evenly(rows, ratio, count):
    similar = pairs.similar_rows(rows, ratio)
    assert similar.sum() == count
    halves = similar[: rows // 2].sum(), similar[rows // 2 :].sum()
    assert abs(halves[0] - halves[1]) <= 1


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan")])
def test_a_ratio_that_is_not_positive_is_refused(ratio):
    with pytest.raises(UsageError, match=r"data\.dissimilar_ratio is .*allowed: a number above 0"):
        pairs.similar_rows(10, ratio)


def test_a_batch_too_small_for_its_ratio_is_refused():
    with pytest.raises(UsageError, match="at least one pair of each kind"):
        pairs.similar_rows(10, 50.0)


def arrays():
    return {"x": np.arange(8, dtype=np.float32)[:, None], "y": LABELS}


@pytest.mark.parametrize("kind", ["pairs", "positives", "triplets"])
def test_sampled_batches_hold_what_they_say(kind):
    kept, batch_at = pairs.sampled(kind, arrays(), 8, 1.0)
    batch_at, seen = jax.jit(batch_at), []
    for step in range(6):
        batch = batch_at(kept, jax.random.key(0), jnp.int32(step))
        parts = ("anchor", "positive") if kind == "triplets" else ("left", "right")
        anchor, positive = (np.asarray(batch[part])[:, 0] for part in parts)
        assert sorted(anchor) == list(range(8))  # the anchors run through the examples
        same = LABELS[anchor.astype(int)] == LABELS[positive.astype(int)]
        np.testing.assert_array_equal(same, batch.get("similar", np.ones(8, bool)))
        assert (anchor != positive).all()
        if kind == "triplets":
            negative = np.asarray(batch["negative"])[:, 0].astype(int)
            assert (LABELS[negative] != LABELS[anchor.astype(int)]).all()
        seen.append(positive[np.argsort(anchor)])
    assert len(np.unique(seen, axis=0)) > 1  # each epoch draws other partners


def test_drawn_pairs_are_the_same_for_the_same_seed():
    similar = np.arange(40) % 2 == 0
    left, right = pairs.draw_pairs(LABELS, similar, 3)
    np.testing.assert_array_equal(LABELS[left] == LABELS[right], similar)
    again = pairs.draw_pairs(LABELS, similar, 3)
    np.testing.assert_array_equal([left, right], again)
    assert not np.array_equal(left, pairs.draw_pairs(LABELS, similar, 4)[0])


def test_an_example_alone_in_its_class_is_in_no_pair():
    labels = np.array([3, 0, 1, 0, 3, 0], np.int32)
    assert pairs.alone(labels).tolist() == [1]
    arrays = {"x": np.arange(6, dtype=np.float32)[:, None], "y": labels}
    assert pairs.paired(arrays)["x"][:, 0].tolist() == [0, 1, 3, 4, 5]
    fields = {"pairs": "sampled", "dissimilar_ratio": 1.0, "classes": (), "max_labels": 0}
    chosen = SimpleNamespace(batch_size=5, **fields)
    feed = data.make_feed(Takes(("x", "y"), "pairs"), arrays, chosen, steps=9)
    drawn = [feed.batch_at(feed.arrays, keys.root(0), jnp.int32(step)) for step in range(9)]
    assert {float(x) for batch in drawn for x in batch["left"][:, 0]} == {0, 1, 3, 4, 5}
    held_out = pairs.fixed_pairs(arrays, 1.0, seed=0)
    assert set(np.concatenate([held_out["left"], held_out["right"]])[:, 0]) <= {0, 1, 3, 4, 5}
