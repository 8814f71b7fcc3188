"""Verification: are two examples similar? A pair is accepted where distance <= threshold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError
from reprlearn.evaluation.distances import squared_distances, vectors


class Roc(NamedTuple):
    """One point for each distinct distance, after the point (0, 0) at which no pair is accepted."""

    false_accept_rate: np.ndarray
    true_accept_rate: np.ndarray
    thresholds: np.ndarray


class ErrorRates(NamedTuple):
    """Rates of one set of pairs, which are sorted once for all of them.

    Attributes:
      auc: see `auc`.
      eer: see `equal_error_rate`.
      fnmr: of each false match rate that was asked for, see `false_non_match_rate`.
    """

    auc: float
    eer: float
    fnmr: tuple[float, ...] = ()


def roc(distances: np.ndarray, similar: np.ndarray) -> Roc:
    """Shares of dissimilar and of similar pairs that are accepted, as the threshold rises.

    .. math:: FAR(t) = P(d \\le t \\mid dissimilar), \\qquad TAR(t) = P(d \\le t \\mid similar)

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.

    Returns:
      Three arrays `[K + 1]`, for K distinct distances: from (0, 0), at threshold -inf, to (1, 1).

    Raises:
      UsageError: the shapes differ, a distance is not finite, or one kind of pair is missing.

    References:
      Fawcett 2006, *An Introduction to ROC Analysis*, algorithm 1.
    """
    false, true, thresholds = _accepted(distances, similar)
    return Roc(false / false[-1], true / true[-1], thresholds)


def auc(distances: np.ndarray, similar: np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """Area under the ROC curve: how often a similar pair is nearer than a dissimilar one.

    .. math:: P(d_s < d_n) + \\tfrac12 P(d_s = d_n)

    for a similar pair s and a dissimilar pair n drawn at random; the Mann-Whitney statistic.

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.
      weights: `[P]`, how often each pair counts, integers of at least 0; None: once.

    Returns:
      in [0, 1]; 0.5 for distances that say nothing.

    Raises:
      UsageError: as for `roc`.

    References:
      Hanley & McNeil 1982, *The Meaning and Use of the Area under a ROC Curve*.
    """
    return error_rates(distances, similar, weights=weights).auc


def equal_error_rate(
    distances: np.ndarray, similar: np.ndarray, *, weights: np.ndarray | None = None
) -> float:
    """Rate at which as many dissimilar pairs are accepted as similar ones are rejected.

    .. math:: FAR(t) = 1 - TAR(t)

    Between two points of the ROC curve the rates are interpolated linearly.

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.
      weights: `[P]`, how often each pair counts, integers of at least 0; None: once.

    Returns:
      in [0, 1]; 0 where a threshold parts the two kinds.

    Raises:
      UsageError: as for `roc`.
    """
    return error_rates(distances, similar, weights=weights).eer


def false_non_match_rate(
    distances: np.ndarray,
    similar: np.ndarray,
    false_match_rate: float,
    *,
    weights: np.ndarray | None = None,
) -> float:
    """Share of similar pairs that are rejected where hardly a dissimilar one is accepted.

    .. math:: FNMR@r = \\min \\{ 1 - TAR(t) : FAR(t) \\le r \\}

    Of n dissimilar pairs a rate below 1 / n lets none of them pass: it says little of few pairs.

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.
      false_match_rate: r, from 0 to 1.
      weights: `[P]`, how often each pair counts, integers of at least 0; None: once.

    Returns:
      in [0, 1]; 0 where a threshold parts the two kinds.

    Raises:
      UsageError: as for `roc`, or a rate outside [0, 1].

    References:
      ISO/IEC 19795-1, *Biometric Performance Testing and Reporting*.

    >>> far = np.arange(5.0, 105.0)  # 100 dissimilar pairs at 5, 6, ...; 4 similar ones
    >>> pairs = np.concatenate([[1.0, 4.0, 5.5, 9.0], far]), np.arange(104) < 4
    >>> false_non_match_rate(*pairs, 0.01)  # up to 5.5 one of 100 is accepted
    0.25
    """
    rates = error_rates(distances, similar, false_match_rates=(false_match_rate,), weights=weights)
    return rates.fnmr[0]


def error_rates(
    distances: np.ndarray,
    similar: np.ndarray,
    *,
    false_match_rates: Sequence[float] = (),
    weights: np.ndarray | None = None,
) -> ErrorRates:
    """`auc`, `equal_error_rate`, and `false_non_match_rate` at each of some false match rates."""
    for rate in false_match_rates:
        if not 0 <= rate <= 1:
            raise UsageError(f"false_match_rate is {rate}; allowed: from 0 to 1")
    false, true, _ = _accepted(distances, similar, weights)
    dissimilar, likes = false[-1], true[-1]
    twice_area = (np.diff(false) * (true[1:] + true[:-1])).sum()  # of integers: exact
    # FAR - (1 - TAR) over a common denominator rises from -1 to 1, in every step by more than 0.
    excess = false * likes + true * dissimilar - dissimilar * likes
    after = int(np.argmax(excess >= 0))
    share = -excess[after - 1] / (excess[after] - excess[after - 1])
    equal = (false[after - 1] + share * (false[after] - false[after - 1])) / dissimilar
    # Of 0.07 * 100 rounding makes a little more than 7, of 0.29 * 100 a little less than 29.
    allowed = [np.floor(rate * dissimilar * (1 + 1e-12)) for rate in false_match_rates]
    last = [int(np.searchsorted(false, count, side="right")) - 1 for count in allowed]
    fnmr = tuple(float((likes - true[place]) / likes) for place in last)
    return ErrorRates(float(twice_area / (2 * dissimilar * likes)), float(equal), fnmr)


def best_threshold(distances: np.ndarray, similar: np.ndarray) -> float:
    """Threshold of the greatest balanced accuracy, halfway between two neighbouring distances.

    Of equally good ones it is the lowest. Where all would do worse than chance it is the greatest
    distance, at which every pair is accepted. Choose it on other pairs than those it is scored on.

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.

    Returns:
      a threshold for `balanced_accuracy`.

    Raises:
      UsageError: as for `roc`.
    """
    false, true, thresholds = _accepted(distances, similar)
    gain = true * false[-1] - false * true[-1]  # TAR - FAR over a common denominator: exact
    best = 1 + int(np.argmax(gain[1:]))
    lower, upper = thresholds[best], thresholds[min(best + 1, len(thresholds) - 1)]
    middle = lower / 2 + upper / 2
    # Between two neighbouring floats there is no room: rounding must not accept the upper one.
    return float(middle if lower <= middle < upper else lower)


def balanced_accuracy(distances: np.ndarray, similar: np.ndarray, threshold: float) -> float:
    """Mean of the share of similar pairs accepted and the share of dissimilar pairs rejected.

    .. math:: \\tfrac12 (TAR(t) + 1 - FAR(t))

    Args:
      distances: `[P]`, finite.
      similar: `[P]`, bool or 0 and 1, at least one of each.
      threshold: t; a pair is accepted where distance <= t.

    Returns:
      in [0, 1].

    Raises:
      UsageError: as for `roc`, or the threshold is NaN.

    References:
      Brodersen et al. 2010, *The Balanced Accuracy and Its Posterior Distribution*.
    """
    distances, similar = _pairs(distances, similar)
    if np.isnan(threshold):
        raise UsageError(f"threshold is {threshold}; allowed: a number")
    accepted = distances <= threshold
    return float((accepted[similar].mean() + (~accepted[~similar]).mean()) / 2)


def pair_distances(
    embeddings: np.ndarray, left: np.ndarray, right: np.ndarray, others: np.ndarray | None = None
) -> np.ndarray:
    """Euclidean distances of pairs of rows, named by their indices.

    .. math:: d_p = \\|z_{l_p} - z'_{r_p}\\|_2

    Args:
      embeddings: z, `[N, D]`, finite.
      left: `[P]`, integers in [0, N).
      right: `[P]`, integers in [0, M).
      others: those of the right ones, `[M, D]`, finite; None: the same.

    Returns:
      `[P]`, float64.

    Raises:
      UsageError: an embedding is not finite, the shapes do not fit, or an index names no row.
    """
    embeddings, left, right = vectors("embeddings", embeddings), np.asarray(left), np.asarray(right)
    others = embeddings if others is None else vectors("others", others)
    if embeddings.shape[1] != others.shape[1]:
        raise UsageError(f"others has shape {others.shape}; allowed: [M, {embeddings.shape[1]}]")
    _check_rows("left", left, len(embeddings))
    _check_rows("right", right, len(others))
    if left.shape != right.shape:
        raise UsageError(f"right has shape {right.shape}; allowed: {left.shape}, as left has")
    return np.sqrt(squared_distances(embeddings, left, others, right))


def _check_rows(field: str, rows: np.ndarray, count: int) -> None:
    """Refuses anything but `[P]` integers in [0, count)."""
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise UsageError(f"{field} is {rows.dtype} of shape {rows.shape}; allowed: [P] integers")
    outside = rows[(rows < 0) | (rows >= count)]
    if outside.size:
        raise UsageError(f"{field} holds {outside[0]}; allowed: integers from 0 to {count - 1}")


def _pairs(distances: np.ndarray, similar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both arguments checked: distances as float64, similar as bool."""
    distances, similar = np.asarray(distances, np.float64), np.asarray(similar)
    if distances.ndim != 1:
        raise UsageError(f"distances has shape {distances.shape}; allowed: [P]")
    if similar.shape != distances.shape:
        raise UsageError(f"similar has shape {similar.shape}; allowed: {distances.shape}")
    wrong = distances[~np.isfinite(distances)]
    if wrong.size:
        raise UsageError(f"distances holds {wrong[0]}; allowed: finite numbers")
    wrong = similar[:0] if similar.dtype == bool else similar[~np.isin(similar, (0, 1))]
    if wrong.size:
        raise UsageError(f"similar holds {wrong[0].item()!r}; allowed: True and False, or 1 and 0")
    similar = similar.astype(bool)
    if similar.all() or not similar.any():
        counts = f"{similar.sum()} similar and {(~similar).sum()} dissimilar pairs"
        raise UsageError(f"similar is {counts}; allowed: at least one of each")
    return distances, similar


def _accepted(
    distances: np.ndarray, similar: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many dissimilar and similar pairs each threshold accepts: int64, and the thresholds."""
    distances, similar = _pairs(distances, similar)
    weights = np.ones(len(distances), np.int64) if weights is None else np.asarray(weights)
    if weights.shape != distances.shape or weights.dtype.kind not in "iu" or (weights < 0).any():
        raise UsageError(f"weights is {weights.dtype} of shape {weights.shape}; allowed: counts")
    if not (weights[similar].any() and weights[~similar].any()):
        raise UsageError("weights is 0 of all pairs of a kind; allowed: one of each that counts")
    order = np.argsort(distances, kind="stable")
    distances, similar, weights = distances[order], similar[order], weights[order]
    # Pairs at one distance are accepted together: only the last of them makes a point.
    last = np.flatnonzero(np.append(distances[1:] != distances[:-1], True))
    true = np.cumsum(similar * weights, dtype=np.int64)[last]
    false = np.cumsum(~similar * weights, dtype=np.int64)[last]
    return np.append(0, false), np.append(0, true), np.append(-np.inf, distances[last])
