"""Few shots: classes known by one or five examples each, the others told by the nearest class.

A class is the mean of its examples' codes. On a data set whose test classes are not those of
training, such as glyphs, it is recognition of what was never learned.
"""

from typing import Any

import numpy as np
from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.subject import Group, Needs, Subject, by_training

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "is a class recognised by one or five examples of it? accuracy"
SHOTS = (1, 5)  # examples of each class
DRAWS = 5  # of these examples, over which the mean is taken
METRICS = {
    f"accuracy_{shots}": Metric(
        f"share of the other examples that are told by {shots} of each class", "higher"
    )
    for shots in SHOTS
}


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a split without two classes of at least two examples."""
    for arrays in by_training(load(split), config.data.classes).values():
        if len(_classes(arrays["y"], 1)) < 2:
            raise UsageError(
                f"the {split} split has fewer than two classes of two examples; allowed: two"
            )


def measure(subject: Subject) -> Measured:
    """The mean accuracy over draws, by space; the same examples are known in each.

    No intervals: each example is known in some draws, so they are not independent.
    """
    values: dict[str, float] = {}
    for prefix, group in subject.groups().items():
        for shots in SHOTS:
            if len(_classes(group.y, shots)) < 2:
                continue
            known = [_known(group, shots, draw) for draw in range(DRAWS)]
            for space in group.spaces:
                found = [accuracy(group.rows(space), group.y, chosen) for chosen in known]
                values[f"few_shot/{called(prefix, space)}accuracy_{shots}"] = float(np.mean(found))
    return Measured(values)


def _classes(y: np.ndarray, shots: int) -> np.ndarray:
    """The classes that have more examples than are known."""
    labels, counts = np.unique(y, return_counts=True)
    return labels[counts > shots]


def _known(group: Group, shots: int, draw: int) -> np.ndarray:
    """The places of the known examples, `[classes, shots]`."""
    rng = np.random.default_rng([draw, shots])
    of_each = [np.flatnonzero(group.y == label) for label in _classes(group.y, shots)]
    return np.stack([rng.permutation(places)[:shots] for places in of_each])


def accuracy(rows: np.ndarray, y: np.ndarray, known: np.ndarray) -> float:
    """How many of the other examples of some classes are told, by the nearest mean.

    Args:
      rows: codes, `[N, D]`.
      y: `[N]`.
      known: places of examples, `[classes, shots]`; those of a row are of one class.
    """
    labels = y[known[:, 0]]
    asked = np.setdiff1d(np.flatnonzero(np.isin(y, labels)), known)
    means = rows[known].astype(np.float64).mean(axis=1)
    nearest, _ = evaluation.nearest(rows[asked].astype(np.float64), means, k=1)
    return float((labels[nearest[:, 0]] == y[asked]).mean())
