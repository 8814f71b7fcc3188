"""Euclidean distances of rows: exact ones of chosen pairs, and embeddings that can have them."""

import numpy as np

from reprlearn.errors import UsageError

BLOCK_VALUES = 2**20  # of float64 that are held at a time: 8 MiB
LARGEST = 1e150  # of an embedding's numbers: their squares stay inside float64


def vectors(field: str, value: np.ndarray, *, narrow: bool = False) -> np.ndarray:
    """Embeddings `[N, D]` as float64, checked; `field` is the name of the argument.

    If `narrow`, float32 stays as it is, for those who take differences in float64: of a million
    rows another copy takes as long as half a search.

    Raises:
      UsageError: the shape is another, or a number is not finite or above 1e150.
    """
    value = np.asarray(value)
    if not narrow or value.dtype != np.float32:
        value = value.astype(np.float64, copy=False)
    if value.ndim != 2 or not value.size:
        raise UsageError(f"{field} has shape {value.shape}; allowed: [N, D], not empty")
    largest = float(max(value.max(), -value.min()))
    if not np.isfinite(largest):  # so is what holds NaN
        raise UsageError(f"{field} is not finite; allowed: finite numbers")
    if largest > LARGEST:
        raise UsageError(f"{field} holds numbers above {LARGEST}; allowed: up to {LARGEST}")
    return value


def labelled(
    field: str, embeddings: np.ndarray, label_field: str, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings `[N, D]`, as float64, and labels `[N]`, checked."""
    embeddings, labels = vectors(field, embeddings), np.asarray(labels)
    if labels.shape != embeddings.shape[:1]:
        shape = embeddings.shape[:1]
        raise UsageError(f"{label_field} has shape {labels.shape}; allowed: {shape}")
    return embeddings, labels


def squared_distances(
    left: np.ndarray, left_rows: np.ndarray, right: np.ndarray, right_rows: np.ndarray
) -> np.ndarray:
    """Squared Euclidean distances of pairs of rows, from their differences.

    .. math:: d_p^2 = \\sum_j (x_{l_p j} - y_{r_p j})^2

    in float64, so equal rows are at distance 0 and a far origin costs no digits, as it would cost
    them in |x|^2 - 2 x y + |y|^2.

    Args:
      left: x, `[N, D]`.
      left_rows: l, `[P]`, integers in [0, N).
      right: y, `[M, D]`.
      right_rows: r, `[P]`, integers in [0, M).

    Returns:
      `[P]`, float64.
    """
    squared = np.empty(len(left_rows))
    size = max(1, BLOCK_VALUES // max(1, left.shape[1]))
    for start in range(0, len(left_rows), size):
        block = slice(start, start + size)
        difference = left[left_rows[block]].astype(np.float64) - right[right_rows[block]]
        squared[block] = np.square(difference).sum(axis=1)
    return squared


def middle(gallery: np.ndarray) -> np.ndarray:
    """A point `[D]` amid the rows of `[N, D]`: products of what is centred on it cancel least.

    Distance knows no origin. A median is on the grid that the data are on, or halves it, so
    integers stay exact; of many rows a thousand say enough.
    """
    return np.median(gallery[:: -(-len(gallery) // 1_000)].astype(np.float64), axis=0)
