"""Some test texts, and the others that are nearest to them in the learned space."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.columns import UNLABELLED, to_texts
from reprlearn.figures.base import choose
from reprlearn.scores import matching
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode",), kind="tokens")
CAPTION = (
    "On the left a test text, then the texts whose codes are nearest, the nearest first: in blue "
    "those that are listed as similar to it, or have its class. What does the run take for alike?"
)
QUERIES, NEAREST = 10, 4
SEARCHED = 5_000  # texts with classes


class Asked(NamedTuple):
    """What is asked, among which texts, and what would be right.

    Attributes:
      x: queries, `[Q, L]`.
      among: texts, `[C, L]`.
      right: bool `[Q, C]`.
      itself: bool `[Q, C]`, what is passed over.
    """

    x: np.ndarray
    among: np.ndarray
    right: np.ndarray
    itself: np.ndarray


def draw(subject: Subject) -> Figure | None:
    """Queries of listed pairs, or of as many classes as there are; nothing of hardly any texts."""
    asked = _of_pairs(subject) if "right/x" in subject.run.columns else _of_classes(subject)
    if not len(asked.x) or len(asked.among) <= NEAREST + 1:
        return None
    z, codes = subject.run.encode(asked.x), subject.run.encode(asked.among, "right/x")
    if not max(np.abs(z).max(), np.abs(codes).max()) < 1e15:  # a run that has run away
        return None
    found = evaluation.nearest(z, codes, k=NEAREST + 1).places
    # Itself is one at most.
    others = [row[~asked.itself[place, row]][:NEAREST] for place, row in enumerate(found)]
    queries, among = to_texts(asked.x), to_texts(asked.among)
    rows = [[query, *(among[i] for i in row)] for query, row in zip(queries, others, strict=True)]
    right = np.take_along_axis(asked.right, np.array(others), axis=1)
    return plots.nearest_texts(rows, right, f"Nearest texts ({subject.what})")


def _of_pairs(subject: Subject) -> Asked:
    """Left ones of similar test pairs, among all that the score `matching` looks through."""
    candidates = subject.candidates()
    every = matching.queries(subject.load(), candidates)
    chosen = np.unique(np.linspace(0, len(every.x), QUERIES, endpoint=False).astype(int))
    chosen = chosen[: len(every.x)]
    right, itself = (np.zeros((len(chosen), len(candidates)), bool) for _ in range(2))
    for row, place in enumerate(chosen):
        right[row, every.partners[place]] = True
        if every.itself[place] is not None:
            itself[row, every.itself[place]] = True
    return Asked(every.x[chosen], candidates, right, itself)


def _of_classes(subject: Subject) -> Asked:
    arrays = subject.load()
    x = arrays["x"][:SEARCHED]
    y = arrays["y"][:SEARCHED] if "y" in arrays else np.full(len(x), UNLABELLED)
    chosen = choose(QUERIES, len(x), y)
    itself = chosen[:, None] == np.arange(len(x))
    right = (y[chosen][:, None] == y) & (y >= 0)
    return Asked(x[chosen], x, right, itself)
