"""Proves the scores of pairs against worked numbers, scikit-learn and their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import brentq
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, roc_curve

from reprlearn import evaluation
from reprlearn.errors import UsageError

# Sorted: similar at 1, 2, 2, 4; dissimilar at 2, 3, 5.
DISTANCES = np.float32([4, 2, 5, 2, 1, 3, 2])
SIMILAR = np.array([1, 1, 0, 0, 1, 0, 1], bool)
SCORES = [evaluation.roc, evaluation.auc, evaluation.equal_error_rate, evaluation.best_threshold]


def pairs(seed, count=300, values=40):
    """Distances with many ties, the similar ones nearer on the whole."""
    rng = np.random.default_rng(seed)
    similar = rng.random(count) < 0.3
    return rng.integers(0, values, count) - 8.0 * similar, similar


def test_roc_by_hand():
    false, true, thresholds = evaluation.roc(DISTANCES, SIMILAR)
    assert_allclose(false, np.array([0, 0, 1, 2, 2, 3]) / 3)
    assert_allclose(true, np.array([0, 1, 3, 3, 4, 4]) / 4)
    assert_array_equal(thresholds, [-np.inf, 1, 2, 3, 4, 5])


def test_scores_by_hand():
    # Of 12 couples, 8 have the similar pair nearer and 2 are tied; at 4, one of three is.
    assert evaluation.auc(DISTANCES, SIMILAR) == 9 / 12
    # From (0, 1/4) to (1/3, 3/4) the curve meets FAR = 1 - TAR at 3/10.
    assert_allclose(evaluation.equal_error_rate(DISTANCES, SIMILAR), 0.3, rtol=1e-15)
    assert evaluation.best_threshold(DISTANCES, SIMILAR) == 2.5
    assert_allclose(evaluation.balanced_accuracy(DISTANCES, SIMILAR, 2.5), (3 / 4 + 2 / 3) / 2)
    assert_allclose(evaluation.balanced_accuracy(DISTANCES, SIMILAR, 2), (3 / 4 + 2 / 3) / 2)
    assert_allclose(evaluation.balanced_accuracy(DISTANCES, SIMILAR, 1.9), (1 / 4 + 1) / 2)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0, 3 / 4), (0.33, 3 / 4), (1 / 3, 1 / 4), (0.5, 1 / 4), (2 / 3, 0), (1, 0)],
)
def test_false_non_match_rates_by_hand(rate, expected):
    assert evaluation.false_non_match_rate(DISTANCES, SIMILAR, rate) == expected


@pytest.mark.parametrize("seed", range(4))
def test_false_non_match_rates_against_all_thresholds(seed):
    distances, similar = pairs(seed)
    weights = np.random.default_rng(seed).integers(0, 3, len(distances))
    thresholds = np.append(distances.min() - 1, distances)
    accepted = np.repeat(distances, weights)[None] <= thresholds[:, None]
    kind = np.repeat(similar, weights)
    false, refused = accepted[:, ~kind].mean(axis=1), 1 - accepted[:, kind].mean(axis=1)
    for rate in (0.0, 0.01, 0.29, 0.5, 1.0):
        found = evaluation.false_non_match_rate(distances, similar, rate, weights=weights)
        assert_allclose(found, refused[false <= rate].min(), atol=1e-12)
    rates = evaluation.error_rates(distances, similar, false_match_rates=(0.1, 0.01))
    assert rates.fnmr == tuple(
        evaluation.false_non_match_rate(distances, similar, rate) for rate in (0.1, 0.01)
    )
    assert rates[:2] == (
        evaluation.auc(distances, similar),
        evaluation.equal_error_rate(distances, similar),
    )


@pytest.mark.parametrize("dissimilar", [100, 1_000])
def test_a_rate_of_whole_pairs_lets_so_many_pass(dissimilar):
    distances = np.arange(2.0 * dissimilar)
    similar = distances % 2 == 1  # one between any two that are not
    for passed in range(1, dissimilar):
        found = evaluation.false_non_match_rate(distances, similar, passed / dissimilar)
        assert_allclose(found, 1 - passed / dissimilar, atol=1e-12)


@pytest.mark.parametrize("rate", [-0.1, 1.5, np.nan])
def test_refused_rate(rate):
    with pytest.raises(UsageError, match=r"false_match_rate is .*; allowed: from 0 to 1"):
        evaluation.false_non_match_rate(DISTANCES, SIMILAR, rate)


@pytest.mark.parametrize("seed", range(4))
def test_roc_and_auc_against_sklearn(seed):
    distances, similar = pairs(seed)
    false, true, thresholds = roc_curve(similar, -distances, drop_intermediate=False)
    ours = evaluation.roc(distances, similar)
    assert_allclose(ours.false_accept_rate, false)
    assert_allclose(ours.true_accept_rate, true)
    assert_array_equal(ours.thresholds, -thresholds)
    area = evaluation.auc(distances, similar)
    assert_allclose(area, roc_auc_score(similar, -distances), rtol=1e-12)
    assert_allclose(area, np.trapezoid(ours.true_accept_rate, ours.false_accept_rate), rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_auc_is_mann_whitney(seed):
    distances, similar = pairs(seed)
    difference = distances[~similar][:, None] - distances[similar][None, :]
    expected = ((difference > 0) + 0.5 * (difference == 0)).mean()
    assert_allclose(evaluation.auc(distances, similar), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("values", [5, 10**9])
def test_equal_error_rate_against_root_finding(seed, values):
    distances, similar = pairs(seed, values=values)
    false, true, _ = roc_curve(similar, -distances, drop_intermediate=False)
    place = np.arange(len(false))  # along the curve, so that upright pieces pose no question

    def excess(t):
        return np.interp(t, place, false) + np.interp(t, place, true) - 1

    expected = np.interp(brentq(excess, 0, place[-1], xtol=1e-14), place, false)
    assert_allclose(evaluation.equal_error_rate(distances, similar), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_best_threshold_against_all_thresholds(seed):
    distances, similar = pairs(seed, count=60)
    scores = {
        t: balanced_accuracy_score(similar, distances <= t)
        for t in np.arange(distances.min() - 1, distances.max() + 1.5, 0.5)
    }
    for threshold, score in scores.items():
        ours = evaluation.balanced_accuracy(distances, similar, threshold)
        assert_allclose(ours, score, rtol=1e-12)
    best = evaluation.best_threshold(distances, similar)
    assert_allclose(
        evaluation.balanced_accuracy(distances, similar, best), max(scores.values()), rtol=1e-12
    )
    values = np.unique(distances)
    middles = (values[1:] + values[:-1]) / 2
    good = [m for m in middles if np.isclose(scores[m], max(scores.values()), rtol=1e-12)]
    assert best == good[0]


@pytest.mark.parametrize("transform", [np.exp, np.cbrt, lambda d: 3 * d - 1000])
def test_rising_maps_change_no_rate(transform):
    distances, similar = pairs(5, values=20)
    mapped = transform(distances)
    assert evaluation.auc(mapped, similar) == evaluation.auc(distances, similar)
    expected = evaluation.equal_error_rate(distances, similar)
    assert evaluation.equal_error_rate(mapped, similar) == expected
    accuracies = [
        evaluation.balanced_accuracy(d, similar, evaluation.best_threshold(d, similar))
        for d in (distances, mapped)
    ]
    assert accuracies[0] == accuracies[1]


def test_order_and_kind_of_number_do_not_matter():
    distances, similar = pairs(6)
    order = np.random.default_rng(0).permutation(len(distances))
    for score in SCORES:
        expected = score(distances, similar)
        assert_array_equal(score(distances[order], similar[order]), expected)
        assert_array_equal(score(distances.astype("f4"), similar.astype("u1")), expected)


def test_swapped_kinds_turn_the_curve_over():
    distances, similar = pairs(7)
    area, rate = evaluation.auc(distances, similar), evaluation.equal_error_rate(distances, similar)
    assert_allclose(evaluation.auc(distances, ~similar), 1 - area, rtol=1e-12)
    assert_allclose(evaluation.equal_error_rate(-distances, ~similar), rate, rtol=1e-12)


def test_extremes():
    similar = np.array([1, 1, 0, 0, 0], bool)
    parted, turned, equal = np.float64([[1, 2, 5, 6, 7], [7, 6, 2, 1, 3], [4, 4, 4, 4, 4]])
    found = [[score(d, similar) for score in SCORES[1:]] for d in (parted, turned, equal)]
    assert found == [[1, 0, 3.5], [0, 1, 7], [0.5, 0.5, 4]]
    assert evaluation.balanced_accuracy(parted, similar, 3.5) == 1
    assert evaluation.balanced_accuracy(turned, similar, 7) == 0.5
    assert evaluation.balanced_accuracy(turned, similar, np.inf) == 0.5


@pytest.mark.parametrize("lower", [1.0, np.nextafter(1, 2), 0.0, -1e308, 1e308])
def test_a_threshold_fits_between_neighbouring_floats(lower):
    distances, similar = np.array([lower, np.nextafter(lower, np.inf)]), np.array([True, False])
    threshold = evaluation.best_threshold(distances, similar)
    assert evaluation.balanced_accuracy(distances, similar, threshold) == 1


def test_pair_distances_by_hand():
    embeddings = np.array([[0, 0], [3, 4], [255, 4]], np.uint8)  # no wrapping at 255
    distances = evaluation.pair_distances(embeddings, np.array([0, 1, 1]), np.array([1, 2, 1]))
    assert distances.dtype == np.float64
    assert_array_equal(distances, [5, 252, 0])


def test_pair_distances_keep_small_differences_and_cross_blocks(monkeypatch):
    monkeypatch.setattr("reprlearn.evaluation.distances.BLOCK_VALUES", 20)
    rng = np.random.default_rng(0)
    embeddings = (1e4 + rng.normal(size=(9, 7))).astype("f4")
    left, right = rng.integers(0, 9, size=(2, 25))
    expected = [
        np.linalg.norm(embeddings[i].astype("f8") - embeddings[j])
        for i, j in zip(left, right, strict=True)
    ]
    assert_allclose(evaluation.pair_distances(embeddings, left, right), expected, rtol=1e-14)
    assert evaluation.pair_distances(embeddings, left[:0], right[:0]).shape == (0,)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("distances", "similar", "message"),
    [
        ([1, 2], [1, 1], "similar is 2 similar and 0 dissimilar pairs; allowed: at least one"),
        ([1, 2], [0, 0], "similar is 0 similar and 2 dissimilar pairs; allowed"),
        ([], [], "similar is 0 similar and 0 dissimilar pairs; allowed"),
        ([1, 2], [1, 2], "similar holds 2; allowed: True and False"),
        ([1, np.nan], [1, 0], "distances holds nan; allowed: finite"),
        ([1, np.inf], [1, 0], "distances holds inf; allowed: finite"),
        ([1, 2, 3], [1, 0], r"similar has shape \(2,\); allowed: \(3,\)"),
        ([[1, 2]], [[1, 0]], r"distances has shape \(1, 2\); allowed: \[P\]"),
    ],
)
def test_refused_pairs(score, distances, similar, message):
    with pytest.raises(UsageError, match=message):
        score(np.array(distances), np.array(similar))


def test_refused_threshold():
    with pytest.raises(UsageError, match="threshold is nan; allowed: a number"):
        evaluation.balanced_accuracy(DISTANCES, SIMILAR, np.nan)


@pytest.mark.parametrize(
    ("embeddings", "left", "right", "message"),
    [
        (np.zeros(3), [0], [1], r"embeddings has shape \(3,\); allowed: \[N, D\]"),
        (np.full((2, 2), np.nan), [0], [1], "embeddings is not finite"),
        (np.zeros((2, 2)), [0], [2], "right holds 2; allowed: integers from 0 to 1"),
        (np.zeros((2, 2)), [-1], [1], "left holds -1; allowed: integers from 0 to 1"),
        (np.zeros((2, 2)), [0, 1], [1], r"right has shape \(1,\); allowed: \(2,\)"),
        (np.zeros((2, 2)), [0.0], [1], r"left is float64 of shape \(1,\); allowed: \[P\] int"),
    ],
)
def test_refused_rows(embeddings, left, right, message):
    with pytest.raises(UsageError, match=message):
        evaluation.pair_distances(embeddings, np.array(left), np.array(right))
