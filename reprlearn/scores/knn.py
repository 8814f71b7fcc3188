"""k-nearest-neighbour classification: training examples vote for the class of test examples.

"knn/accuracy" is of the learned distance, "/accuracy_low" and "_high" its 95% interval over the
test examples; with "pca_", "pixels_" and "untrained_" of these spaces; with "unseen_" among classes
that were not trained on. k is chosen on the validation split, in each space.
"""

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import Measured
from reprlearn.scores.base import Fitted, accuracy, check, fitted
from reprlearn.subject import Needs, Subject, called

__all__ = ["NEEDS", "QUESTION", "check", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "do the nearest training examples tell the class? accuracy, k chosen on validation"
CHOICES, UNCHOSEN = (1, 3, 5, 10, 20, 50), 5  # of k


def measure(subject: Subject) -> Measured:
    """The accuracy in each space; whether each example is right, and k."""
    values, arrays = {}, {}
    for group in fitted(subject):
        for space in group.test.spaces:
            k, right = _classified(group, space)
            name = f"knn/{called(group.prefix, space)}"
            values |= accuracy(f"{name}accuracy", right)
            role = f"{group.prefix}{space}"
            arrays |= {role: right, f"{role}_k": np.array(k)}
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
