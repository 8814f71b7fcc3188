"""Proves the proxy A-distance against known errors, a loop over the folds and its invariances."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from reprlearn import evaluation
from reprlearn.errors import UsageError

BOTH = pytest.mark.parametrize("classifier", ["linear", "mlp"])
ALL = pytest.mark.parametrize("classifier", evaluation.CLASSIFIERS)


def gaussians(count, shift=0.0, other=None, width=3, seed=0):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(count, width)), rng.normal(size=(other or count, width))
    target[:, 0] += shift
    return source.astype("f4"), target.astype("f4")


def by_loop(source, target, seed, folds):
    """One fold at a time, the scaling written out, the two errors averaged."""
    x = np.concatenate([source, target]).astype("f8")
    y = np.array([0] * len(source) + [1] * len(target))
    wrong = np.zeros(len(y))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y):
        mean, deviation = x[train].mean(0), x[train].std(0)
        model = LogisticRegression().fit((x[train] - mean) / deviation, y[train])
        probability = model.predict_proba((x[test] - mean) / deviation)[:, 1]
        wrong[test] = (probability > y.mean()) != y[test]
    return 2 * (1 - 2 * (wrong[y == 0].mean() + wrong[y == 1].mean()) / 2)


@BOTH
def test_parted_domains_by_hand(classifier):
    """A line on which three of the eight sources lie among the targets: error 3/16."""
    target = np.full((10, 1), 1.0) + 0.01 * np.arange(10)[:, None]
    source = -target[:8]
    assert evaluation.proxy_a_distance(source, target, folds=4, classifier=classifier) == 2
    source[:3] *= -1
    found = evaluation.proxy_a_distance(source, target, folds=2, seed=1)
    assert_allclose(found, 2 * (1 - 2 * 3 / 16), rtol=1e-12)


@pytest.mark.parametrize(("count", "other", "folds"), [(60, 60, 5), (90, 40, 3), (30, 100, 2)])
def test_against_a_loop(count, other, folds):
    source, target = gaussians(count, 1.2, other)
    found = evaluation.proxy_a_distance(source, target, seed=3, folds=folds)
    assert type(found) is float
    assert_allclose(found, by_loop(source, target, 3, folds), rtol=1e-9)


@pytest.mark.parametrize("other", [1500, 300])
def test_the_error_of_two_gaussians(other):
    """The best classifier of N(0, 1) and N(s, 1) errs at Phi(-s/2), whatever the domains' sizes."""
    found = evaluation.proxy_a_distance(*gaussians(1500, 1.5, other))
    assert_allclose(found, 2 * (1 - 2 * norm.cdf(-0.75)), atol=0.12)


@BOTH
def test_one_distribution_is_near_0_and_far_ones_are_at_2(classifier):
    options = {"classifier": classifier, "folds": 3}
    assert evaluation.proxy_a_distance(*gaussians(400), **options) < 0.2
    assert evaluation.proxy_a_distance(*gaussians(400, other=80), **options) < 0.5
    assert evaluation.proxy_a_distance(*gaussians(60, 100.0), **options) == 2


def test_the_distance_grows_with_the_shift():
    found = [evaluation.proxy_a_distance(*gaussians(300, s), folds=2) for s in (0, 1, 2, 4)]
    assert found == sorted(found)


def test_only_the_mlp_sees_a_ring_around_a_disc():
    rng = np.random.default_rng(0)
    angles, radii = rng.uniform(0, 2 * np.pi, (2, 200)), np.float64([[1], [3]])
    disc, ring = radii[..., None] * np.stack([np.cos(angles), np.sin(angles)], -1)
    assert evaluation.proxy_a_distance(disc, ring, folds=3) < 0.5
    assert evaluation.proxy_a_distance(disc, ring, folds=3, classifier="mlp") > 1.5


def test_never_below_0():
    """Equal sets: whoever is held out, its twin of the other domain was seen."""
    source, _ = gaussians(40)
    assert evaluation.proxy_a_distance(source, source) == 0


@BOTH
def test_a_seed_names_the_result(classifier):
    domains = gaussians(50, 0.7)
    found = [
        evaluation.proxy_a_distance(*domains, seed=s, folds=2, classifier=classifier)
        for s in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]


def test_scale_and_offset_do_not_matter():
    source, target = (x.astype("f8") for x in gaussians(100, 1.0))
    expected = evaluation.proxy_a_distance(source, target)
    scale, offset = np.float64([1e-6, 1, 1e6]), np.float64([5, -1e3, 0])
    moved = evaluation.proxy_a_distance(source * scale + offset, target * scale + offset)
    assert_allclose(moved, expected, rtol=1e-12)


@BOTH
@pytest.mark.parametrize("value", [0, 0.1, 1e6])
def test_constant_features(classifier, value):
    """They say nothing and warn of nothing, alone or beside others."""
    constant = np.full((25, 2), value)
    options = {"classifier": classifier, "folds": 2}
    assert evaluation.proxy_a_distance(constant, constant, **options) == 0
    source, target = gaussians(25, 50.0)
    source, target = np.hstack([source, constant]), np.hstack([target, constant])
    assert evaluation.proxy_a_distance(source, target, **options) == 2


@ALL
def test_domains_of_one_distribution_are_as_often_mistaken_as_not(classifier):
    """Over 100 draws; the value is clipped, so it is a little above 0, the error is not."""
    draws = 100 if classifier != "mlp" else 20
    found = [
        evaluation.h_divergence(*gaussians(60, seed=s), folds=2, classifier=classifier, seed=s)
        for s in range(draws)
    ]
    errors = np.array([each.error for each in found])
    assert abs(errors.mean() - 0.5) < 3 * errors.std() / np.sqrt(draws)
    values = np.array([each.value for each in found])
    assert_allclose(values, np.maximum(0, 2 - 4 * errors), atol=1e-12)
    assert 0 <= values.mean() < 0.2
    in_sample = [
        evaluation.h_divergence(*gaussians(60, seed=s), classifier=classifier, in_sample=True).value
        for s in range(3)
    ]
    assert min(in_sample) > values.mean()  # by what is fitted to them any two can be told apart


def test_in_the_sample_the_error_is_that_of_what_was_fitted_to_it():
    source, target = gaussians(40, 0.8, 70)
    x, y = np.concatenate([source, target]).astype("f8"), np.repeat([0, 1], [40, 70])
    scaled = (x - x.mean(0)) / x.std(0)
    guess = LogisticRegression().fit(scaled, y).predict_proba(scaled)[:, 1] > 70 / 110
    error = ((guess[y == 0]).mean() + (~guess[y == 1]).mean()) / 2
    found = evaluation.h_divergence(source, target, in_sample=True)
    assert_allclose((found.error, found.value), (error, 2 - 4 * error), rtol=1e-12)


def test_the_interval_holds_the_divergence_of_two_gaussians():
    """2 (1 - 2 Phi(-s/2)) is the H-divergence of N(0, 1) and N(s, 1) for linear classifiers."""
    truth, inside = 2 * (1 - 2 * norm.cdf(-0.5)), 0
    for seed in range(30):
        found = evaluation.h_divergence(*gaussians(400, 1.0, width=1, seed=seed), folds=2)
        inside += found.interval.low <= truth <= found.interval.high
        assert 0 <= found.interval.low < found.value < found.interval.high <= 2
    assert inside >= 26  # of 30; nine tenths or more
    few = evaluation.h_divergence(*gaussians(19, 1.0), folds=2)
    assert np.isnan(few.interval).all()


def test_a_kernel_sees_a_ring_around_a_disc_too():
    rng = np.random.default_rng(0)
    angles, radii = rng.uniform(0, 2 * np.pi, (2, 200)), np.float64([[1], [3]])
    disc, ring = radii[..., None] * np.stack([np.cos(angles), np.sin(angles)], -1)
    options = {"folds": 3, "classifier": "kernel"}
    assert evaluation.proxy_a_distance(disc, ring[:60], **options) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": np.zeros((4, 2))}, r"source has shape \(4, 2\); allowed: \[N, D\], N at .* 5"),
        ({"target": np.zeros((1, 2))}, r"target has shape \(1, 2\); allowed: \[N, D\], N at .* 5"),
        ({"source": np.zeros(9)}, r"source has shape \(9,\); allowed: \[N, D\]"),
        ({"source": np.zeros((9, 0))}, r"source has shape \(9, 0\); allowed: \[N, D\]"),
        ({"target": np.zeros((9, 3))}, r"target has shape \(9, 3\); allowed: \[M, 2\]"),
        ({"source": np.full((9, 2), np.nan)}, "source is not finite; allowed"),
        ({"target": np.full((9, 2), np.inf)}, "target is not finite; allowed"),
        ({"classifier": "lnear"}, "classifier is 'lnear'. Did you mean 'linear'?"),
        ({"folds": 1}, "folds is 1; allowed: an integer, at least 2"),
        ({"seed": -1}, "seed is -1; allowed: an integer, at least 0"),
    ],
)
def test_refused(changes, message):
    domains = {"source": np.zeros((9, 2)), "target": np.ones((9, 2))}
    with pytest.raises(UsageError, match=message):
        evaluation.proxy_a_distance(**domains | changes)
