"""Proves the estimate of class shares against the inverse, and on domains that are drawn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from reprlearn import evaluation
from reprlearn.errors import UsageError

RATES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.15, 0.6]])


def drawn(shares, count, rng):
    """Classes of such shares, and what a classifier of RATES takes them for."""
    labels = rng.choice(3, count, p=shares)
    return labels, np.array([rng.choice(3, p=RATES[label]) for label in labels])


def test_shares_are_the_inverse_of_the_confusion():
    shares = np.array([0.5, 0.1, 0.4])
    assert_allclose(evaluation.class_shares(RATES, shares @ RATES), shares, atol=1e-5)


def test_no_share_is_negative_and_a_class_without_examples_has_none():
    found = evaluation.class_shares(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.95, 0.05]))
    assert_allclose(found, [1, 0], atol=1e-6)
    rates = np.array([[0.9, 0.1, 0], [0, 0, 0], [0.2, 0.1, 0.7]])
    found = evaluation.class_shares(rates, np.array([0.55, 0.1, 0.35]))
    assert_allclose(found, [0.5, 0, 0.5], atol=1e-6)


def test_where_many_shares_explain_the_predictions_the_expected_ones_do():
    """A classifier that knows class 0 alone says nothing of shares; one of two classes little."""
    one = np.array([[1.0, 0, 0], [1, 0, 0], [1, 0, 0]])
    expected = np.array([0.2, 0.5, 0.3])
    assert_allclose(evaluation.class_shares(one, [1.0, 0, 0], expected), expected, atol=1e-5)
    assert_allclose(evaluation.class_shares(one, [1.0, 0, 0]), np.full(3, 1 / 3), atol=1e-5)
    two = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]])  # 1 and 2 are taken for the same
    found = evaluation.class_shares(two, np.array([0.4, 0.6, 0]), expected)
    assert_allclose(found, [0.4, 0.4, 0.2], atol=1e-5)  # of .6 each as much less than expected
    labels = np.repeat([0, 1], [20, 80])
    found = evaluation.label_shift(labels, 0 * labels, np.zeros(50, int), 2)
    assert found.distance == pytest.approx(0, abs=1e-5)


def test_where_nothing_explains_the_predictions_the_nearest_shares_do():
    """Class 1 has no examples, and is predicted all the same; q is (t, 0, 1 - t)."""
    rates, predicted = np.array([[0.9, 0.1, 0], [0, 0, 0], [0.2, 0.1, 0.7]]), [0.3, 0.6, 0.1]
    t = np.linspace(0, 1, 10_001)
    shares = np.stack([t, 0 * t, 1 - t], axis=1)
    nearest = shares[np.square(shares @ rates - predicted).sum(axis=1).argmin()]
    assert_allclose(evaluation.class_shares(rates, predicted), nearest, atol=1e-3)


def test_shares_of_a_drawn_target_are_found_without_its_labels():
    rng = np.random.default_rng(0)
    labels, predicted = drawn([0.2, 0.3, 0.5], 3_000, rng)
    known, of_target = drawn([0.6, 0.3, 0.1], 2_000, rng)
    found = evaluation.label_shift(labels, predicted, of_target, 3)
    assert_allclose(found.source, np.bincount(labels) / 3_000)
    assert_allclose(found.target, np.bincount(known) / 2_000, atol=0.05)
    assert_allclose(found.distance, np.abs(found.source - found.target).sum() / 2)
    assert 0.3 < found.distance < 0.5 and found.chance < 0.06


def test_the_same_shares_stay_below_chance_nineteen_times_of_twenty():
    rng, above = np.random.default_rng(1), 0
    for seed in range(100):
        labels, predicted = drawn([0.2, 0.3, 0.5], 200, rng)
        _, of_target = drawn([0.2, 0.3, 0.5], 150, rng)
        found = evaluation.label_shift(labels, predicted, of_target, 3, draws=60, seed=seed)
        above += found.distance > found.chance
    assert 0 < above < 14


@pytest.mark.parametrize(
    ("labels", "predicted", "of_target", "told"),
    [
        ([], [], [0], "labels has shape"),
        ([0, 1], [0, 1], [], "of_target has shape"),
        ([0, 1], [0], [1], r"predicted has shape \(1,\); allowed: \(2,\)"),
        ([0, 2], [0, 1], [1], "labels are not all classes; allowed: from 0 to 1"),
        ([0, 1], [0, -1], [1], "predicted are not all classes"),
        ([0, 1], [0, 1], [0.5], "of integers"),
    ],
)
def test_what_cannot_be_is_refused(labels, predicted, of_target, told):
    with pytest.raises(UsageError, match=told):
        evaluation.label_shift(labels, predicted, of_target, 2)
