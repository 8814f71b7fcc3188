"""Bootstrap intervals: how far a number may be off, because the test examples are a sample."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size

AT_ONCE = 2**22  # places that are drawn at a time


class Interval(NamedTuple):
    """The ends of an interval."""

    low: float
    high: float


def bootstrap(
    values: np.ndarray, *, level: float = 0.95, draws: int = 1_000, seed: int = 0
) -> Interval:
    """A percentile bootstrap interval of the mean of some values, over the examples.

    The examples are drawn anew with replacement, as many as there are, and the mean is taken; the
    interval holds the middle share `level` of such means. It says nothing of other training runs.

    Args:
      values: one for each example, `[N]`; of two methods on the same examples their difference,
        which gives the paired interval.
      level: from 0 to 1.
      draws: how often the examples are drawn anew.
      seed: of the draws; with the same seed two calls draw the same examples.

    Raises:
      UsageError: no values, one that is not finite, or a level outside (0, 1).

    References:
      Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 13.

    >>> low, high = bootstrap(np.arange(100) < 80)  # 80% of 100 examples are right
    >>> bool(0.7 < low < 0.8 < high < 0.9)
    True
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise UsageError(f"values has shape {values.shape}; allowed: [N], finite, not empty")
    _check_level(level)
    check_size("draws", draws)
    rng, count = np.random.default_rng(seed), len(values)
    block = max(1, AT_ONCE // count)
    means = np.concatenate(
        [
            values[rng.integers(0, count, (min(block, draws - start), count))].mean(axis=1)
            for start in range(0, draws, block)
        ]
    )
    return _percentile(means, level)


def bootstrap_of(
    statistic: Callable[[np.ndarray], float],
    count: int,
    *,
    level: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> Interval:
    """The same of any statistic: a percentile interval over examples that are drawn anew.

    Args:
      statistic: places `[N]` of examples, with repetitions, to a number; one that is not finite,
        as where a draw lacks a class, does not count.
      count: N, the number of examples.
      level, draws, seed: see `bootstrap`.

    Raises:
      UsageError: no examples, or a level outside (0, 1).
    """
    check_size("count", count)
    check_size("draws", draws)
    _check_level(level)
    rng = np.random.default_rng(seed)
    found = np.array([statistic(rng.integers(0, count, count)) for _ in range(draws)], float)
    finite = found[np.isfinite(found)]
    return _percentile(finite, level) if finite.size else Interval(np.nan, np.nan)


def bootstrap_difference(
    first: np.ndarray,
    second: np.ndarray,
    *,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> Interval:
    """A paired interval of the difference of two means over the same examples.

    In each draw both are taken of the same examples, drawn anew; of several training seeds these
    are drawn anew too, jointly where both have as many. Of few seeds it is too narrow: of three it
    knows two thirds of their variance.

    Args:
      first, second: the values of each example, `[N]`, or of each seed's `[S, N]` and `[T, N]`.
      level, draws, seed: see `bootstrap`.

    Returns:
      of mean(first) - mean(second).

    Raises:
      UsageError: not the same number of examples, no example, or a value that is not finite.

    References:
      Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 8.
    """
    first, second = (np.atleast_2d(np.asarray(v, np.float64)) for v in (first, second))
    if first.shape[1:] != second.shape[1:] or first.ndim != 2 or not first.size:
        raise UsageError(
            f"first has shape {first.shape} and second {second.shape}; allowed: [N] or [S, N], of "
            "the same N examples"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise UsageError("values are not finite; allowed: finite numbers")
    check_size("draws", draws)
    _check_level(level)
    parts = [first - second] if len(first) == len(second) else [first, -second]
    rng, every, means = np.random.default_rng(seed + 1), np.arange(draws), np.zeros(draws)
    weights = _weights(first.shape[1], draws, seed)
    for part in parts:
        of_seeds = part @ weights.T  # [S, draws]
        chosen = rng.integers(0, len(part), (len(part), draws))
        means += of_seeds[chosen, every].mean(axis=0)
    return _percentile(means, level)


@functools.lru_cache(maxsize=2)
def _weights(count: int, draws: int, seed: int) -> np.ndarray:
    """How often each example is drawn, as a share, `[draws, N]`; the same for all comparisons."""
    rng = np.random.default_rng(seed)
    drawn = [np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(draws)]
    return np.array(drawn, np.float32) / np.float32(count)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise UsageError(f"level is {level}; allowed: above 0 and below 1")


def _percentile(means: np.ndarray, level: float) -> Interval:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
