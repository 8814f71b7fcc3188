"""Criteria of model selection that see no label of the target domain."""

import numpy as np
from scipy.special import entr, softmax

from reprlearn.errors import UsageError, check_above
from reprlearn.evaluation.probe import checked, linear_probes

PENALTY = 1e-3  # of the reverse classifier, which nothing chooses


def prediction_entropy(logits: np.ndarray) -> np.ndarray:
    """How unsure a classifier is of each example.

    .. math:: H(p_i) = -\\sum_c p_{ic} \\log p_{ic}, \\qquad p_i = softmax(logits_i)

    A classifier that is sure, and wrong, has little of it; so has one that knows one class alone.

    Args:
      logits: of the target's examples, `[N, C]`, finite.

    Returns:
      `[N]` in nats, from 0 to log C.

    Raises:
      UsageError: the shape is another, or a number is not finite.

    References:
      Morerio et al. 2018, *Minimal-Entropy Correlation Alignment*, section 4.

    >>> prediction_entropy(np.log([[0.5, 0.5], [0.9, 0.1]])).round(3)
    array([0.693, 0.325])
    """
    return _entropy(_probabilities(logits))


def mutual_information(logits: np.ndarray) -> float:
    """How much the predictions say of the examples: sure ones, of all classes.

    .. math:: H\\Big( \\frac1N \\sum_i p_i \\Big) - \\frac1N \\sum_i H(p_i)

    It is largest where each example is surely of one class, and the classes are equally frequent:
    of a target whose classes are not, it asks too much.

    Args:
      logits: see `prediction_entropy`.

    Returns:
      nats, from 0 to log C.

    Raises:
      UsageError: see `prediction_entropy`.

    References:
      Bridle et al. 1991, *Unsupervised Classifiers, Mutual Information and 'Phantom Targets'*;
      as a criterion of selection Musgrave et al. 2022, *Three New Validators and a Large-Scale
      Benchmark Ranking for Unsupervised Domain Adaptation*.

    >>> round(mutual_information(np.log([[0.9, 0.1], [0.1, 0.9]])), 3)  # log 2 - .325
    0.368
    """
    p = _probabilities(logits)
    return float(_entropy(p.mean(axis=0, keepdims=True))[0] - _entropy(p).mean())


def soft_neighbourhood_density(logits: np.ndarray, *, temperature: float = 0.05) -> float:
    """How many others each example lies close to, by its prediction.

    .. math:: -\\frac1N \\sum_i \\sum_{j \\neq i} q_{ij} \\log q_{ij}, \\qquad
              q_{ij} = \\frac{\\exp(s_{ij} / \\tau)}{\\sum_{k \\neq i} \\exp(s_{ik} / \\tau)}

    with s the cosine of two examples' class probabilities. Where a class falls into several
    clusters it is lower. It is largest, log(N - 1), where all examples are predicted alike: of a
    run that tells no classes it says nothing. It grows with N: values compare for equal N alone.

    Args:
      logits: see `prediction_entropy`; at least two examples.
      temperature: tau; small: only the nearest count.

    Returns:
      nats, from 0 to log(N - 1).

    Raises:
      UsageError: see `prediction_entropy`; fewer than two examples, or a temperature that is not
        above 0.

    References:
      Saito et al. 2021, *Tune it the Right Way: Unsupervised Validation of Domain Adaptation via
      Soft Neighborhood Density*, section 3.
    """
    check_above("temperature", temperature, 0.0)
    p = _probabilities(logits)
    if len(p) < 2:
        raise UsageError(f"logits has shape {np.shape(logits)}; allowed: two rows or more")
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    near = p @ p.T / temperature
    np.fill_diagonal(near, -np.inf)
    return float(_entropy(softmax(near, axis=1)).mean())


def reverse_accuracy(
    target: np.ndarray, predicted: np.ndarray, source: np.ndarray, labels: np.ndarray
) -> float:
    """Whether the target's predicted classes, taken for true, lead back to the source's labels.

    A linear classifier is fitted to the target's features and predicted classes, and is asked for
    the source's. The papers train the whole network anew with the domains exchanged; here the
    features stay.

    Args:
      target: features `[M, D]`.
      predicted: the target's predicted classes `[M]`.
      source: features `[N, D]`.
      labels: the source's classes `[N]`.

    Returns:
      the share of the source's examples that are told right.

    Raises:
      UsageError: the shapes do not fit, a domain is empty, or a number is not finite.

    References:
      Zhong et al. 2010, *Cross Validation Framework to Choose Amongst Models and Datasets for
      Transfer Learning*; Ganin et al. 2016, section 5.1.2.
    """
    target, predicted = checked(target, predicted, called=("target", "predicted"))
    source, labels = checked(source, labels, called=("source", "labels"))
    if source.shape[1] != target.shape[1]:
        raise UsageError(f"source has shape {source.shape}; allowed: [N, {target.shape[1]}]")
    if len(np.unique(predicted)) < 2:  # one class for all
        return float(np.mean(labels == predicted[0]))
    probe = linear_probes(target, predicted, [PENALTY])[0]
    return float(np.mean(probe.predict(source) == labels))


def weighted_error(wrong: np.ndarray, weights: np.ndarray) -> float:
    """The share of the target that is mistaken, estimated on the source by importance weights.

    .. math:: \\hat R = \\overline{w \\ell} + \\eta (\\overline{w} - 1), \\qquad
              \\eta = -\\frac{Cov(w \\ell, w)}{Var(w)}

    The mean of the weights is known to be 1: that takes from the estimate what the weights that
    were drawn have too much. It holds where the target's features are among the source's, and
    each means the same class in both: where adaptation makes features alike that are not of one
    class, it sees nothing; and where the domains lie apart, a few weights are all of it.

    Args:
      wrong: whether each of the source's examples is mistaken, or its loss, `[N]`.
      weights: w of the same, `[N]`, finite and not negative; see `importance_weights`.

    Returns:
      a number that may lie below 0 or above 1: then it says nothing.

    Raises:
      UsageError: the shapes differ, no example, or a number that is not allowed.

    References:
      Sugiyama et al. 2007, *Covariate Shift Adaptation by Importance Weighted Cross Validation*;
      You et al. 2019, *Towards Accurate Model Selection in Deep Unsupervised Domain Adaptation*,
      algorithm 1.

    >>> weighted_error([1, 0, 0, 1], [0.0, 1.0, 2.0, 1.0])
    0.25
    """
    wrong, weights = np.asarray(wrong, np.float64), np.asarray(weights, np.float64)
    if wrong.shape != weights.shape or wrong.ndim != 1 or not wrong.size:
        raise UsageError(f"wrong has shape {wrong.shape}, weights {weights.shape}; allowed: [N]")
    if not (np.isfinite(wrong).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise UsageError("wrong and weights; allowed: finite numbers, weights from 0 on")
    losses, mean = weights * wrong, weights.mean()
    variance = weights.var()
    eta = 0.0 if variance == 0 else -((losses - losses.mean()) * (weights - mean)).mean() / variance
    return float(losses.mean() + eta * (mean - 1))


def _probabilities(logits: np.ndarray) -> np.ndarray:
    """Probabilities `[N, C]` of logits, checked."""
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 2 or not logits.size:
        raise UsageError(f"logits has shape {logits.shape}; allowed: [N, C]")
    if not np.isfinite(logits).all():
        raise UsageError("logits are not finite; allowed: finite numbers")
    return softmax(logits, axis=1)


def _entropy(p: np.ndarray) -> np.ndarray:
    """The entropy of each row in nats; 0 log 0 is 0."""
    return entr(p).sum(axis=1)
