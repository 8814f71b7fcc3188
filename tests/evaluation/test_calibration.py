"""Calibration against scikit-learn, simulation, and values worked by hand."""

import numpy as np
import pytest
from conftest import refusal
from scipy.optimize import minimize
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


def test_events_are_binned_by_their_probability():
    rng = np.random.default_rng(0)
    p = rng.random(1_000)
    happened = rng.random(1_000) < p**2
    found = evaluation.event_reliability(p, happened, bins=10)
    share, said = calibration_curve(happened, p, n_bins=10)
    np.testing.assert_allclose(found.accuracy, share)
    np.testing.assert_allclose(found.confidence, said)
    np.testing.assert_array_equal(found.count, np.histogram(p, np.linspace(0, 1, 11))[0])
    assert evaluation.gap(found) == pytest.approx((abs(share - said) * found.count).sum() / 1_000)
    assert evaluation.gap(found) == pytest.approx(1 / 6, abs=0.03)  # E[p - p^2]


def test_what_are_no_events_is_refused():
    p, happened = np.array([0.2, 0.7]), np.array([True, False])
    told = (
        "probabilities has shape (2,), happened is bool of shape (1,); allowed: [N], and bool [N]"
    )
    assert refusal(evaluation.event_reliability, p, happened[:1]) == told
    assert "happened is float64" in refusal(evaluation.event_reliability, p, p)
    for wrong in (1.1, -0.1, np.nan):
        assert "not all from 0 to 1" in refusal(
            evaluation.event_reliability, np.array([0.2, wrong]), happened
        )


def scored(count, share, seed=0):
    """Scores of which events have the lower ones, far from 0 and of a large scale."""
    rng = np.random.default_rng(seed)
    happened = rng.random(count) < share
    return 500.0 + 40.0 * rng.normal(size=count) - 60.0 * happened, happened


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_platts_sigmoid_is_the_likeliest_one(share):
    scores, happened = scored(400, share)
    n, m = happened.sum(), (~happened).sum()
    t = np.where(happened, (n + 1) / (n + 2), 1 / (m + 2))
    weight = np.where(happened, 1 / n, 1 / m)

    def loss(parameters):
        logit = parameters[1] - parameters[0] * (scores - 500) / 40
        return (weight * (np.logaddexp(0, -logit) * t + np.logaddexp(0, logit) * (1 - t))).sum()

    slope, offset = minimize(loss, [1.0, 0.0], tol=1e-10).x
    found = evaluation.platt(scores, happened)
    assert found.slope == pytest.approx(slope / 40, rel=1e-3)
    assert found.offset == pytest.approx(offset + 500 * slope / 40, rel=1e-3)


def test_platts_sigmoid_is_sure_of_nothing_where_scores_part_the_two():
    found = evaluation.platt(np.array([1.0, 2.0, 3.0, 7.0, 8.0]), np.arange(5) < 3)
    p = found.probability(np.array([0.0, 2.0, 5.0, 9.0]))
    assert 0.7 < p[1] < p[0] < 1 and 0.0 < p[3] < 0.3 and 0.3 < p[2] < 0.7


def test_platts_sigmoid_is_calibrated_for_any_prior():
    scores, happened = scored(20_000, 0.5)
    sigmoid = evaluation.platt(scores, happened)
    rare, found = scored(20_000, 0.02, seed=1)
    assert evaluation.gap(evaluation.event_reliability(sigmoid.probability(rare), found)) > 0.1
    p = sigmoid.probability(rare, prior=0.02)
    assert evaluation.gap(evaluation.event_reliability(p, found)) < 0.01
    assert evaluation.Sigmoid(0.0, 0.0).probability(np.array([3.0]), 0.2) == pytest.approx(0.2)


def test_platts_sigmoid_of_scores_that_do_not_differ_says_one_half():
    found = evaluation.platt(np.full(6, 4.0), np.arange(6) < 2)
    assert found.probability(np.array([4.0])) == pytest.approx(0.5, abs=0.1)


def test_what_cannot_be_calibrated_is_refused():
    scores, happened = np.arange(4.0), np.arange(4) < 2
    assert "scores has shape (4,); allowed: [N], as" in refusal(
        evaluation.platt, scores, happened[:2]
    )
    assert "which is bool" in refusal(evaluation.platt, scores, scores)
    for wrong in ([0, 1, 2, np.nan], [0, 1, np.inf, 3]):
        assert "not finite" in refusal(evaluation.platt, np.array(wrong), happened)
    for kind in (happened | True, happened & False):
        assert "or of one kind" in refusal(evaluation.platt, scores, kind)
    for prior in (0.0, 1.0, -0.2):
        told = f"prior is {prior}; allowed: above 0 and below 1"
        assert refusal(evaluation.Sigmoid(1.0, 0.0).probability, scores, prior) == told
