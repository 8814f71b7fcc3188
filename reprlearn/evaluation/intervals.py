"""Bootstrap intervals: how far a mean over test examples may be off, because these are a sample."""

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
    if not 0 < level < 1:
        raise UsageError(f"level is {level}; allowed: above 0 and below 1")
    check_size("draws", draws)
    rng, count = np.random.default_rng(seed), len(values)
    block = max(1, AT_ONCE // count)
    means = np.concatenate(
        [
            values[rng.integers(0, count, (min(block, draws - start), count))].mean(axis=1)
            for start in range(0, draws, block)
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
