"""The class that the nearest neighbours vote for."""

import numpy as np

from reprlearn.errors import UsageError, check_size


def vote(neighbours: np.ndarray, k: int) -> np.ndarray:
    """The class that most of the k nearest have; of equally frequent ones that of the nearer one.

    Args:
      neighbours: the classes of each query's neighbours, nearest first, `[Q, K]`, integers >= 0.
      k: how many vote, at most K.

    Returns:
      `[Q]`, classes.

    Raises:
      UsageError: the shape is another, or k is above K.

    References:
      Cover & Hart 1967, *Nearest Neighbor Pattern Classification*.

    >>> vote(np.array([[2, 0, 0], [2, 0, 1]]), k=3).tolist()
    [0, 2]
    """
    neighbours = np.asarray(neighbours)
    check_size("k", k)
    if neighbours.ndim != 2 or k > neighbours.shape[1]:
        raise UsageError(
            f"neighbours has shape {neighbours.shape}; allowed: [Q, K], K at least {k}"
        )
    seen = neighbours[:, :k]
    votes = (seen[:, :, None] == seen[:, None, :]).sum(axis=2)  # [Q, k]: those of each one's class
    most = votes.argmax(axis=1)  # the first of them, so the nearest
    return seen[np.arange(len(seen)), most]
