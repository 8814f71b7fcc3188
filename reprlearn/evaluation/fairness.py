"""Whether groups are decided on alike, and whether a representation tells who is of which."""

from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_choice

CLASSIFIERS = ("linear", "boosted")


class Shares(NamedTuple):
    """How often each class is predicted, of the examples of each group.

    Attributes:
      share: `[G, C]`, NaN where a group has no examples.
      count: `[G]`, examples.
    """

    share: np.ndarray
    count: np.ndarray


def predicted_shares(predicted: np.ndarray, groups: np.ndarray, classes: int, of: int) -> Shares:
    """The share of each group's examples that is predicted to be of each class.

    Args:
      predicted: classes, int `[N]`.
      groups: int `[N]`.
      classes, of: C and G, how many classes and how many groups there are.

    Raises:
      UsageError: the shapes differ, or a number is out of range.
    """
    predicted, groups = _checked("predicted", predicted, groups)
    if predicted.max(initial=0) >= classes or groups.max(initial=0) >= of:
        raise UsageError(
            f"predicted or groups has numbers from {classes} or {of} on; allowed: less"
        )
    found = np.zeros((of, classes))
    np.add.at(found, (groups, predicted), 1)
    count = found.sum(axis=1)
    share = np.divide(
        found, count[:, None], out=np.full(found.shape, np.nan), where=count[:, None] > 0
    )
    return Shares(share, count.astype(int))


def demographic_parity_gap(predicted: np.ndarray, groups: np.ndarray) -> float:
    """How differently often groups are predicted to be of a class.

    .. math:: \\max_c \\left( \\max_s P(\\hat y = c | s) - \\min_s P(\\hat y = c | s) \\right)

    Of a few examples it is too large, as the shares of equal groups differ by chance too; so it is
    with its bootstrap interval. `gaps_by_chance` says how large.

    Args:
      predicted: classes, int `[N]`.
      groups: s, int `[N]`.

    Returns:
      in [0, 1]; 0 where all groups are predicted alike.

    Raises:
      UsageError: the shapes differ, or there is one group alone.

    References:
      Dwork et al. 2012, *Fairness through Awareness*, section 3; the difference as in fairlearn.

    >>> demographic_parity_gap(np.array([1, 0, 0, 0]), np.array([0, 0, 1, 1]))
    0.5
    """
    predicted, groups = _checked("predicted", predicted, groups)
    if len(np.unique(groups)) < 2:
        raise UsageError("groups has one group alone; allowed: two or more")
    return _gap(predicted, groups)


def equalized_odds_gap(predicted: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
    """The same among the examples of one class, for the class where it is largest.

    .. math:: \\max_{y, c} \\left( \\max_s P(\\hat y = c | y, s) - \\min_s P(\\hat y = c | y, s)
              \\right)

    Of two classes it is the larger of the gaps of true and of false positive rates.

    Args:
      predicted, labels: classes, int `[N]`.
      groups: s, int `[N]`.

    Returns:
      in [0, 1]; NaN where no class has examples of two groups.

    Raises:
      UsageError: the shapes differ.

    References:
      Hardt, Price & Srebro 2016, *Equality of Opportunity in Supervised Learning*, definition 2.1.

    >>> labels, groups = np.array([1, 1, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 0, 1])
    >>> equalized_odds_gap(np.array([1, 1, 1, 0, 0, 0]), labels, groups)
    0.5
    """
    predicted, groups = _checked("predicted", predicted, groups)
    predicted, labels = _checked("predicted", predicted, labels)
    gaps = [np.nan]
    for label in np.unique(labels):
        of_class = labels == label
        if len(np.unique(groups[of_class])) > 1:
            gaps.append(_gap(predicted[of_class], groups[of_class]))
    return float(np.nanmax(gaps)) if len(gaps) > 1 else np.nan


def gaps_by_chance(
    predicted: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """What both gaps stay below, if groups differ by chance alone: of shuffled groups a quantile.

    For equalized odds they are shuffled within each class, which keeps the classes' shares.

    Args:
      predicted, labels, groups: see `equalized_odds_gap`.
      draws: how often groups are shuffled.
      level: the quantile.
      seed: of the draws.

    Returns:
      of `demographic_parity_gap` and of `equalized_odds_gap`.

    References:
      Good 2005, *Permutation, Parametric and Bootstrap Tests of Hypotheses*, chapter 3.
    """
    rng, found = np.random.default_rng(seed), []
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for _ in range(draws):
        within = np.array(groups)
        for places in members:
            within[places] = rng.permutation(within[places])
        parity = demographic_parity_gap(predicted, rng.permutation(groups))
        found.append((parity, equalized_odds_gap(predicted, labels, within)))
    return tuple(np.quantile(found, level, axis=0).tolist())


def recovered(
    train: np.ndarray,
    train_groups: np.ndarray,
    rows: np.ndarray,
    classifier: str = "linear",
    seed: int = 0,
) -> np.ndarray:
    """The groups `[N]` that a fresh classifier tells from a representation.

    Each group counts alike in its training, however small.

    Args:
      train: training rows `[M, D]`.
      train_groups: theirs, `[M]`.
      rows: `[N, D]`.
      classifier: "linear", a logistic regression; "boosted", trees.
      seed: of the trees.

    Raises:
      UsageError: an unknown classifier, or one group alone.
    """
    # scikit-learn takes a second to load: here, so that only those wait who measure.
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_choice("classifier", classifier, CLASSIFIERS)
    if len(np.unique(train_groups)) < 2:
        raise UsageError("train_groups has one group alone; allowed: two or more")
    if classifier == "linear":
        told = LogisticRegression(class_weight="balanced", max_iter=1_000)
        told = make_pipeline(StandardScaler(), told)
    else:
        options = {"class_weight": "balanced", "early_stopping": False, "random_state": seed}
        told = HistGradientBoostingClassifier(**options)
    return told.fit(np.asarray(train, np.float64), train_groups).predict(
        np.asarray(rows, np.float64)
    )


def _gap(predicted: np.ndarray, groups: np.ndarray) -> float:
    """The largest gap of any class between any two groups."""
    shares = predicted_shares(predicted, groups, predicted.max() + 1, groups.max() + 1).share
    return float((np.nanmax(shares, axis=0) - np.nanmin(shares, axis=0)).max())


def _checked(name: str, first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first), np.asarray(second)
    if first.ndim != 1 or not first.size or first.shape != second.shape:
        raise UsageError(
            f"{name} has shape {first.shape}, and beside it is {second.shape}; allowed: [N], "
            "as many of both"
        )
    if any(each.dtype.kind not in "iu" or each.min() < 0 for each in (first, second)):
        raise UsageError(
            f"{name} and what is beside it are {first.dtype} and {second.dtype}; "
            "allowed: integers from 0"
        )
    return first, second
