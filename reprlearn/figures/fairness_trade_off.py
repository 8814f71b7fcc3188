"""Balanced accuracy beside the gaps between groups, of the run and of its baselines."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures import base
from reprlearn.subject import Needs, Subject

SCORE = "fairness"
NEEDS = Needs(can=("predict", "encode"), columns=("y", "s"))
CAPTION = (
    "Balanced accuracy over the gaps between groups, with 95% intervals over the test examples; up "
    "and to the left is better. Gaps are never below 0, so those of few examples are too large, "
    "and their intervals too; the score says what chance alone makes. A gap of 0 is not fairness: "
    "it says nothing of other groups, of single people, or of unfair labels."
)
AXES = ("balanced_accuracy", "demographic_parity", "equalized_odds")


def draw(subject: Subject) -> Figure | None:
    """Nothing of a run that was not asked for the score."""
    found = base.kept_beside(subject, SCORE).items()
    points = {name: point for name, values in found if (point := _point(values))}
    if subject.run.config.method not in points:
        return None
    return plots.trade_off(points, f"Accuracy and fairness ({subject.what})")


def _point(values: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Each value and the ends of its interval; {} where one is no number."""
    if any(values.get(name) is None for name in AXES):
        return {}
    return {
        name: (
            values[name],
            values.get(f"{name}_low", values[name]),
            values.get(f"{name}_high", values[name]),
        )
        for name in AXES
    }
