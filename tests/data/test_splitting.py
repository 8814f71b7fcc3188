"""The split rule, against a hash computed here, and on examples that nobody thought of."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from reprlearn.data.splitting import (
    check_shares,
    parts,
    shuffled,
    validation_of_training,
)
from reprlearn.errors import UsageError

SHARES = (80, 10, 10)


def unit(key, seed=0):
    """The number in [0, 1) of a key, by the documented rule."""
    salt = seed.to_bytes(16, "little")
    digest = hashlib.blake2b(key, digest_size=8, salt=salt, person=b"split").digest()
    return int.from_bytes(digest, "little") / 2**64


def by_hash(keys, seed=0, edges=(0.8, 0.9)):
    return np.array([sum(unit(key, seed) >= edge for edge in edges) for key in keys])


def keys_in(part, count, skip=0):
    """Keys that the hash alone puts into a part, in the order of their hashes."""
    keys = [b"%d" % i for i in range(400)]
    found = [key for key in keys if by_hash([key])[0] == part][skip : skip + count]
    return sorted(found, key=unit)


key = st.integers(0, 60).map(lambda i: b"%d" % i)
labelled = st.lists(st.tuples(key, st.integers(-1, 4)), min_size=3, max_size=80)
one_label = labelled.map(lambda rows: [(k, dict(reversed(rows))[k]) for k, _ in rows])
seeds = st.integers(0, 5)


def split(rows, seed=0, rule=parts, shares=SHARES):
    """The parts of (key, label) pairs; None where the data cannot be split."""
    keys, labels = [k for k, _ in rows], np.array([y for _, y in rows], np.int32)
    try:
        return rule(keys, labels, shares, seed).part
    except UsageError as error:
        assert "\n" not in str(error)
        return None


def different(rows, label):
    return {k for k, y in rows if y == label}


def test_large_classes_go_by_the_hash_alone():
    keys = [b"%d" % i for i in range(300)]
    labels = np.arange(300, dtype=np.int32) % 3
    for seed in (0, 1, 2**32 - 1):
        found = parts(keys, labels, SHARES, seed)
        assert found.part.dtype == np.int8
        assert found.part.tolist() == by_hash(keys, seed).tolist()
        assert found.notes == ()


def test_another_seed_splits_otherwise():
    keys = [b"%d" % i for i in range(300)]
    assert (parts(keys, None, SHARES, 0).part != parts(keys, None, SHARES, 1).part).mean() > 0.1


@pytest.mark.parametrize("shares", [(80, 10, 10), (0.5, 0.2, 0.3), (1, 1, 1)])
def test_the_shares_are_met(shares):
    count = 20_000
    found = parts([b"%d" % i for i in range(count)], None, shares, 3).part
    for part, share in enumerate(shares):
        assert binomtest(int((found == part).sum()), count, share / sum(shares)).pvalue > 1e-3


def test_validation_of_training_is_in_the_ratio_of_its_shares():
    keys = [b"%d" % i for i in range(300)]
    found = validation_of_training(keys, None, (60, 20, 20), 4)
    assert found.part.tolist() == by_hash(keys, 4, (0.75,)).tolist()
    assert set(found.part) == {0, 1}


@given(labelled, seeds)
def test_equal_keys_stay_together_and_order_does_not_matter(rows, seed):
    found = split(rows, seed)
    if found is None:
        return
    place = {}
    for (k, _), part in zip(rows, found, strict=True):
        assert place.setdefault(k, part) == part
    assert split(rows[::-1], seed).tolist() == found[::-1].tolist()


@given(one_label, seeds)
def test_every_class_of_three_different_examples_is_in_every_split(rows, seed):
    found = split(rows, seed)
    large = [y for y in range(-1, 5) if len(different(rows, y)) >= 3]
    assert (found is None) == (not large)
    for y in large:
        assert {part for (_, label), part in zip(rows, found, strict=True) if label == y} == {
            0,
            1,
            2,
        }


@given(one_label, seeds)
def test_smaller_classes_are_in_training(rows, seed):
    found = split(rows, seed)
    for (_, y), part in zip(rows, () if found is None else found, strict=found is not None):
        assert part == 0 or len(different(rows, y)) >= 3


@given(labelled, seeds)
def test_with_two_splits_two_different_examples_are_enough(rows, seed):
    found = split([(k, 0) for k, _ in rows], seed, rule=validation_of_training)
    assert (found is None) == (len({k for k, _ in rows}) < 2)
    assert found is None or set(found) == {0, 1}


@given(one_label, key, st.integers(-1, 4), seeds)
def test_an_added_example_moves_no_other(rows, new, label, seed):
    """But for examples of its own class, where that would miss a split by the hash alone."""
    if new in {k for k, _ in rows}:
        label = dict(rows)[new]
    before, after = split(rows, seed), split([*rows, (new, label)], seed)
    if before is None:
        return
    for (k, y), old, now in zip(rows, before, after[:-1], strict=True):
        whole = set(by_hash(different(rows, y), seed)) == {0, 1, 2}
        assert old == now or (y == label and not whole and k != new)


def test_the_example_nearest_to_the_missing_split_is_moved_with_its_equals():
    """All in training: validation lacks one and takes the last by hash, the test the next."""
    train = keys_in(0, 5)
    keys = [train[2], train[4], train[0], train[4], train[3], train[1]]
    other = [key for part in range(3) for key in keys_in(part, 3, skip=5)]
    labels = np.array([0] * 6 + [1] * len(other), np.int32)
    found = parts([*keys, *other], labels, SHARES, 0, class_names=("fox", "owl"))
    assert found.part[:6].tolist() == [0, 1, 0, 1, 2, 0]
    assert found.part[6:].tolist() == by_hash(other).tolist()
    assert found.notes == ("3 examples moved to a split that would miss a class: fox",)


def test_a_split_below_takes_the_nearest_from_above():
    """Of two in the test and three in validation, training takes validation's first."""
    validation, test = keys_in(1, 3), keys_in(2, 2)
    found = parts([*validation, *test], None, SHARES, 0)
    assert found.part.tolist() == [0, 1, 1, 2, 2]
    assert found.notes == ("1 example moved to a split that would be empty",)


def test_a_class_of_three_that_is_all_in_the_test_is_spread():
    test = keys_in(2, 3)
    assert parts(test, None, SHARES, 0).part.tolist() == [0, 1, 2]


def test_the_split_with_most_of_a_class_gives():
    """Validation is nearer to training than the test is, but the test has more."""
    validation, test = keys_in(1, 2), keys_in(2, 3)
    found = parts([*validation, *test], None, SHARES, 0)
    assert found.part.tolist() == [1, 1, 0, 2, 2]


def test_of_equally_many_the_first_split_gives():
    train, test = keys_in(0, 2), keys_in(2, 2)
    found = parts([*train, *test], None, SHARES, 0)
    assert found.part.tolist() == [0, 1, 2, 2]


def test_no_move_takes_the_last_example_of_another_class():
    """Equal examples of two classes stay where the second class would lose its only one."""
    shared, *train = keys_in(0, 6)[::-1]
    other = [*keys_in(1, 2), *keys_in(2, 2)]
    keys = [shared, *train, shared, *other]
    labels = np.array([0] * 6 + [1] * 5, np.int32)
    found = parts(keys, labels, SHARES, 0)
    assert found.part[0] == found.part[6] == 0
    assert found.part[1:6].tolist() == [1, 2, 0, 0, 0]
    assert found.part[7:].tolist() == [1, 1, 2, 2]


def test_equal_examples_of_two_classes_are_moved_for_both():
    train = keys_in(0, 4)
    labels = np.array([0] * 4 + [1] * 4, np.int32)
    found = parts([*train, *train], labels, SHARES, 0)
    assert found.part.tolist() == [0, 0, 2, 1] * 2
    assert found.notes == ("4 examples moved to a split that would miss a class: 0",)


def test_a_class_that_cannot_be_in_every_split_is_named():
    """Its three examples are also those of three classes too small to leave training."""
    train, other = keys_in(0, 3), [key for part in range(3) for key in keys_in(part, 3, skip=5)]
    labels = np.array([0] * 3 + [1, 2, 3] + [4] * len(other), np.int32)
    found = parts(
        [*train, *train, *other], labels, SHARES, 0, class_names=("a", "b", "c", "d", "e")
    )
    assert found.part[:6].tolist() == [0] * 6
    assert found.notes == (
        "classes of fewer than 3 different examples, all in training: b, c, d",
        "classes that a split misses, as other classes share their examples: a",
    )


def test_small_classes_are_all_in_training_and_named():
    rows = [key for part in range(3) for key in keys_in(part, 3)]
    alone = keys_in(2, 2, skip=3)
    labels = np.array([1] * 9 + [0, 0, -1, -1, 12], np.int32)
    keys = [*rows, *alone, b"odd", b"odd", *keys_in(1, 1, skip=4)]
    found = parts(keys, labels, SHARES, 0, class_names=("rare", "common"))
    assert found.part[:9].tolist() == by_hash(rows).tolist()
    assert found.part[9:].tolist() == [0] * 5
    assert found.notes == (
        "classes of fewer than 3 different examples, all in training: the unlabelled, rare, 12",
    )


@pytest.mark.parametrize(
    ("rule", "count", "message"),
    [
        (
            parts,
            2,
            "2 different examples; allowed: at least 3, one for each of training, validation",
        ),
        (validation_of_training, 1, "1 different example; allowed: at least 2, .* and validation"),
        (parts, 0, "0 different examples; allowed: at least 3"),
    ],
)
def test_too_few_different_examples_are_refused(rule, count, message):
    with pytest.raises(UsageError, match=f"^data: {message}"):
        rule([b"%d" % (i % max(count, 1)) for i in range(4 * count)], None, SHARES, 0)


def test_classes_too_small_to_fill_the_splits_are_refused():
    labels = np.arange(30, dtype=np.int32) // 2
    with pytest.raises(UsageError, match=r"no example is left for validation and test, .* least 3"):
        parts([b"%d" % i for i in range(30)], labels, SHARES, 0)


@pytest.mark.parametrize(
    "shares",
    [(80, 20), (80, 10, 0), (80, -10, 30), (80, 10, float("nan")), (float("inf"), 1, 1), "80,10,10",
     (80, 10, "10"), (True, 1, 1), 80, None, (1, 1, 1, 1), (10**400, 1, 1)],
)  # fmt: skip
def test_other_shares_are_refused(shares):
    with pytest.raises(UsageError, match=r"^data.split is .*; allowed: three positive shares"):
        check_shares(shares)
    for rule in (parts, validation_of_training):
        with pytest.raises(UsageError, match=r"data.split"):
            rule([b"a", b"b", b"c"], None, shares, 0)


def test_shares_sum_to_one():
    assert check_shares((80, 10, 10)) == (0.8, 0.1, 0.1)
    assert check_shares([np.float64(1), 2, 1.0]) == (0.25, 0.5, 0.25)


@given(st.lists(key, max_size=60, unique=True), seeds)
def test_an_example_that_is_added_changes_the_order_of_no_others(keys, seed):
    order = [keys[i] for i in shuffled(keys, seed)]
    assert sorted(order) == sorted(keys)
    added = [*keys, b"new"]
    assert [added[i] for i in shuffled(added, seed) if added[i] != b"new"] == order


def test_the_order_does_not_depend_on_the_split_nor_on_the_order_before():
    keys = [b"%d" % i for i in range(2_000)]
    order = [keys[i] for i in shuffled(keys, 0)]
    assert order == [keys[1_999 - i] for i in shuffled(keys[::-1], 0)]
    assert order != [keys[i] for i in shuffled(keys, 1)]
    training = int((by_hash(order[:1_000]) == 0).sum())
    assert binomtest(training, 1_000, 0.8).pvalue > 1e-3
