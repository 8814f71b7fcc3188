"""Proves the mode statistics against worked numbers, a loop over samples and a known mixture."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2, entropy

from reprlearn import evaluation
from reprlearn.errors import UsageError

CENTRES = np.float32([[0, 0], [10, 0], [0, 10]])
NAMES = ["covered", "covered_20", "high_quality", "reverse_kl"]


def ring(count=8, radius=2.0):
    angles = 2 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angles), np.sin(angles)], 1)


def by_loop(samples, centres, scale):
    """The four statistics by their definitions, one sample at a time."""
    counts = np.zeros(len(centres))
    for sample in samples:
        distances = np.linalg.norm(centres - sample, axis=1)
        if distances.min() <= 3 * scale:
            counts[distances.argmin()] += 1
    kl = entropy(counts / counts.sum(), np.full(len(centres), 1 / len(centres)))
    return [(counts > 0).sum(), (counts >= 20).sum(), counts.sum() / len(samples), kl]


def test_by_hand():
    """Radius 1.5: three samples at the origin, one at (10, 0), none at (0, 10), two astray."""
    samples = np.float32([[0, 0], [1, 1], [0, -1.5], [10, 1], [1.25, 1.25], [5, 5]])
    found = evaluation.mode_statistics(samples, CENTRES, 0.5)
    assert list(found) == NAMES
    assert all(type(value) is float for value in found.values())
    kl = 0.75 * np.log(2.25) + 0.25 * np.log(0.75)
    assert_allclose(list(found.values()), [2, 0, 4 / 6, kl], rtol=1e-12)


def test_covered_20_counts_from_20_on():
    samples = np.repeat(CENTRES, [20, 19, 21], axis=0)
    found = evaluation.mode_statistics(samples, CENTRES, 0.1)
    assert (found["covered"], found["covered_20"], found["high_quality"]) == (3, 2, 1)


@pytest.mark.parametrize(("centres", "scale"), [(ring(), 0.3), (ring(25, 4.0), 1.0)])
def test_against_a_loop(centres, scale):
    """The second: neighbouring modes overlap, so the nearest centre decides."""
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(500, 2)) * [2, 1] + [0.5, 0]
    found = evaluation.mode_statistics(samples, centres, scale)
    assert_allclose(list(found.values()), by_loop(samples, centres, scale), rtol=1e-12)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_mixture_itself(width):
    rng = np.random.default_rng(1)
    centres = 10.0 * np.arange(20)[:, None] + np.zeros(width)
    samples = centres[rng.integers(0, 20, 20000)] + 0.5 * rng.normal(size=(20000, width))
    found = evaluation.mode_statistics(samples, centres, 0.5)
    assert found["covered"] == found["covered_20"] == 20
    assert_allclose(found["high_quality"], chi2.cdf(9, width), atol=0.01)
    assert 0 <= found["reverse_kl"] < 0.003


def test_collapse_and_evenness():
    collapsed = np.repeat(CENTRES[1:2], 30, axis=0)
    found = evaluation.mode_statistics(collapsed, CENTRES, 0.1)
    assert_allclose(list(found.values()), [1, 1, 1, np.log(3)], rtol=1e-12)
    even = evaluation.mode_statistics(np.repeat(ring(7), 3, axis=0), ring(7), 0.1)
    assert even == dict(zip(NAMES, [7, 0, 1, 0], strict=True))
    assert evaluation.mode_statistics(CENTRES[:1], CENTRES[:1], 0.1)["reverse_kl"] == 0


def test_order_and_a_move_do_not_matter():
    rng = np.random.default_rng(2)
    samples, centres = rng.normal(size=(200, 2)), ring()
    expected = list(evaluation.mode_statistics(samples, centres, 0.4).values())
    found = evaluation.mode_statistics(samples[::-1] * 2 + 1e3, centres[::-1] * 2 + 1e3, 0.8)
    assert_allclose(list(found.values()), expected, rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_diverged_samples_are_not_of_high_quality(bad):
    samples = np.float32([[0, 0], [bad, 0], [10, 0], [0, bad]])
    found = evaluation.mode_statistics(samples, CENTRES, 1.0)
    assert_allclose(list(found.values()), [2, 0, 0.5, np.log(1.5)], rtol=1e-12)
    found = evaluation.mode_statistics(np.full((4, 2), bad, "f4"), CENTRES, 1.0)
    assert list(found.values()) == [0, 0, 0, np.inf]


@pytest.mark.parametrize(
    ("samples", "centres", "scale", "message"),
    [
        (np.zeros((4, 3)), CENTRES, 1.0, r"samples has shape \(4, 3\); allowed: \[N, 2\]"),
        (np.zeros(4), CENTRES, 1.0, r"samples has shape \(4,\); allowed: \[N, 2\]"),
        (np.zeros((0, 2)), CENTRES, 1.0, r"samples has shape \(0, 2\); allowed: \[N, 2\]"),
        (CENTRES, np.zeros(2), 1.0, r"centres has shape \(2,\); allowed: \[M, D\]"),
        (CENTRES, CENTRES * np.nan, 1.0, "centres is not finite; allowed"),
        (CENTRES, CENTRES, 0.0, "scale is 0.0; allowed: a number above 0"),
        (CENTRES, CENTRES, np.nan, "scale is nan; allowed"),
    ],
)
def test_refused(samples, centres, scale, message):
    with pytest.raises(UsageError, match=message):
        evaluation.mode_statistics(samples, centres, scale)
