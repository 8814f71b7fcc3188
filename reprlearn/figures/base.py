"""What several figures share."""

import numpy as np

from reprlearn import plots
from reprlearn.subject import Subject

SHOWN, DRAWN = 64, 1_000  # images in a grid, points in a scatter
STREAM = "figures"  # of the key of all figures


def of_images(subject: Subject) -> str:
    """`subject.what`, and how images of many channels are shown."""
    channels = subject.run.column.shape[-1]
    of = "" if channels in plots.CHANNELS else f", mean of {channels} channels"
    return f"{subject.what}{of}"


def choose(queries: int, count: int, y: np.ndarray | None) -> np.ndarray:
    """The first of `count` examples of each class in turn, or the first ones: so many queries."""
    if y is None:
        return np.arange(min(queries, count))
    known = np.flatnonzero(y >= 0)
    _, first = np.unique(y[known], return_index=True)
    of_classes = known[np.sort(first)][:queries]
    rest = np.setdiff1d(np.arange(count), of_classes)
    return np.concatenate([of_classes, rest])[:queries]
