"""The shares of the classes in a domain without labels, by what a classifier takes them for."""

from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError
from reprlearn.evaluation.calibration import confusion

HEAVY, LIGHT = 1e3, 1e-3  # the weights of what must hold, and of what is expected


class LabelShift(NamedTuple):
    """How differently the classes are shared out in two domains.

    Attributes:
      source: the share of each class in the source, `[C]`.
      target: the same in the target, estimated.
      distance: half the sum of their differences, from 0 to 1.
      chance: what the distance stays below, in 95 of 100 cases, where the shares are the same.
    """

    source: np.ndarray
    target: np.ndarray
    distance: float
    chance: float


def class_shares(
    rates: np.ndarray, predicted: np.ndarray, expected: np.ndarray | None = None
) -> np.ndarray:
    """The shares of the classes that explain best how often each is predicted.

    .. math:: \\min_{q \\geq 0} \\| R^T q - \\mu \\|_2, \\qquad \\textstyle\\sum_c q_c = 1

    Where the confusion can be inverted and nothing comes out negative, q is that inverse. Where it
    cannot, as of a classifier that knows one class alone, many q explain the same: of these it is
    the one nearest to what was expected.

    Args:
      rates: R, `[C, C]`: of each true class, a row, how often each class is predicted; rows sum
        to 1, but those of classes without examples, which are 0 and get no share.
      predicted: mu, `[C]`: how often each class is predicted, of the examples in question.
      expected: shares `[C]`; None: equal ones.

    Returns:
      q, `[C]`.

    References:
      Lipton et al. 2018, *Detecting and Correcting for Label Shift with Black Box Predictors*,
      proposition 2; Saerens et al. 2002.

    >>> class_shares(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.55, 0.45])).round(3)
    array([0.5, 0.5])
    """
    from scipy.optimize import nnls  # takes a moment to load

    classes = len(rates)
    expected = np.full(classes, 1 / classes) if expected is None else np.asarray(expected)
    is_known = np.sum(rates, axis=1) > 0
    # A heavy row makes the sum a constraint; light ones settle what the others leave open.
    system = np.vstack([np.transpose(rates), HEAVY * is_known, LIGHT * np.eye(classes)])
    wanted = np.concatenate([predicted, [HEAVY], LIGHT * np.where(is_known, expected, 0.0)])
    found = nnls(system, wanted)[0] * is_known
    return found / found.sum()


def label_shift(
    labels: np.ndarray,
    predicted: np.ndarray,
    of_target: np.ndarray,
    classes: int,
    *,
    draws: int = 200,
    seed: int = 0,
) -> LabelShift:
    """How differently the classes are shared out in a target whose labels are not known.

    It assumes that the examples of a class look alike in both domains to the classifier, so that
    it mistakes them alike: then only the shares can make it predict a class more often. Where the
    classifier is worse on the target, a distance may also come from that.

    Args:
      labels, predicted: of the source, of examples that the classifier did not learn from: their
        classes and those that it predicts, `[N]`.
      of_target: the classes that it predicts of the target, `[M]`.
      classes: C, how many there are.
      draws: of the chance: domains of so many examples, drawn anew with the source's shares.
      seed: of the draws.

    Raises:
      UsageError: a domain has no examples, the shapes differ, or a number is no class.

    References:
      Lipton et al. 2018, *Detecting and Correcting for Label Shift with Black Box Predictors*.
    """
    labels, predicted, of_target = (
        _classes(*given, classes)
        for given in (("labels", labels), ("predicted", predicted), ("of_target", of_target))
    )
    if labels.shape != predicted.shape:
        raise UsageError(f"predicted has shape {predicted.shape}; allowed: {labels.shape}")
    rng = np.random.default_rng(seed)

    def measured(labels, predicted, of_target):
        source = np.bincount(labels, minlength=classes) / len(labels)
        counts = confusion(predicted, labels, classes)
        rates = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        often = np.bincount(of_target, minlength=classes) / len(of_target)
        target = class_shares(rates, often, source)
        return source, target, float(np.abs(source - target).sum() / 2)

    by_chance = []
    for _ in range(draws):
        # Both domains out of the source: their shares are the same, and their mistakes.
        ours, theirs = (
            rng.integers(0, len(labels), size) for size in (len(labels), len(of_target))
        )
        by_chance.append(measured(labels[ours], predicted[ours], predicted[theirs])[2])
    return LabelShift(*measured(labels, predicted, of_target), float(np.quantile(by_chance, 0.95)))


def _classes(field: str, value: np.ndarray, classes: int) -> np.ndarray:
    """Classes `[N]`, checked."""
    value = np.asarray(value)
    if value.ndim != 1 or not value.size or value.dtype.kind not in "iu":
        raise UsageError(f"{field} has shape {value.shape}; allowed: [N], of integers, not empty")
    if not ((value >= 0) & (value < classes)).all():
        raise UsageError(f"{field} are not all classes; allowed: from 0 to {classes - 1}")
    return value
