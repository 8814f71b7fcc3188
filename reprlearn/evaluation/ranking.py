"""Rankings with ties: what a score is on average over the orders that equal distances allow."""

import numpy as np


def average_precision(sizes: np.ndarray, hits: np.ndarray, members: int) -> float:
    """The expected average precision at R of a ranking in groups of equally near items.

    .. math:: \\frac1R \\sum_{i=1}^R E[precision(i) \\, rel(i)]

    Rank i is the j-th of a group of n items with r hits, behind c items with h hits. It is a hit
    with probability r / n, and then (j - 1)(r - 1) / (n - 1) of those before it in the group are:

    .. math:: E[precision(i) \\, rel(i)]
              = \\frac rn \\cdot \\frac{h + 1 + (j - 1) \\frac{r - 1}{n - 1}}{c + j}

    Args:
      sizes: n, `[K]`, positive integers: of the groups, nearest first; R or more in all.
      hits: r, `[K]`, integers: how many of each group are of the query's class.
      members: R.

    Returns:
      in [0, 1].

    References:
      McSherry & Najork 2008, *Computing Information Retrieval Performance Measures Efficiently in
      the Presence of Tied Scores*.

    >>> average_precision(np.array([1, 2]), np.array([0, 1]), 2)  # a miss; a hit and a miss tied
    0.125
    """
    before, hits_before = np.cumsum(sizes) - sizes, np.cumsum(hits) - hits
    group = np.repeat(np.arange(len(sizes)), sizes)[:members]
    rank = np.arange(1, len(group) + 1)
    n, r = sizes[group], hits[group]
    found = (rank - before[group] - 1) * (r - 1) / np.maximum(n - 1, 1)
    return float((r / n * (hits_before[group] + 1 + found) / rank).sum() / members)


def precision(sizes: np.ndarray, hits: np.ndarray, members: int) -> float:
    """The expected share of hits among the first R of a ranking in groups, its R-precision.

    Args:
      sizes, hits, members: see `average_precision`.

    Returns:
      in [0, 1].

    >>> precision(np.array([1, 2]), np.array([0, 1]), 2)  # a miss; then a hit, every other time
    0.25
    """
    return float(_chances(sizes, hits, members).sum() / members)


def discounted_gain(sizes: np.ndarray, hits: np.ndarray, members: int) -> float:
    """The expected normalised discounted cumulative gain at R of a ranking in groups.

    .. math:: NDCG@R = \\frac{\\sum_{i=1}^R P(rel(i)) / \\log_2(i + 1)}
                            {\\sum_{i=1}^R 1 / \\log_2(i + 1)}

    Args:
      sizes, hits, members: see `average_precision`.

    Returns:
      in [0, 1].

    References:
      Järvelin & Kekäläinen 2002, *Cumulated Gain-Based Evaluation of IR Techniques*.
    """
    weights = discounts(members)
    return float((_chances(sizes, hits, members) * weights).sum() / weights.sum())


def discounts(count: int) -> np.ndarray:
    """What a hit at each rank from 1 is worth, 1 / log2(rank + 1), `[count]`."""
    return 1.0 / np.log2(np.arange(2, count + 2))


def _chances(sizes: np.ndarray, hits: np.ndarray, members: int) -> np.ndarray:
    """Of each of the first R ranks the probability of a hit, `[R]`."""
    return np.repeat(hits / sizes, sizes)[:members]


def recall(sizes: np.ndarray, hits: np.ndarray, k: int) -> float:
    """The probability that a hit is among the first k of a ranking in groups.

    Within the first group that has any, m of n items are among the k, and none of these is a hit
    with probability

    .. math:: \\prod_{i=0}^{m-1} \\frac{n - r - i}{n - i}

    Args:
      sizes: n, `[K]`, positive integers: of the groups, nearest first.
      hits: r, `[K]`, integers.
      k: at least 1.

    Returns:
      in [0, 1]; 0 where there is no hit at all.

    >>> recall(np.array([1, 3]), np.array([0, 1]), 2)  # one of three equally near ones
    0.3333333333333333
    """
    first = int(np.argmax(hits > 0))
    n, r = sizes[first], hits[first]
    among = min(k - sizes[:first].sum(), n)
    if r == 0 or among <= 0:
        return 0.0
    if among == 1:
        return float(r / n)
    taken = np.arange(among)
    return float(1.0 - np.prod(np.maximum(n - r - taken, 0) / (n - taken)))
