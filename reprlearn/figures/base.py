"""What several figures share."""

import numpy as np

from reprlearn import kept, plots, rundir
from reprlearn.subject import Subject

SHOWN, DRAWN = 64, 1_000  # images in a grid, points in a scatter
STREAM = "figures"  # of the key of all figures


def of_images(subject: Subject) -> str:
    """`subject.what`, and how images of many channels are shown."""
    channels = subject.run.column.shape[-1]
    of = "" if channels in plots.CHANNELS else f", mean of {channels} channels"
    return f"{subject.what}{of}"


def kept_beside(subject: Subject, score: str) -> dict[str, dict[str, float]]:
    """What is kept of a score of each baseline and, last, of the run; {} where the run keeps none.

    Args:
      subject: the run.
      score: of the test split.

    Returns:
      by the run's name, and by that of the value without its score's; runs that keep none are not
      in it.
    """
    run = subject.run
    folders = {name: rundir.baseline(run.workdir, name) for name in subject.ended_baselines()}
    folders[run.config.method] = run.workdir
    found = {
        name: {n.removeprefix(f"{score}/"): v for n, v in kept.read_values(folder, score).items()}
        for name, folder in folders.items()
        if (folder / kept.FOLDER / f"{score}.json").is_file()
    }
    return found if run.config.method in found else {}


def choose(queries: int, count: int, y: np.ndarray | None) -> np.ndarray:
    """The first of `count` examples of each class in turn, or the first ones: so many queries."""
    if y is None:
        return np.arange(min(queries, count))
    known = np.flatnonzero(y >= 0)
    _, first = np.unique(y[known], return_index=True)
    of_classes = known[np.sort(first)][:queries]
    rest = np.setdiff1d(np.arange(count), of_classes)
    return np.concatenate([of_classes, rest])[:queries]
