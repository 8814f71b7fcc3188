"""The bound on the risk of a classifier on a target domain, term by term."""

import math
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size

FOLDS = 5


class Bound(NamedTuple):
    """The terms whose sum bounds the target's risk, with probability 1 - delta.

    Attributes:
      source_risk: the share of the source's training examples that is mistaken.
      divergence: the empirical H-divergence of the domains' features.
      capacity: what overfitting may add to the first two; see `capacity`.
      best: the least risk on source and target together; see `best_joint_risk`.
    """

    source_risk: float
    divergence: float
    capacity: float
    best: float

    @property
    def total(self) -> float:
        """The bound; above 1 it says nothing."""
        return sum(self)


def capacity(examples: int, dimension: int, delta: float = 0.05) -> float:
    """What the empirical terms may be off by, for classifiers of a VC dimension.

    .. math:: \\sqrt{\\frac4n \\Big( d \\log \\frac{2 e n}{d} + \\log \\frac4\\delta \\Big)}
              + 4 \\sqrt{\\frac1n \\Big( d \\log \\frac{2 n}{d} + \\log \\frac4\\delta \\Big)}

    The first root belongs to the source's risk, the second to the divergence.

    Args:
      examples: n, of each domain.
      dimension: d; of linear classifiers of D features D + 1.
      delta: the probability with which the bound may fail.

    Raises:
      UsageError: n or d below 1, or delta outside (0, 1).

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, theorem 2, after
      Ben-David et al. 2006, *Analysis of Representations for Domain Adaptation*.

    >>> round(capacity(300, 16), 2), round(capacity(1_000_000, 16), 3)
    (2.85, 0.084)
    """
    check_size("examples", examples)
    check_size("dimension", dimension)
    if not 0 < delta < 1:
        raise UsageError(f"delta is {delta}; allowed: above 0 and below 1")
    n, d = examples, min(dimension, examples)  # no more than all labellings of the examples
    doubt = math.log(4 / delta)
    of_risk = math.sqrt(4 / n * (d * math.log(2 * math.e * n / d) + doubt))
    return of_risk + 4 * math.sqrt((d * math.log(2 * n / d) + doubt) / n)


def best_joint_risk(
    source: np.ndarray,
    source_labels: np.ndarray,
    target: np.ndarray,
    target_labels: np.ndarray,
    *,
    seed: int = 0,
) -> float:
    """About the least risk that one linear classifier has on two domains together: an oracle.

    .. math:: \\lambda = \\min_{h \\in \\mathcal H} \\big( R_S(h) + R_T(h) \\big)

    Logistic regression on the standardised features of both, each domain weighing half, judged on
    the folds that it was not fitted to: so it is somewhat above the least. It needs the target's
    labels, which nobody has who adapts.

    Args:
      source, target: features `[N, D]` and `[M, D]`, finite, at least 5 rows.
      source_labels, target_labels: `[N]` and `[M]`, of both together at least two classes.
      seed: of the folds.

    Returns:
      in [0, 2]: the sum of the two shares of mistaken examples.

    Raises:
      UsageError: the shapes do not fit, or there are too few rows or classes.

    References:
      Ben-David et al. 2010, *A Theory of Learning from Different Domains*, definition 2.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import StandardScaler

    x = np.concatenate([source, target]).astype(np.float64)
    y, is_target = np.concatenate([source_labels, target_labels]), np.arange(len(x)) >= len(source)
    if len(y) != len(x) or min(len(source), len(target)) < FOLDS or len(np.unique(y)) < 2:
        raise UsageError(
            f"source has {len(source)} rows, target {len(target)}, of {len(np.unique(y))} classes; "
            f"allowed: {FOLDS} rows or more with as many labels, and two classes or more"
        )
    weight = np.where(is_target, 0.5 / len(target), 0.5 / len(source)) * len(x)
    wrong = np.empty(len(x), bool)
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(x):
        scaler = StandardScaler().fit(x[train], sample_weight=weight[train])
        model = LogisticRegression(max_iter=1_000)
        model.fit(scaler.transform(x[train]), y[train], sample_weight=weight[train])
        wrong[test] = model.predict(scaler.transform(x[test])) != y[test]
    return float(wrong[~is_target].mean() + wrong[is_target].mean())
