"""k-nearest-neighbour classification: training examples vote for the class of test examples.

k is chosen on the validation split, in each space.
"""

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import Fitted, check, fitted
from reprlearn.subject import Needs, Subject

__all__ = ["METRICS", "NEEDS", "QUESTION", "check", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "do the nearest training examples tell the class? accuracy, k chosen on validation"
METRICS = {"accuracy": Metric("share of examples whose neighbours vote for their class", "higher")}
CHOICES, UNCHOSEN = (1, 3, 5, 10, 20, 50), 5  # of k


def measure(subject: Subject) -> Measured:
    """Whether each example is right, in each space; and k."""
    values, arrays = {}, {}
    for group in fitted(subject):
        for space in group.test.spaces:
            k, right = _classified(group, space)
            values[f"knn/{called(group.prefix, space)}accuracy"] = right
            arrays[f"{group.prefix}{space}_k"] = np.array(k)
    return Measured(values, arrays)


def _classified(group: Fitted, space: str) -> tuple[int, np.ndarray]:
    """The chosen k, and whether it gives the class of each example to judge on."""
    gallery, labels = group.train.rows(space), group.train.y
    choices = [k for k in CHOICES if k <= len(gallery)]

    def right(examples, ks):
        places, _ = evaluation.nearest(examples.rows(space), gallery, k=max(ks))
        return [evaluation.vote(labels[places], k) == examples.y for k in ks]

    k = min(UNCHOSEN, choices[-1])
    if group.validation is not None:
        shares = [found.mean() for found in right(group.validation, choices)]
        k = choices[int(np.argmax(shares))]
    return k, right(group.test, [k])[0]
