"""Intervals cover what they say, paired ones are narrower, and weights count pairs."""

import numpy as np
import pytest
from conftest import refusal
from sklearn.metrics import roc_auc_score

from reprlearn import evaluation


def cover(interval_of, truth, repeats=200):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(repeats):
        low, high = interval_of(rng)
        inside += low <= truth <= high
    return inside / repeats


def test_an_interval_of_any_statistic_covers():
    def of_median(rng):
        x = rng.normal(size=101)
        return evaluation.bootstrap_of(lambda at: np.median(x[at]), len(x), draws=200)

    assert 0.88 < cover(of_median, 0.0) < 0.99


def test_of_the_mean_it_is_that_of_the_mean():
    x = np.random.default_rng(1).gamma(2.0, size=300)
    any_statistic = evaluation.bootstrap_of(lambda at: x[at].mean(), len(x), draws=2_000)
    np.testing.assert_allclose(any_statistic, evaluation.bootstrap(x, draws=2_000), atol=0.02)


def test_a_draw_without_a_value_does_not_count():
    rare = evaluation.bootstrap_of(lambda at: np.nan if (at < 9).all() else 2.0, 100)
    assert rare == (2.0, 2.0)
    often = evaluation.bootstrap_of(lambda at: np.nan if at[0] == 0 else 2.0, 3)
    assert np.isnan(often).all()  # those that are left would be chosen by their value


def test_of_strata_as_many_are_drawn_as_there_are():
    strata = np.repeat([5, 7, 9], [1, 2, 30])
    seen = []
    evaluation.bootstrap_of(lambda at: seen.append(at) or 0.0, 33, strata=strata, draws=20)
    assert all(
        np.bincount(strata[at], minlength=10)[[5, 7, 9]].tolist() == [1, 2, 30] for at in seen
    )
    assert len({tuple(at) for at in seen}) == 20


def test_several_seeds_beside_one_say_nothing():
    a = np.random.default_rng(0).normal(size=(3, 50))
    assert evaluation.paired_difference(a + 9, a[0]) == (-np.inf, np.inf)


def test_seeds_and_examples_as_worked_by_hand():
    """Means .2, .6 against 0, 0: d .4, s^2 = .08; examples' differences .5 and .3, v = .02."""
    a = np.array([[0.3, 0.1], [0.7, 0.5]])
    low, high = evaluation.paired_difference(a, np.zeros((2, 2)))
    half = 12.7062 * np.sqrt(0.08 / 2 + 0.02 / 2)  # t of one degree of freedom
    np.testing.assert_allclose([low, high], [0.4 - half, 0.4 + half], atol=1e-4)


def test_a_paired_interval_covers_and_is_narrower_than_an_unpaired_one():
    def paired(rng):
        hard = rng.normal(size=200)  # what both methods find hard
        a, b = hard + 0.2 + 0.1 * rng.normal(size=200), hard + 0.1 * rng.normal(size=200)
        return evaluation.paired_difference(a, b, draws=300)

    assert 0.9 < cover(paired, 0.2) < 0.99
    low, high = paired(np.random.default_rng(3))
    assert 0 < low < 0.2 < high and high - low < 0.06  # unpaired it would be 0.4 wide


@pytest.mark.parametrize("seeds", [(4, 4), (3, 5)])
def test_of_several_seeds_their_spread_counts_too(seeds):
    def between_seeds(rng):
        a, b = (rng.normal(size=(s, 1)) + 0.1 * rng.normal(size=(s, 50)) for s in seeds)
        return evaluation.paired_difference(a + 1.0, b)

    assert cover(between_seeds, 1.0) > 0.93


def test_of_one_seed_it_is_the_interval_of_the_differences():
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    found = evaluation.paired_difference(a, b, draws=2_000)
    np.testing.assert_allclose(found, evaluation.bootstrap(a - b, draws=2_000), atol=0.03)
    assert evaluation.paired_difference(a[None], b, draws=2_000) == found


def test_what_cannot_be_compared_is_refused():
    a = np.zeros(4)
    assert refusal(evaluation.paired_difference, a, a[:3]) == (
        "first has shape (1, 4) and second (1, 3); allowed: [N] or [S, N], of the same N examples"
    )
    bad = np.array([[0.0, np.nan], [0.0, 1.0]])
    assert "not finite" in refusal(evaluation.paired_difference, bad, bad)
    assert "level is 0" in refusal(evaluation.bootstrap_of, np.mean, 3, level=0)
    assert "count is 0" in refusal(evaluation.bootstrap_of, np.mean, 0)


def test_a_weight_of_a_pair_is_how_often_it_counts():
    rng = np.random.default_rng(0)
    distances = rng.integers(0, 5, 40).astype(float)  # many ties
    similar, weights = rng.random(40) < 0.4, rng.integers(0, 4, 40)
    expected = roc_auc_score(similar, -distances, sample_weight=weights)
    assert evaluation.auc(distances, similar, weights=weights) == pytest.approx(expected)
    repeated = np.repeat(distances, weights), np.repeat(similar, weights)
    for score in (evaluation.auc, evaluation.equal_error_rate):
        found = score(distances, similar, weights=weights)
        assert found == pytest.approx(score(*repeated))
    told = refusal(evaluation.auc, distances, similar, weights=weights / 2)
    assert told == "weights is float64 of shape (40,); allowed: counts"
    assert "0 of all pairs of a kind" in refusal(
        evaluation.auc, distances, similar, weights=weights * similar
    )


def test_several_statistics_of_the_same_draws_are_as_each_alone():
    x = np.random.default_rng(2).normal(size=50)
    mean, top = lambda at: x[at].mean(), lambda at: x[at].max()
    both = evaluation.bootstrap_all(lambda at: (mean(at), top(at)), 50, draws=100)
    alone = [evaluation.bootstrap_of(one, 50, draws=100) for one in (mean, top)]
    assert both == alone
    lacking = evaluation.bootstrap_all(lambda at: (mean(at), np.nan), 50, draws=100)
    assert lacking[0] == alone[0] and np.isnan(lacking[1]).all()


def test_of_few_examples_or_of_few_of_a_class_there_is_no_interval():
    x, rare = np.random.default_rng(3).normal(size=100), np.arange(100) < 19
    mean = lambda at: x[at].mean()  # noqa: E731
    assert np.isnan(evaluation.bootstrap_of(mean, 19)).all()
    assert np.isfinite(evaluation.bootstrap_of(mean, 20)).all()
    assert np.isnan(evaluation.bootstrap_of(mean, 100, strata=rare)).all()
    assert np.isfinite(evaluation.bootstrap_of(mean, 100, strata=np.arange(100) < 20)).all()
