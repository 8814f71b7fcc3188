"""Proves the criteria of selection against loops, closed forms and values worked by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax
from scipy.stats import entropy

from reprlearn import evaluation
from reprlearn.errors import UsageError

LOGITS = np.random.default_rng(0).normal(size=(7, 3)) * 3


def test_entropy_is_that_of_each_row():
    found = evaluation.prediction_entropy(LOGITS)
    assert_allclose(found, entropy(softmax(LOGITS, axis=1), axis=1), rtol=1e-12)
    assert_allclose(evaluation.prediction_entropy([[0.0, 0.0]]), np.log(2))
    assert_allclose(evaluation.prediction_entropy([[1e5, -1e5]]), 0)


def test_mutual_information_is_the_entropy_of_the_mean_without_the_mean_entropy():
    p = softmax(LOGITS, axis=1)
    expected = entropy(p.mean(axis=0)) - entropy(p, axis=1).mean()
    assert evaluation.mutual_information(LOGITS) == pytest.approx(expected, rel=1e-12)
    one_class = np.tile([9.0, 0.0], (4, 1))  # sure, and of no use
    assert evaluation.mutual_information(one_class) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("temperature", [0.05, 0.7])
def test_density_against_a_loop(temperature):
    p = softmax(LOGITS, axis=1)
    p /= np.sqrt((p**2).sum(axis=1, keepdims=True))
    expected = []
    for i in range(len(p)):
        near = np.array([p[i] @ p[j] for j in range(len(p)) if j != i]) / temperature
        expected.append(entropy(softmax(near)))
    found = evaluation.soft_neighbourhood_density(LOGITS, temperature=temperature)
    assert found == pytest.approx(np.mean(expected), rel=1e-10)


def test_density_counts_the_neighbours_of_tight_clusters():
    """Two clusters of 4 and 6: each has 3 or 5 others as near as itself, and no further one."""
    sure = 50 * np.eye(2)[[0] * 4 + [1] * 6]
    expected = (4 * np.log(3) + 6 * np.log(5)) / 10
    assert evaluation.soft_neighbourhood_density(sure) == pytest.approx(expected, rel=1e-6)


def test_density_is_largest_where_all_are_predicted_alike():
    assert evaluation.soft_neighbourhood_density(np.zeros((100, 3))) == pytest.approx(np.log(99))


def test_a_reverse_classifier_learns_what_was_predicted():
    target = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    source, labels = np.array([[-3.0], [-0.5], [0.5], [4.0]]), np.array([5, 5, 8, 8])
    predicted = np.array([5, 5, 8, 8])
    assert evaluation.reverse_accuracy(target, predicted, source, labels) == 1
    assert evaluation.reverse_accuracy(target, predicted[::-1], source, labels) == 0
    assert evaluation.reverse_accuracy(target, predicted, source, [5, 8, 8, 8]) == 0.75
    one = np.full(4, 8)
    assert evaluation.reverse_accuracy(target, one, source, [5, 8, 8, 8]) == 0.75


def test_the_weighted_error_by_hand():
    """wl = 0 3 0 1, w = 1 3 2 1: mean 1, mean of w 7/4; Cov(wl, w) 3/4, Var(w) 11/16."""
    found = evaluation.weighted_error([0, 1, 0, 1], [1, 3, 2, 1])
    assert found == pytest.approx(1 - (3 / 4) / (11 / 16) * (7 / 4 - 1), rel=1e-12)
    assert evaluation.weighted_error([0, 1, 1], [2, 2, 2]) == pytest.approx(4 / 3)  # no variance


def test_weights_make_the_source_tell_the_target_error():
    """Mistaken is x > 1; the source is N(0, 1), the target N(1, 1): 16% there, 50% here."""
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(4_000, 1)), rng.normal(1, 1, size=(2_000, 1))
    weights = evaluation.importance_weights(source, target)
    # The ratio of the two densities is exp(x - 1/2).
    assert_allclose(np.log(weights), source[:, 0] - 0.5, atol=0.25)
    assert weights.mean() == pytest.approx(1, abs=0.05)
    wrong = source[:, 0] > 1
    assert wrong.mean() == pytest.approx(0.16, abs=0.02)
    assert evaluation.weighted_error(wrong, weights) == pytest.approx(0.5, abs=0.04)


def test_weights_of_domains_that_are_apart_are_finite():
    source, target = np.zeros((20, 1)), np.full((20, 1), 1e3)
    source[0], target[0] = 1e3, 0.0
    weights = evaluation.importance_weights(source, target)
    assert np.isfinite(weights).all() and weights[0] > 1 > weights[1]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: evaluation.prediction_entropy([1.0, 2.0]), r"logits has shape \(2,\)"),
        (lambda: evaluation.mutual_information(np.zeros((0, 2))), r"logits has shape \(0, 2\)"),
        (lambda: evaluation.soft_neighbourhood_density([[1, np.nan]]), "not finite"),
        (lambda: evaluation.soft_neighbourhood_density([[1.0, 2.0]]), "two rows or more"),
        (lambda: evaluation.soft_neighbourhood_density(LOGITS, temperature=0), "temperature is 0"),
        (lambda: evaluation.reverse_accuracy(LOGITS, [0] * 6, LOGITS, [0] * 7), "target has"),
        (lambda: evaluation.reverse_accuracy(LOGITS, [0] * 7, LOGITS, [0] * 6), "source has"),
        (lambda: evaluation.reverse_accuracy(LOGITS, [0] * 7, LOGITS[:, :2], [0] * 7), "source"),
        (
            lambda: evaluation.reverse_accuracy(LOGITS, [0] * 7, np.nan * LOGITS, [0] * 7),
            "not finite",
        ),
        (lambda: evaluation.reverse_accuracy(LOGITS[:0], [], LOGITS, [0] * 7), "target has"),
        (lambda: evaluation.weighted_error([1, 0], [1.0]), r"allowed: \[N\]"),
        (lambda: evaluation.weighted_error([], []), r"allowed: \[N\]"),
        (lambda: evaluation.weighted_error([1, 0], [1, -1]), "weights from 0 on"),
        (lambda: evaluation.weighted_error([1, 0], [1, np.inf]), "finite"),
        (lambda: evaluation.importance_weights(np.ones((9, 2)), np.ones((9, 3))), "target has"),
        (lambda: evaluation.importance_weights(np.ones((3, 2)), np.ones((9, 2))), "source has"),
        (lambda: evaluation.importance_weights(LOGITS, LOGITS, folds=1), "folds is 1"),
        (lambda: evaluation.importance_weights(LOGITS, LOGITS, seed=-1), "seed is -1"),
    ],
)
def test_what_cannot_be_is_refused(call, told):
    with pytest.raises(UsageError, match=told):
        call()
