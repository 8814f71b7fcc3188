"""Geometry against all pairs in float64, and by hand."""

import itertools

import numpy as np
import pytest

from reprlearn import evaluation
from reprlearn.errors import UsageError

RNG = np.random.default_rng(7)
ROWS = RNG.normal(size=(90, 5)) * [3.0, 1.0, 0.5, 0.2, 0.0] + 1e6
LABELS = RNG.integers(0, 4, 90)


def pairs(rows, labels):
    """(distance, whether of one class) of every pair."""
    for i, j in itertools.combinations(range(len(rows)), 2):
        yield np.linalg.norm(rows[i] - rows[j]), labels[i] == labels[j]


def test_the_distance_ratio_is_of_all_pairs_wherever_the_origin_is():
    within = [d**2 for d, same in pairs(ROWS, LABELS) if same]
    between = [d**2 for d, same in pairs(ROWS, LABELS) if not same]
    expected = np.sqrt(np.mean(within) / np.mean(between))
    assert evaluation.distance_ratio(ROWS, LABELS) == pytest.approx(expected, rel=1e-9)
    # By hand: 1 within; 16 and 9 between.
    assert evaluation.distance_ratio(np.array([[0.0], [1], [4]]), [0, 0, 1]) == pytest.approx(
        np.sqrt(1 / 12.5)
    )
    small = (ROWS - 1e6) * 1e-9
    assert evaluation.distance_ratio(small, LABELS) == pytest.approx(expected, rel=1e-9)
    assert evaluation.distance_ratio(np.ones((4, 2)), [0, 0, 1, 1]) == 1.0
    tight = np.repeat(np.eye(3), 4, axis=0)
    assert evaluation.distance_ratio(tight, np.repeat([0, 1, 2], 4)) == 0.0


def test_alignment_and_uniformity_are_means_over_pairs_of_unit_vectors():
    rows = ROWS - 1e6
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    every = list(pairs(unit, LABELS))
    alignment = np.mean([d**2 for d, same in every if same])
    uniformity = np.log(np.mean([np.exp(-2 * d**2) for d, _ in every]))
    assert evaluation.alignment(rows, LABELS) == pytest.approx(alignment, rel=1e-12)
    assert evaluation.uniformity(rows) == pytest.approx(uniformity, rel=1e-12)
    assert evaluation.uniformity(rows * 1e-120) == pytest.approx(uniformity, rel=1e-12)
    opposite = np.array([[1.0, 0.0], [-3.0, 0.0]])
    assert evaluation.alignment(np.repeat(opposite, 2, axis=0), [0, 1, 0, 1]) == pytest.approx(4.0)
    assert evaluation.uniformity(opposite) == pytest.approx(-8.0)
    assert evaluation.uniformity(np.ones((3, 2))) == pytest.approx(0.0)
    # A row of zeros stays at the origin, at distance 1 from all on the sphere; so does a small one.
    origin = np.array([[0.0, 0.0], [0.0, 5.0]])
    assert evaluation.uniformity(origin) == pytest.approx(-2.0)
    assert evaluation.uniformity(np.array([[0.5, 0.0], [0.0, 5.0]])) == pytest.approx(-4.0)


def test_uniformity_does_not_depend_on_the_blocks(monkeypatch):
    whole = evaluation.uniformity(ROWS - 1e6)
    monkeypatch.setattr("reprlearn.evaluation.geometry.BLOCK", 7)
    assert evaluation.uniformity(ROWS - 1e6) == pytest.approx(whole, rel=1e-12)


def test_the_effective_rank_counts_dimensions_that_are_filled():
    axes = np.concatenate([np.eye(4), -np.eye(4)])
    assert evaluation.effective_rank(axes + 5) == pytest.approx(4.0)
    assert evaluation.effective_rank(axes * [1, 0, 0, 0]) == pytest.approx(1.0)
    # Singular values 3 and 1: the entropy of (3/4, 1/4).
    two = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert evaluation.effective_rank(two) == pytest.approx(expected)
    assert evaluation.effective_rank(np.full((6, 3), 0.1)) == 0.0


def test_dead_dimensions_hardly_vary():
    rows = RNG.normal(size=(500, 3)) * [10.0, 1.0, 0.05]
    assert evaluation.dead_dimensions(rows) == 1
    assert evaluation.dead_dimensions(rows, share=0.2) == 2
    assert evaluation.dead_dimensions(np.ones((4, 3))) == 3


def test_a_map_that_keeps_or_breaks_neighbourhoods():
    line = np.arange(40.0)[:, None]
    kept = evaluation.map_quality(line, 3 * line)
    assert kept == {"trustworthiness": 1.0, "continuity": 1.0}
    # A square flattened to a line: what is far is near on the map, and what is near stays so.
    square = np.random.default_rng(0).random((300, 2))
    flat = evaluation.map_quality(square, square[:, :1])
    assert flat["trustworthiness"] < 0.85 < 0.9 < flat["continuity"]
    other = evaluation.map_quality(square[:, :1], square)  # the other way round
    assert (other["continuity"], other["trustworthiness"]) == tuple(flat.values())
    with pytest.raises(UsageError, match="more than 24"):
        evaluation.map_quality(line[:24], line[:24])
    with pytest.raises(UsageError, match="as many"):
        evaluation.map_quality(line, line[:30])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.distance_ratio(ROWS, LABELS[:5]), r"labels has shape \(5,\)"),
        (lambda: evaluation.distance_ratio(ROWS, np.zeros(90)), "no pair of one class, or none of"),
        (lambda: evaluation.alignment(ROWS, np.arange(90)), "no pair of one class, or none of two"),
        (lambda: evaluation.uniformity(ROWS[:1]), "at least two rows"),
        (lambda: evaluation.effective_rank(ROWS[0]), r"rows has shape \(5,\)"),
        (lambda: evaluation.dead_dimensions(ROWS * np.nan), "rows is not finite"),
    ],
)
def test_what_has_no_geometry_is_refused(call, message):
    with pytest.raises(UsageError, match=message):
        call()
