"""Detection: how well a number says which of some examples are the sought ones."""

import numpy as np

from reprlearn.errors import UsageError


def average_precision(
    values: np.ndarray, sought: np.ndarray, *, weights: np.ndarray | None = None
) -> float:
    """The precision at each sought example, going from the largest value down, on average.

    .. math:: AP = \\sum_t (R_t - R_{t-1}) P_t

    over the distinct values t: P_t is the share of the sought among those with a value of at least
    t, R_t the share of all the sought that are among them.

    Args:
      values: `[N]`, finite, large where an example is thought to be sought.
      sought: `[N]`, bool or 0 and 1, at least one of each.
      weights: `[N]`, how often each example counts, integers of at least 0; None: once.

    Returns:
      in (0, 1]; of values that say nothing about the share of the sought.

    Raises:
      UsageError: the shapes differ, a value is not finite, or one kind is missing.

    References:
      Davis & Goadrich 2006, *The Relationship Between Precision-Recall and ROC Curves*.

    >>> average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    0.8333333333333333
    """
    values, sought = np.asarray(values, np.float64), np.asarray(sought).astype(bool)
    if values.ndim != 1 or values.shape != sought.shape or not np.isfinite(values).all():
        raise UsageError(
            f"values has shape {values.shape}, sought {sought.shape}; allowed: [N] both, finite"
        )
    counts = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    if not (counts[sought].any() and counts[~sought].any()):
        raise UsageError("sought holds one kind of example; allowed: at least one of each")
    order = np.argsort(-values, kind="stable")
    values, found, counts = values[order], sought[order], counts[order]
    ends = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)  # equal values come together
    right, all_ = np.cumsum(counts * found)[ends], np.cumsum(counts)[ends]
    gained = np.diff(right, prepend=0.0)
    return float((gained * right / np.maximum(all_, 1.0)).sum() / right[-1])
