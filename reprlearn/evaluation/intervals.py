"""Bootstrap intervals: how far a number may be off, because the test examples are a sample."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size

FEWEST = 20  # examples: of fewer an interval would be surer than it can be
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


def bootstrap_of(statistic: Callable[[np.ndarray], float], count: int, **options: Any) -> Interval:
    """The same of any statistic of examples that are drawn anew; see `bootstrap_all`."""
    return bootstrap_all(lambda places: [statistic(places)], count, **options)[0]


def bootstrap_all(
    statistics: Callable[[np.ndarray], Sequence[float]],
    count: int,
    *,
    strata: np.ndarray | None = None,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> list[Interval]:
    """Percentile intervals of several statistics of the same examples, drawn anew together.

    Args:
      statistics: places `[N]` of examples, with repetitions, to numbers.
      count: N, the number of examples.
      strata: `[N]`, the class of each example: of each as many are drawn as there are; None: one.
      level, draws, seed: see `bootstrap`.

    Returns:
      one for each number; NaN where it is not finite in a tenth of the draws or more, and where
      there are fewer than FEWEST examples, or of a class.

    Raises:
      UsageError: no examples, or a level outside (0, 1).
    """
    check_size("count", count)
    check_size("draws", draws)
    _check_level(level)
    rng = np.random.default_rng(seed)
    labels = np.zeros(count) if strata is None else np.asarray(strata)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]

    def drawn():
        return np.concatenate([m[rng.integers(0, len(m), len(m))] for m in members])

    found = np.array([statistics(drawn()) for _ in range(draws)], float)
    intervals, enough = [], min(map(len, members)) >= FEWEST
    for values in found.T:
        finite = values[np.isfinite(values)]
        usable = enough and len(finite) > 0.9 * draws
        intervals.append(_percentile(finite, level) if usable else Interval(np.nan, np.nan))
    return intervals


def paired_difference(
    first: np.ndarray, second: np.ndarray, *, level: float = 0.95, draws: int = 1_000, seed: int = 0
) -> Interval:
    """An interval of the difference of two means over the same examples.

    Of one training each it is the bootstrap of the examples' differences, and says nothing of other
    trainings. Of S and T training seeds, with the mean m_s over the examples of each,

    .. math:: d \\pm t_{\\nu} \\sqrt{\\frac{s_1^2}{S} + \\frac{s_2^2}{T} + \\frac{v}{N}}, \\qquad
              \\nu = \\min(S, T) - 1

    with the variances s^2 of the m_s, and that of the examples' mean differences, v. Of few seeds
    it is wide, as it must be.

    Args:
      first, second: the values of each example, `[N]`, or of each seed's `[S, N]` and `[T, N]`.
      level: from 0 to 1.
      draws, seed: of the bootstrap.

    Returns:
      of mean(first) - mean(second); infinite where one has several seeds and the other one.

    Raises:
      UsageError: not the same number of examples, no example, or a value that is not finite.

    References:
      Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 8.
      Welch 1947, *The Generalization of "Student's" Problem when Several Different Population
      Variances are Involved*; the degrees of freedom here are the fewest that it can give.
    """
    first, second = (np.atleast_2d(np.asarray(v, np.float64)) for v in (first, second))
    if first.shape[1:] != second.shape[1:] or first.ndim != 2 or not first.size:
        raise UsageError(
            f"first has shape {first.shape} and second {second.shape}; allowed: [N] or [S, N], of "
            "the same N examples"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise UsageError("values are not finite; allowed: finite numbers")
    _check_level(level)
    differences = first.mean(axis=0) - second.mean(axis=0)
    seeds = min(len(first), len(second))
    if seeds == 1:
        if max(len(first), len(second)) > 1:  # how far trainings differ is not known of both
            return Interval(-np.inf, np.inf)
        return bootstrap(differences, level=level, draws=draws, seed=seed)
    from scipy.special import stdtrit

    of_seeds = sum(each.mean(axis=1).var(ddof=1) / len(each) for each in (first, second))
    of_examples = differences.var(ddof=1) / len(differences) if len(differences) > 1 else 0.0
    half = stdtrit(seeds - 1, (1 + level) / 2) * np.sqrt(of_seeds + of_examples)
    middle = differences.mean()
    return Interval(float(middle - half), float(middle + half))


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise UsageError(f"level is {level}; allowed: above 0 and below 1")


def _percentile(means: np.ndarray, level: float) -> Interval:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
