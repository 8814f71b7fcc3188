"""Calibration: whether a classifier is right as often as it says."""

from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size


class Reliability(NamedTuple):
    """Examples in bins of equal width of the largest probability.

    Attributes:
      count: of each bin, `[M]`, integers.
      confidence: the mean of the largest probability, `[M]`; NaN in an empty bin.
      accuracy: the share whose largest probability is their class's, `[M]`; NaN in an empty bin.
    """

    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> Reliability:
    """What a classifier says of its largest class, and how often it is right.

    Args:
      probabilities: p, `[N, C]`, of each class.
      labels: y, `[N]`, integers from 0 to C - 1.
      bins: M, ((m - 1) / M, m / M] each.

    Raises:
      UsageError: the shapes do not fit, a label is no class, or rows do not sum to 1.

    References:
      Guo et al. 2017, *On Calibration of Modern Neural Networks*, section 2.
    """
    p, y = _checked(probabilities, labels)
    check_size("bins", bins)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    # Of 0.3 * 10 rounding makes a little more than 3: the upper edge belongs to its bin.
    places = np.clip(np.ceil(confidence * bins - 1e-9).astype(int) - 1, 0, bins - 1)
    count = np.bincount(places, minlength=bins)
    sums = (np.bincount(places, weights, bins) for weights in (confidence, right))
    filled = np.where(count > 0, count, np.nan)
    return Reliability(count, *(total / filled for total in sums))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> float:
    """The expected calibration error.

    .. math:: ECE = \\sum_{m=1}^M \\frac{|B_m|}{N} |acc(B_m) - conf(B_m)|

    Of a few examples it is too large: even a perfect classifier's bins are not right exactly.

    Args:
      probabilities, labels, bins: see `reliability`.

    Returns:
      in [0, 1]; 0 where each bin is right as often as it says.

    Raises:
      UsageError: as for `reliability`.

    References:
      Guo et al. 2017, *On Calibration of Modern Neural Networks*, eq. 3.

    >>> p = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    >>> round(calibration_error(p, np.array([0, 1, 1])), 3)  # (2 |.5 - .9| + |1 - .8|) / 3
    0.333
    """
    found = reliability(probabilities, labels, bins=bins)
    gaps = np.abs(found.accuracy - found.confidence)
    return float(np.nansum(gaps * found.count) / found.count.sum())


def brier(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The Brier score of each example.

    .. math:: \\sum_c (p_c - [y = c])^2

    Args:
      probabilities, labels: see `reliability`.

    Returns:
      `[N]`, in [0, 2]; 0 where all is said of the class.

    Raises:
      UsageError: as for `reliability`.

    References:
      Brier 1950, *Verification of Forecasts Expressed in Terms of Probability*, eq. 2.
    """
    p, y = _checked(probabilities, labels)
    return np.square(p - np.eye(p.shape[1])[y]).sum(axis=1)


def confusion(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """How many examples of each class are taken for each: `[C, C]`, rows the true class.

    Args:
      predicted: `[N]`, integers from 0 to C - 1.
      labels: `[N]`, the same.
      classes: C.
    """
    found = np.zeros((classes, classes), np.int64)
    np.add.at(found, (np.asarray(labels), np.asarray(predicted)), 1)
    return found


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(probabilities, np.float64), np.asarray(labels)
    if p.ndim != 2 or not p.size or y.shape != p.shape[:1]:
        raise UsageError(
            f"probabilities has shape {p.shape} and labels {y.shape}; allowed: [N, C] and [N]"
        )
    if not np.allclose(p.sum(axis=1), 1.0, atol=1e-5) or not (p >= 0).all():
        raise UsageError("probabilities do not sum to 1 in every row; allowed: probabilities")
    if y.dtype.kind not in "iu" or not ((y >= 0) & (y < p.shape[1])).all():
        raise UsageError(f"labels are not all classes; allowed: from 0 to {p.shape[1] - 1}")
    return p, y
