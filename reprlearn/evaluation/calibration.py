"""Calibration: whether what is said to be likely comes as often as it is said."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from reprlearn.errors import UsageError, check_size


class Sigmoid(NamedTuple):
    """What turns a score into a probability: sigma(offset - slope * score)."""

    slope: float
    offset: float

    def probability(self, scores: np.ndarray, prior: float = 0.5) -> np.ndarray:
        """Of each score `[N]` the probability `[N]` of the event, which falls as scores rise.

        Args:
          scores: such as distances.
          prior: how often the event comes where it is asked for; it was fitted at one half.
        """
        if not 0 < prior < 1:
            raise UsageError(f"prior is {prior}; allowed: above 0 and below 1")
        shift = np.log(prior) - np.log1p(-prior)
        return expit(self.offset - self.slope * np.asarray(scores, np.float64) + shift)


def platt(scores: np.ndarray, happened: np.ndarray) -> Sigmoid:
    """The sigmoid of scores that makes what happened most likely.

    .. math:: p_i = \\sigma(b - a s_i), \\qquad
              \\max_{a, b} \\sum_i w_i \\left( t_i \\log p_i + (1 - t_i) \\log(1 - p_i) \\right)

    with t = (n + 1) / (n + 2) of n events and 1 / (m + 2) of m others, so that scores that part the
    two give no certainty; the weights w let events count as much as others.

    Args:
      scores: s, `[N]`, finite; an event is the likelier, the lower its score.
      happened: `[N]`, bool, some of each.

    Raises:
      UsageError: the shapes differ, a score is not finite, or one kind is missing.

    References:
      Platt 1999, *Probabilistic Outputs for Support Vector Machines*, section 2.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to load

    s, happened = np.asarray(scores, np.float64), np.asarray(happened)
    if s.ndim != 1 or happened.shape != s.shape or happened.dtype != bool:
        raise UsageError(
            f"scores has shape {s.shape}; allowed: [N], as happened has, which is bool"
        )
    if not np.isfinite(s).all() or happened.all() or not happened.any():
        raise UsageError("scores are not finite, or of one kind; allowed: finite, some of each")
    events, others = happened.sum(), (~happened).sum()
    target = np.where(happened, (events + 1) / (events + 2), 1 / (others + 2))
    weight = np.where(happened, 0.5 / events, 0.5 / others)
    middle, scale = s.mean(), s.std() or 1.0
    x = np.tile((s - middle) / scale, 2)[:, None]
    outcomes = np.repeat([1, 0], len(s))  # each is so much of an event, and so much of none
    weights = np.concatenate([weight * target, weight * (1 - target)]) * 2 * len(s)
    fit = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1_000).fit(x, outcomes, weights)
    slope = float(fit.coef_[0, 0]) / scale
    return Sigmoid(-slope, float(fit.intercept_[0]) - slope * float(middle))


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
    return _binned(p.max(axis=1), p.argmax(axis=1) == y, bins)


def event_reliability(
    probabilities: np.ndarray, happened: np.ndarray, *, bins: int = 15
) -> Reliability:
    """What is said of an event, and how often it comes.

    Args:
      probabilities: of the event, `[N]`.
      happened: `[N]`, bool.
      bins: see `reliability`.

    Returns:
      `confidence` is the mean probability of a bin, `accuracy` the share that happened.

    Raises:
      UsageError: the shapes differ, or a probability is none.
    """
    p, happened = np.asarray(probabilities, np.float64), np.asarray(happened)
    if p.ndim != 1 or not p.size or happened.shape != p.shape or happened.dtype != bool:
        raise UsageError(
            f"probabilities has shape {p.shape}, happened is {happened.dtype} of shape "
            f"{happened.shape}; allowed: [N], and bool [N]"
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise UsageError("probabilities are not all from 0 to 1; allowed: probabilities")
    return _binned(p, happened, bins)


def _binned(confidence: np.ndarray, right: np.ndarray, bins: int) -> Reliability:
    """Both `[N]`, the second bool, by bins of the first."""
    check_size("bins", bins)
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
    return gap(reliability(probabilities, labels, bins=bins))


def gap(found: Reliability) -> float:
    """The mean over the examples of |accuracy - confidence| of their bins."""
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
