"""The metrics of the run and of its baselines over the steps."""

from matplotlib.figure import Figure

from reprlearn import plots, rundir
from reprlearn.subject import Needs, Subject
from reprlearn.training import metrics

NEEDS = Needs()
CAPTION = (
    "A line for the run and for each of its baselines, of validation where it is measured. Losses "
    "and errors are to be low, accuracies high; where the lines cross says how long that takes."
)


def draw(subject: Subject) -> Figure | None:
    """Nothing of a run without baselines that ended."""
    run = subject.run
    histories = {run.config.method: run.history}
    for name in subject.ended_baselines():
        history = metrics.read(rundir.baseline(run.workdir, name))
        histories[name.replace("_", " ")] = history
    return plots.compared_curves(histories, f"Beside the baselines ({subject.what})")
