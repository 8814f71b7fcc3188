"""Balanced accuracy beside the gaps between groups, of the run and of its baselines."""

from pathlib import Path

from matplotlib.figure import Figure

from reprlearn import kept, plots, rundir
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
    run = subject.run
    folders = {name: rundir.baseline(run.workdir, name) for name in subject.ended_baselines()}
    folders[run.config.method] = run.workdir
    points = {name: point for name, folder in folders.items() if (point := _point(folder))}
    if run.config.method not in points:
        return None
    return plots.trade_off(points, f"Accuracy and fairness ({subject.what})")


def _point(folder: Path) -> dict[str, tuple[float, float, float]]:
    """Each value and the ends of its interval; {} where the score is not kept."""
    if not (folder / kept.FOLDER / f"{SCORE}.json").is_file():
        return {}
    values = kept.read_values(folder, SCORE)
    of = {name: f"{SCORE}/{name}" for name in AXES}
    if any(values.get(name) is None for name in of.values()):
        return {}
    return {
        axis: (
            values[name],
            values.get(f"{name}_low", values[name]),
            values.get(f"{name}_high", values[name]),
        )
        for axis, name in of.items()
    }
