"""Linear probes against scikit-learn's logistic regression; votes of neighbours; intervals."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from reprlearn import evaluation
from reprlearn.errors import UsageError


def blobs(count=300, width=6, classes=4, seed=0, spread=0.8):
    """Rows around the centres of their classes, in units that differ; labels 10, 11, ..."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, width))
    y = rng.integers(0, classes, count)
    return (centres[y] + spread * rng.normal(size=(count, width))) * 10.0 ** np.arange(
        width
    ), y + 10


@pytest.mark.parametrize("penalty", [0.1, 1e-3])
def test_a_probe_is_scikit_learns_logistic_regression(penalty):
    rows, labels = blobs()
    (probe,) = evaluation.linear_probes(rows, labels, [penalty])
    scaler = StandardScaler().fit(rows)
    theirs = LogisticRegression(C=1 / (penalty * len(rows)), tol=1e-10, max_iter=5_000)
    theirs.fit(scaler.transform(rows), labels)
    np.testing.assert_allclose(probe.weights, theirs.coef_.T, atol=3e-3)
    fresh, _ = blobs(seed=5)
    ours = probe(fresh)
    expected = theirs.decision_function(scaler.transform(fresh))
    np.testing.assert_allclose(
        ours - ours.mean(axis=1, keepdims=True), expected - expected.mean(axis=1, keepdims=True),
        atol=2e-2,
    )  # fmt: skip
    assert np.mean(probe.predict(fresh) == theirs.predict(scaler.transform(fresh))) > 0.99


def test_a_warm_start_ends_where_a_cold_one_does():
    rows, labels = blobs()
    several = evaluation.linear_probes(rows, labels, (1e-1, 1e-2, 1e-3))
    (alone,) = evaluation.linear_probes(rows, labels, (1e-3,))
    np.testing.assert_allclose(several[-1].weights, alone.weights, atol=3e-3)
    norms = [np.square(probe.weights).sum() for probe in several]
    assert norms == sorted(norms)  # a weaker penalty, larger weights


def test_the_probe_is_chosen_on_held_out_rows():
    rng = np.random.default_rng(3)
    rows, labels = blobs(60)
    rows = np.concatenate([rows, rng.normal(size=(60, 60))], axis=1)  # noise that can be learned
    held, held_labels = blobs(400, seed=1)
    held = np.concatenate([held, rng.normal(size=(400, 60))], axis=1)
    probes = evaluation.linear_probes(rows, labels)
    right = [np.mean(probe.predict(held) == held_labels) for probe in probes]
    best = evaluation.best_probe(probes, held, held_labels)
    assert best.penalty == probes[int(np.argmax(right))].penalty
    assert max(right) > min(right) + 0.01
    order = [2, 0, 1, 4, 3]  # whichever the best one is, it is found
    shuffled = [probes[i] for i in order]
    assert evaluation.best_probe(shuffled, held, held_labels).penalty == best.penalty
    twins = [probes[2], probes[2]._replace(penalty=7.0)]
    assert evaluation.best_probe(twins, held, held_labels) is twins[0]  # of equally good ones


def test_the_units_and_the_origin_of_a_column_do_not_matter():
    rows, labels = blobs()
    (plain,), (other,) = (
        evaluation.linear_probes(x, labels, [1e-2]) for x in (rows, rows * 1e-7 + 3e-6)
    )
    np.testing.assert_allclose(other.weights, plain.weights, atol=3e-3)


def test_columns_that_do_not_vary_say_nothing():
    rows, labels = blobs()
    padded = np.concatenate([rows, np.full((len(rows), 2), 7.3)], axis=1)
    (plain,), (other,) = (evaluation.linear_probes(x, labels, [1e-2]) for x in (rows, padded))
    np.testing.assert_allclose(other.weights[:-2], plain.weights, atol=3e-3)
    changed = padded.copy()
    changed[:, -2:] += 100.0  # what the training never saw changes nothing
    np.testing.assert_allclose(other(changed), other(padded), rtol=1e-5)


@pytest.mark.parametrize(
    ("rows", "labels", "penalties", "message"),
    [
        (np.zeros((3, 2)), [0, 1], [1.0], r"rows has shape \(3, 2\) and labels \(2,\)"),
        (np.full((3, 2), np.nan), [0, 1, 1], [1.0], "rows is not finite"),
        (np.zeros((3, 2)), [1, 1, 1], [1.0], "labels has 1 class; allowed: two or more"),
        (np.eye(3), [0, 1, 1], [0.0], "penalties is 0.0; allowed: a number above 0"),
    ],
)
def test_what_cannot_be_probed_is_refused(rows, labels, penalties, message):
    with pytest.raises(UsageError, match=message):
        evaluation.linear_probes(rows, labels, penalties)


@pytest.mark.parametrize("k", [1, 3, 9])
def test_votes_are_scikit_learns_where_none_are_equal(k):
    rows, labels = blobs(200, width=3, classes=2)
    queries, _ = blobs(100, width=3, classes=2, seed=8)
    places, _ = evaluation.nearest(queries, rows, k=9)
    theirs = KNeighborsClassifier(k).fit(rows, labels).predict(queries)
    assert np.array_equal(evaluation.vote(labels[places], k), theirs)


def test_of_equal_votes_the_nearer_class_wins():
    seen = np.array([[3, 1, 1, 3, 5], [5, 1, 1, 3, 3], [4, 3, 2, 1, 0]])
    assert evaluation.vote(seen, 4).tolist() == [3, 1, 4]
    assert evaluation.vote(seen, 5).tolist() == [3, 1, 4]
    assert evaluation.vote(seen, 1).tolist() == [3, 5, 4]
    with pytest.raises(UsageError, match="K at least 6"):
        evaluation.vote(seen, 6)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng, truth, covered = np.random.default_rng(11), 0.85, []
    for seed in range(300):
        low, high = evaluation.bootstrap(rng.random(200) < truth, draws=300, seed=seed)
        covered.append(low <= truth <= high)
    assert 0.91 < np.mean(covered) < 0.975  # of 95%; 300 draws themselves vary by 1.3%
    narrow = evaluation.bootstrap(rng.random(200) < truth, level=0.5)
    wide = evaluation.bootstrap(rng.random(200) < truth, level=0.99)
    assert narrow.high - narrow.low < wide.high - wide.low


def test_an_interval_is_that_of_scipy_and_of_a_seed(monkeypatch):
    from scipy.stats import bootstrap

    values = np.random.default_rng(2).gamma(2.0, size=80)
    ours = evaluation.bootstrap(values, draws=20_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = bootstrap(
            (values,), np.mean, n_resamples=20_000, method="percentile", rng=0
        ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02)
    assert evaluation.bootstrap([1.0, 0.0], draws=400) == (0.0, 1.0)  # every example is drawn
    assert evaluation.bootstrap(values) == evaluation.bootstrap(values)
    assert evaluation.bootstrap(values) != evaluation.bootstrap(values, seed=1)
    whole = evaluation.bootstrap(values, draws=50)
    monkeypatch.setattr("reprlearn.evaluation.intervals.AT_ONCE", 7 * len(values))
    assert evaluation.bootstrap(values, draws=50) == whole


def test_a_paired_interval_is_narrower_than_two():
    rng = np.random.default_rng(4)
    hard = rng.random(2_000)
    one, two = hard < 0.8, hard < 0.78  # nearly the same examples
    low, high = evaluation.bootstrap(one.astype(float) - two)
    assert 0 < low < high < 0.04
    assert evaluation.bootstrap(one).low < evaluation.bootstrap(two).high  # these overlap


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": []}, r"values has shape \(0,\)"),
        ({"values": [[1.0]]}, r"values has shape \(1, 1\)"),
        ({"values": [np.nan]}, "finite"),
        ({"values": [1.0], "level": 1.0}, "level is 1.0; allowed: above 0 and below 1"),
        ({"values": [1.0], "draws": 0}, "draws is 0"),
    ],
)
def test_what_has_no_interval_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        evaluation.bootstrap(**arguments)


def test_of_fewer_rows_than_columns_it_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(12, 40)) * 3 + 1, np.arange(12) % 3
    for penalty in (1e-1, 1e-3):
        ours = evaluation.linear_probes(rows, labels, [penalty])[0]
        x = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        theirs = LogisticRegression(C=1 / (penalty * len(rows)), tol=1e-8, max_iter=5_000)
        theirs.fit(x, labels)
        assert ours.weights.shape == (40, 3)
        expected = theirs.decision_function(x)
        found = ours(rows)
        np.testing.assert_allclose(
            found - found.mean(axis=1, keepdims=True),
            expected - expected.mean(axis=1, keepdims=True),
            atol=0.02 * np.abs(expected).max(),
        )
