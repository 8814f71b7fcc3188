"""Weights of examples by their class and by their group, which some methods take."""

from collections.abc import Mapping

import numpy as np

from reprlearn.columns import UNLABELLED
from reprlearn.roles import Takes

Arrays = Mapping[str, np.ndarray]


def weighted(arrays: Arrays, takes: Takes) -> Arrays:
    """The arrays of a training split, and the weights `[N]` that a method takes, of mean 1.

    The mean is over the examples whose class is known; others have weight 0.
    """
    y, s = arrays.get("y"), arrays.get("s")
    made = {role: weights(y, s) for role, weights in WEIGHTS.items() if role in takes.columns}
    return {**arrays, **made}


def reweighing(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Weights under which the class does not depend on the group.

    .. math:: w_i = \\frac{P(s_i) P(y_i)}{P(s_i, y_i)}

    Args:
      y: classes, int `[N]`; one that is not known has weight 0.
      s: groups, int `[N]`.

    References:
      Kamiran & Calders 2012, *Data Preprocessing Techniques for Classification without
      Discrimination*, section 5.2.

    >>> reweighing(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])).tolist()
    [0.75, 0.75, 1.5, 0.5]
    """
    known = y != UNLABELLED
    counts = _counts(y[known], s[known])
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    return _of_cells(expected, counts, y, s)


def balanced_groups(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Weights under which all groups are of one size, N / (G n_s); 0 where no class is known."""
    return balanced_groups_of_class(np.where(y == UNLABELLED, UNLABELLED, 0), s)


def balanced_groups_of_class(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Weights under which all groups are of one size among the examples of each class.

    .. math:: w_i = \\frac{n_{y_i}}{G_{y_i} n_{s_i, y_i}}

    with the number G of groups that have examples of the class.

    >>> balanced_groups_of_class(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])).tolist()
    [0.75, 0.75, 1.5, 1.0]
    """
    known = y != UNLABELLED
    counts = _counts(y[known], s[known])
    present = (counts > 0).sum(axis=1, keepdims=True)
    expected = counts.sum(axis=1, keepdims=True) / np.maximum(present, 1)
    return _of_cells(np.broadcast_to(expected, counts.shape), counts, y, s)


# By role: (y, s) -> weights.
WEIGHTS = {
    "y_weight": reweighing,
    "s_weight": balanced_groups,
    "s_weight_of_class": balanced_groups_of_class,
}


def _counts(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """How many examples there are, `[classes, groups]`."""
    counts = np.zeros((y.max(initial=0) + 1, s.max(initial=0) + 1))
    np.add.at(counts, (y, s), 1)
    return counts


def _of_cells(expected: np.ndarray, counts: np.ndarray, y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Of each example expected / counts of its class and group; 0 where its class is not known."""
    ratio = np.divide(expected, counts, out=np.zeros(counts.shape), where=counts > 0)
    found = np.zeros(len(y), np.float32)
    known = y != UNLABELLED
    found[known] = ratio[y[known], s[known]]
    return found
