"""Groups: each share where it is, and intervals that hold it."""

import numpy as np
import pytest

from reprlearn import plots
from reprlearn.plots.groups import _wilson

NAMES = {"parts": ["all", "class no", "class yes"], "groups": ["f", "m"], "classes": ["no", "yes"]}
SHARES = np.array([[0.2, 0.5], [0.1, 0.3], [0.6, 0.9]])
COUNTS = np.array([[40, 60], [30, 30], [10, 30]])


def dots(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def test_of_two_classes_the_second_is_shown():
    shares = np.stack([1 - SHARES, SHARES], axis=-1)
    (axes,) = plots.shares_by_group(shares, COUNTS, NAMES, "Groups").axes
    assert [line.get_xdata().tolist() for line in dots(axes)] == SHARES.T.tolist()
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "all",
        "class no",
        "class yes",
    ]
    assert axes.get_xlabel() == "share predicted as class yes"


def test_of_more_classes_each_has_a_panel():
    shares = np.stack([SHARES / 2, SHARES / 2, 1 - SHARES], axis=-1)
    names = {**NAMES, "classes": ["a", "b", "c"]}
    panels = plots.shares_by_group(shares, COUNTS, names, "Groups").axes
    assert [axes.get_xlabel()[-1] for axes in panels] == ["a", "b", "c"]
    assert dots(panels[2])[1].get_xdata().tolist() == (1 - SHARES[:, 1]).tolist()


def test_intervals_are_those_of_wilson():
    """8 of 10: Brown, Cai & DasGupta 2001 have .49 to .94."""
    middle, half = _wilson(np.array([0.8]), np.array([10]))
    assert middle - half == pytest.approx(0.490, abs=1e-3)
    assert middle + half == pytest.approx(0.943, abs=1e-3)


def test_runs_lie_where_their_gaps_and_their_accuracy_are():
    points = {
        name: {
            "balanced_accuracy": (acc, acc - 0.1, acc + 0.1),
            "demographic_parity": (gap, gap / 2, gap * 2),
            "equalized_odds": (2 * gap, gap, 3 * gap),
        }
        for name, acc, gap in (("plain", 0.9, 0.2), ("fair", 0.8, 0.05))
    }
    parity, odds = plots.trade_off(points, "Trade-off").axes
    places = [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots(parity)]
    assert places == [(0.2, 0.9), (0.05, 0.8)]
    assert [line.get_xdata()[0] for line in dots(odds)] == [0.4, 0.1]
    ends = [tuple(line.get_xdata()) for line in parity.lines if line.get_marker() != "o"]
    assert (0.1, 0.4) in ends and (0.025, 0.1) in ends
