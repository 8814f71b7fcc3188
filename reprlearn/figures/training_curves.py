"""The metrics of training and of validation over the steps."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.subject import Needs, Subject

NEEDS = Needs()
CAPTION = (
    "One panel a metric: training, and validation where it is measured. Validation that turns "
    "while training goes on is overfitting. Dotted: what chance gives."
)


def draw(subject: Subject) -> Figure:
    """Of all seeds, where there are several."""
    config, seeds = subject.run.config, len(subject.run.seeds)
    of = f", mean of {seeds} seeds" if seeds > 1 else ""
    title = f"Training curves ({config.method}, {config.data.name}{of})"
    return plots.training_curves(subject.run.history, title, subject.run.method.chance)
