"""The geometry of a representation: are similar examples close, and is all of the space used?"""

import numpy as np

from reprlearn.errors import UsageError, check_size
from reprlearn.evaluation.distances import labelled, vectors

BLOCK = 2_048  # rows whose distances to all others are held at a time


def distance_ratio(rows: np.ndarray, labels: np.ndarray) -> float:
    """How far apart examples of one class are, as a share of how far those of two classes are.

    .. math:: \\sqrt{ E[d_{ij}^2 \\mid y_i = y_j] / E[d_{ij}^2 \\mid y_i \\ne y_j] }, \\qquad
              d_{ij} = \\|x_i - x_j\\|

    over all pairs of different examples: below 1 where similar ones are closer, 1 where all are one
    point. It knows neither the origin nor the scale.

    Args:
      rows: `[N, D]`, finite.
      labels: `[N]`; at least two classes, one of them of two examples.

    Raises:
      UsageError: the shapes do not fit, or there is no pair of either kind.

    >>> round(distance_ratio(np.array([[0.0], [1.0], [4.0]]), np.array([0, 0, 1])), 4)
    0.2828
    """
    rows, labels = labelled("rows", rows, "labels", labels)
    centred, count = rows - rows.mean(axis=0), len(rows)
    within, pairs = _same_class(centred, labels)
    between = 2 * count * np.square(centred).sum() - within
    if between <= 0.0:
        return 1.0
    return float(np.sqrt((within / pairs) / (between / (count * (count - 1) - pairs))))


def alignment(rows: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance of two examples of one class, on the unit sphere: 0 to 4.

    Args:
      rows: `[N, D]`, finite; each is brought to length 1, and a row of zeros stays.
      labels: `[N]`, as in `distance_ratio`.

    References:
      Wang & Isola 2020, *Understanding Contrastive Representation Learning through Alignment and
      Uniformity on the Hypersphere*, with alpha = 2.
    """
    rows, labels = labelled("rows", rows, "labels", labels)
    squared, pairs = _same_class(_unit(rows), labels)
    return float(squared / pairs)


def uniformity(rows: np.ndarray) -> float:
    """How evenly examples lie on the unit sphere: the lower the more evenly, from 0 down.

    .. math:: \\log E[\\exp(-2 \\|x_i - x_j\\|^2)]   (all pairs of different examples)

    Args:
      rows: `[N, D]`, finite, N at least 2; each is brought to length 1.

    References:
      Wang & Isola 2020, with t = 2; 0 where all examples are one point.
    """
    rows = _unit(vectors("rows", rows))
    if len(rows) < 2:
        raise UsageError(f"rows has shape {rows.shape}; allowed: at least two rows")
    squares, total = np.square(rows).sum(axis=1), 0.0
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        squared = squares[part, None] + squares[None] - 2 * rows[part] @ rows.T
        total += np.exp(-2 * np.maximum(squared, 0.0)).sum()
    pairs = len(rows) * (len(rows) - 1)
    return float(np.log((total - len(rows)) / pairs)) if total > len(rows) else float("-inf")


def effective_rank(rows: np.ndarray) -> float:
    """How many dimensions the rows fill: from 1, a line, to D, all of them alike.

    .. math:: \\exp\\Big(-\\sum_i p_i \\log p_i\\Big), \\qquad p_i = \\sigma_i / \\sum_j \\sigma_j

    with the singular values of the centred rows; 0 where all rows are one point.

    Args:
      rows: `[N, D]`, finite.

    References:
      Roy & Vetterli 2007, *The Effective Rank*, eq. 4.
    """
    rows = vectors("rows", rows)
    values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    if values[0] <= len(rows) * np.finfo(np.float64).eps * max(1.0, np.abs(rows).max()):
        return 0.0
    shares = values / values.sum()
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def dead_dimensions(rows: np.ndarray, share: float = 0.01) -> int:
    """How many dimensions hardly vary: with less than `share` of the largest standard deviation."""
    spread = vectors("rows", rows).std(axis=0)
    return int((spread <= share * spread.max()).sum())


def map_quality(rows: np.ndarray, points: np.ndarray, *, neighbours: int = 12) -> dict[str, float]:
    """Whether a map keeps neighbourhoods: trustworthiness and continuity, each 1 at best.

    Trustworthiness falls with points that are near on the map and far in the data, continuity with
    those that are near in the data and far on the map.

    Args:
      rows: of the data, `[N, D]`, finite.
      points: on the map, `[N, P]`.
      neighbours: how many make a neighbourhood; below N / 2.

    References:
      Venna & Kaski 2001, *Neighborhood Preservation in Nonlinear Projection Methods*.
    """
    from sklearn.manifold import trustworthiness  # takes a second to load

    rows, points = vectors("rows", rows), vectors("points", points)
    check_size("neighbours", neighbours)
    if len(points) != len(rows) or neighbours >= len(rows) / 2:
        raise UsageError(
            f"rows has shape {rows.shape} and points {points.shape}; allowed: as many, and more "
            f"than {2 * neighbours}, twice the neighbours"
        )
    return {
        "trustworthiness": float(trustworthiness(rows, points, n_neighbors=neighbours)),
        "continuity": float(trustworthiness(points, rows, n_neighbors=neighbours)),
    }


def _same_class(rows: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
    """The sum of squared distances over ordered pairs of one class, and how many they are."""
    classes, y = np.unique(labels, return_inverse=True)
    counts = np.bincount(y)
    means = np.zeros((len(classes), rows.shape[1]))
    np.add.at(means, y, rows)
    means /= counts[:, None]
    # Of one class 2 n times the squared distances from its own mean: nothing cancels.
    from_mean = np.bincount(y, np.square(rows - means[y]).sum(axis=1))
    pairs = int((counts * (counts - 1)).sum())
    if len(classes) < 2 or not pairs:
        raise UsageError("labels has no pair of one class, or none of two; allowed: both kinds")
    return float((2 * counts * from_mean).sum()), pairs


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)
