"""Calibration against scikit-learn, simulation, and values worked by hand."""

import numpy as np
import pytest
from conftest import refusal
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix

from reprlearn import evaluation

P = np.array([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.1, 0.3, 0.6], [0.3, 0.3, 0.4]])
Y = np.array([0, 1, 2, 0])


def drawn(count, sharpness, seed=0):
    """Probabilities, and classes drawn from what they would be if these were a power of them."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.6, 0.8, 1.0, 1.2], count)
    truth = p**sharpness / (p**sharpness).sum(axis=1, keepdims=True)
    return p, (truth.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)


def test_values_worked_by_hand():
    # Bins of width 1/2: (0, .5] has .4 wrong and .4 wrong, (.5, 1] has .9 right and .6 right.
    found = evaluation.reliability(P, Y, bins=2)
    assert found.count.tolist() == [2, 2]
    np.testing.assert_allclose(found.confidence, [0.4, 0.75])
    np.testing.assert_allclose(found.accuracy, [0.0, 1.0])
    assert evaluation.calibration_error(P, Y, bins=2) == pytest.approx((0.4 * 2 + 0.25 * 2) / 4)
    expected = [0.01 + 0.0025 * 2, 0.16 + 0.4225 + 0.0625, 0.01 + 0.09 + 0.16, 0.49 + 0.09 + 0.16]
    np.testing.assert_allclose(evaluation.brier(P, Y), expected)


def test_the_upper_edge_belongs_to_its_bin():
    p = np.array([[0.3, 0.7], [0.7, 0.3], [0.6, 0.4]])
    found = evaluation.reliability(p, np.array([1, 1, 0]), bins=10)
    assert np.flatnonzero(found.count).tolist() == [5, 6] and found.count[6] == 2


def test_the_brier_score_is_that_of_scikit_learn():
    p, y = drawn(200, 2.0)
    expected = brier_score_loss(y, p, labels=range(4), scale_by_half=False)
    assert evaluation.brier(p, y).mean() == pytest.approx(expected)


def test_reliability_is_that_of_scikit_learn():
    p, y = drawn(2_000, 2.0)
    found = evaluation.reliability(p, y, bins=10)
    right = p.argmax(axis=1) == y
    accuracy, confidence = calibration_curve(right, p.max(axis=1), n_bins=10)
    known = found.count > 0
    np.testing.assert_allclose(found.accuracy[known], accuracy)
    np.testing.assert_allclose(found.confidence[known], confidence)


def test_a_calibrated_classifier_has_no_error_and_an_overconfident_one_has():
    assert evaluation.calibration_error(*drawn(50_000, 1.0)) < 0.01
    assert evaluation.calibration_error(*drawn(50_000, 0.3)) > 0.1


def test_confusion_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, predicted = rng.integers(0, 4, (2, 100))
    np.testing.assert_array_equal(
        evaluation.confusion(predicted, y, 5), confusion_matrix(y, predicted, labels=range(5))
    )


@pytest.mark.parametrize(
    ("p", "y", "told"),
    [
        (P[0], Y, "probabilities has shape (3,) and labels (4,); allowed: [N, C] and [N]"),
        (2 * P, Y, "probabilities do not sum to 1 in every row; allowed: probabilities"),
        (P, Y + 1, "labels are not all classes; allowed: from 0 to 2"),
        (P, Y - 1, "labels are not all classes; allowed: from 0 to 2"),
        (P, Y / 1, "labels are not all classes; allowed: from 0 to 2"),
    ],
)
def test_what_are_no_probabilities_is_refused(p, y, told):
    assert refusal(evaluation.brier, p, y) == told
    assert refusal(evaluation.reliability, p, y) == told
