"""Batches of some examples of each of some classes: what they hold, how they are drawn."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import refusal, tiny

from reprlearn import methods
from reprlearn.data import groups

KEY = jax.random.key(3)
COUNTS = {0: 3, 1: 5, 2: 4, 4: 7}  # of class 3 there are none


def numbered():
    y = np.repeat(list(COUNTS), list(COUNTS.values())).astype(np.int32)
    y = np.random.default_rng(0).permutation(y)
    return {"x": np.arange(len(y))[:, None] * np.ones((1, 2)), "y": y}


def batches(arrays, rows, each, steps):
    kept, batch_at = groups.grouped(arrays, rows, each)
    kept = {name: jnp.asarray(array) for name, array in kept.items()}
    made = jax.jit(jax.vmap(lambda step: batch_at(kept, KEY, step)))(jnp.arange(steps))
    return np.asarray(made["x"][..., 0]).astype(int), np.asarray(made["y"])


def test_a_batch_has_different_examples_of_each_of_its_classes():
    arrays = numbered()
    x, y = batches(arrays, 6, 3, 40)
    for numbers, labels in zip(x, y, strict=True):
        np.testing.assert_array_equal(arrays["y"][numbers], labels)
        assert len(set(numbers)) == 6
        assert sorted(np.bincount(labels)[np.unique(labels)]) == [3, 3]
    for first, second in zip(y[::2], y[1::2], strict=True):  # four classes in two batches
        assert {*first, *second} == set(COUNTS)
    assert len({tuple(labels) for labels in y.tolist()}) > 6
    again = batches(arrays, 6, 3, 40)
    np.testing.assert_array_equal(again[0], x)


@pytest.mark.parametrize("each", [1, 2, 3, 4])
def test_every_ordered_choice_is_as_likely(each):
    draws = 40_000
    found = np.asarray(groups.distinct(KEY, jnp.full(draws, 4), each))
    choices = list(itertools.permutations(range(4), each))
    counts = [(found == choice).all(axis=1).sum() for choice in choices]
    assert sum(counts) == draws  # nothing else is drawn
    expected = draws / len(choices)
    chi_squared = (np.square(np.array(counts) - expected) / expected).sum()
    assert chi_squared < len(choices) + 5 * np.sqrt(2 * len(choices))


def test_places_stay_within_their_own_range():
    counts = jnp.array([2, 9, 5])
    found = jax.vmap(lambda key: groups.distinct(key, counts, 2))(jax.random.split(KEY, 500))
    np.testing.assert_array_equal(np.asarray(found).max(axis=(0, 2)), counts - 1)
    assert found.min() == 0 and (found[..., 0] != found[..., 1]).all()


@pytest.mark.parametrize(
    ("rows", "each", "told"),
    [
        (6, 1, "data.per_class is 1; allowed: 0, or at least 2"),
        (7, 2, "data.per_class is 2 with data.batch_size 7; allowed: a batch of 2 to 4 whole"),
        (3, 3, "data.per_class is 3 with data.batch_size 3; allowed: a batch of 2 to 4 whole"),
        (10, 2, "data.per_class is 2 with data.batch_size 10; allowed: a batch of 2 to 4 whole"),
        (8, 4, "data.per_class is 4; allowed: at most 3, the examples of the smallest class"),
    ],
)
def test_what_makes_no_groups_is_refused(rows, each, told):
    assert told in refusal(groups.grouped, numbered(), rows, each)


def test_losses_of_pairs_take_no_groups():
    from conftest import image_columns

    config = tiny("siamese.py", data__per_class=2)
    told = "data.per_class is 2 with model.loss 'pair_contrastive'; allowed: 0, or a loss over all"
    assert told in refusal(methods.from_config, config, image_columns())
    config.data.pairs = "batch"
    assert methods.from_config(config, image_columns()).takes.draw == "classes"
