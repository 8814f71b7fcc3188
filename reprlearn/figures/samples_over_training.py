"""Samples at every checkpoint that is kept, with the real data."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures.base import DRAWN, STREAM
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("sample",), columns=("x",), kind="point")
CAPTION = (
    "Generated points at each checkpoint that is kept, and the data on the right. A mode of "
    "the data without samples is mode collapse."
)


def draw(subject: Subject) -> Figure:
    """A panel a checkpoint."""
    run, real, key = subject.run, subject.load()["x"][:DRAWN], subject.key(STREAM)
    panels = {f"step {step:,}": run.at(step).sample(key, DRAWN) for step in run.saved_steps}
    return plots.point_samples(panels, real, f"Samples over training ({subject.what})")
