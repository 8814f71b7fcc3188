"""Gaps between groups, as fairlearn has them and by loops; and groups that can be told."""

import numpy as np
import pytest
from conftest import refusal
from numpy.testing import assert_allclose

from reprlearn import evaluation


def drawn(seed, classes=2, groups=2, count=200):
    rng = np.random.default_rng(seed)
    s, y = rng.integers(0, groups, count), rng.integers(0, classes, count)
    predicted = np.where(rng.random(count) < 0.5 + 0.3 * s / groups, y, rng.integers(0, classes))
    return predicted, y, s


@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_of_two_classes_they_are_those_of_fairlearn(seed, groups):
    fairlearn = pytest.importorskip("fairlearn.metrics")
    predicted, y, s = drawn(seed, groups=groups)
    parity = fairlearn.demographic_parity_difference(y, predicted, sensitive_features=s)
    assert_allclose(evaluation.demographic_parity_gap(predicted, s), parity, rtol=1e-12)
    odds = fairlearn.equalized_odds_difference(y, predicted, sensitive_features=s)
    assert_allclose(evaluation.equalized_odds_gap(predicted, y, s), odds, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_of_more_classes_it_is_the_largest_gap_of_any(seed):
    predicted, y, s = drawn(seed, classes=3, groups=3)

    def gap(where):
        shares = [
            [(predicted[where & (s == group)] == c).mean() for group in range(3)] for c in range(3)
        ]
        return max(max(each) - min(each) for each in shares)

    every = np.ones(len(s), bool)
    assert_allclose(evaluation.demographic_parity_gap(predicted, s), gap(every))
    odds = max(gap(y == label) for label in range(3))
    assert_allclose(evaluation.equalized_odds_gap(predicted, y, s), odds)


def test_shares_are_of_each_group():
    found = evaluation.predicted_shares(np.array([1, 0, 1, 1]), np.array([0, 0, 2, 2]), 3, 3)
    assert found.count.tolist() == [2, 0, 2]
    assert found.share[0].tolist() == [0.5, 0.5, 0.0] and found.share[2].tolist() == [0, 1, 0]
    assert np.isnan(found.share[1]).all()  # of nobody nothing is known


def test_a_group_without_examples_of_a_class_has_no_gap_there():
    y, s = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 1, 0, 0])
    predicted = np.array([0, 0, 1, 1, 0])
    assert evaluation.equalized_odds_gap(predicted, y, s) == 0.5  # of class 0 alone
    assert np.isnan(evaluation.equalized_odds_gap(predicted, s, s))  # each class of one group


def test_of_equal_groups_the_gap_stays_below_that_of_chance_as_often_as_is_said():
    rng, below = np.random.default_rng(0), []
    for _ in range(60):
        s, y = rng.integers(0, 2, (2, 150))
        predicted = np.where(rng.random(150) < 0.8, y, 1 - y)  # the same of both groups
        bounds = evaluation.gaps_by_chance(predicted, y, s, draws=100)
        gaps = (
            evaluation.demographic_parity_gap(predicted, s),
            evaluation.equalized_odds_gap(predicted, y, s),
        )
        below.append(np.array(gaps) <= bounds)
    assert (np.mean(below, axis=0) > 0.85).all() and (np.mean(below, axis=0) < 1).all()


def test_groups_that_differ_pass_chance():
    rng = np.random.default_rng(1)
    s, y = rng.integers(0, 2, (2, 400))
    predicted = np.where(s == 1, 1, y)
    parity, odds = evaluation.gaps_by_chance(predicted, y, s)
    assert evaluation.demographic_parity_gap(predicted, s) > 2 * parity
    assert evaluation.equalized_odds_gap(predicted, y, s) > 2 * odds


def test_by_chance_groups_are_exchanged_within_each_of_three_classes_alone():
    """Classes 0 and 1 have one group each, class 2 has both and one prediction: no gap."""
    y = np.repeat([0, 1, 2], 40)
    s, predicted = np.repeat([0, 1, 0], 40), np.where(y == 2, 1, np.arange(120) % 2)
    s[100:] = 1
    assert evaluation.gaps_by_chance(predicted, y, s)[1] == 0


def test_a_group_of_one_in_many_rows_can_be_asked_for():
    """Trees that stop early would part off rows, and one cannot be parted."""
    rows = np.random.default_rng(0).normal(size=(10_050, 1))
    s = np.zeros(len(rows), int)
    s[0] = 1
    assert evaluation.recovered(rows, s, rows[:5], "boosted").shape == (5,)


@pytest.mark.parametrize("classifier", evaluation.RECOVERING)
def test_a_fresh_classifier_tells_groups_as_far_as_they_can_be_told(classifier):
    """Of two Gaussians two deviations apart 84.1% can be told; of equal ones half."""
    rng = np.random.default_rng(0)
    s = (rng.random(4_000) < 0.15).astype(int)  # a small group counts as much
    for apart, best in ((2.0, 0.841), (0.0, 0.5)):
        rows = rng.normal(size=(4_000, 2)) + apart * s[:, None] * [1.0, 0.0]
        told = evaluation.recovered(rows[:2_000], s[:2_000], rows[2_000:], classifier)
        right = told == s[2_000:]
        balanced = np.mean([right[s[2_000:] == group].mean() for group in (0, 1)])
        assert abs(balanced - best) < 0.06


def test_trees_tell_what_no_line_can():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(800, 2))
    s = (rows[:, 0] * rows[:, 1] > 0).astype(int)
    linear, boosted = (
        (evaluation.recovered(rows[:400], s[:400], rows[400:], name) == s[400:]).mean()
        for name in ("linear", "boosted")
    )
    assert linear < 0.65 and boosted > 0.9


def test_what_can_have_no_gap_is_refused():
    ones, two = np.ones(3, int), np.array([0, 1, 1])
    assert "groups has one group alone" in refusal(evaluation.demographic_parity_gap, two, ones)
    said = refusal(evaluation.demographic_parity_gap, two[:2], two)
    assert "predicted has shape (2,), and beside it is (3,)" in said
    said = refusal(evaluation.equalized_odds_gap, two, two - 1, two)
    assert "allowed: integers from 0" in said
    assert "numbers from 1 or 2 on; allowed: less" in refusal(
        evaluation.predicted_shares, two, two, 1, 2
    )
    rows = np.zeros((3, 2))
    assert "one group alone" in refusal(evaluation.recovered, rows, ones, rows)
    said = refusal(evaluation.recovered, rows, two, rows, "other")
    assert "classifier is 'other'" in said and "linear, boosted" in said
