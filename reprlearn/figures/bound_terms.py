"""The terms of the bound on the target's risk, of the run and of its baselines."""

from pathlib import Path

from matplotlib.figure import Figure

from reprlearn import kept, plots, rundir
from reprlearn.subject import Needs, Subject

SCORE = "bound"
NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
CAPTION = (
    "The terms of the bound on the target's risk, with and without adaptation, and a mark at the "
    "risk itself. Adaptation is to make the divergence smaller without making the best joint risk "
    "larger. The best joint risk and the mark need the target's labels."
)


def draw(subject: Subject) -> Figure | None:
    """Nothing of a run that was not asked for the score."""
    run = subject.run
    folders = {name: rundir.baseline(run.workdir, name) for name in subject.ended_baselines()}
    folders[run.config.method] = run.workdir
    bars = {name: terms for name, folder in folders.items() if (terms := _terms(folder))}
    if run.config.method not in bars:
        return None
    return plots.bound_terms(bars, f"The bound on the target's risk ({subject.what})")


def _terms(folder: Path) -> dict[str, float]:
    """By their names in the score; {} where it is not kept."""
    if not (folder / kept.FOLDER / f"{SCORE}.json").is_file():
        return {}
    values = kept.read_values(folder, SCORE).items()
    return {name.removeprefix(f"{SCORE}/"): value for name, value in values}
