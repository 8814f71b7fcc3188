"""Divergence of two sets of features, by how well a classifier tells them apart."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_choice, check_size
from reprlearn.evaluation.intervals import Interval, bootstrap_of

CLASSIFIERS = ("linear", "mlp", "kernel")
LEAST = 1e-6  # the probability of a domain: a classifier that is surer than this is too sure


class HDivergence(NamedTuple):
    """How far two domains are apart for a class of classifiers.

    Attributes:
      value: 0 where they look alike, 2 where no example is mistaken.
      interval: where the value lies, by the examples that are judged; NaN of fewer than 20.
      error: the mean of the two domains' shares of mistaken examples; 1/2 is chance.
    """

    value: float
    interval: Interval
    error: float


def h_divergence(
    source: np.ndarray,
    target: np.ndarray,
    *,
    seed: int = 0,
    folds: int = 5,
    classifier: str = "linear",
    in_sample: bool = False,
) -> HDivergence:
    """The empirical H-divergence of two domains, by the classifiers of H that tell them apart.

    .. math:: \\hat d_{\\mathcal H} = 2 \\Big( 1 - \\min_{h \\in \\mathcal H} \\Big(
              \\frac1n \\sum_i [h(x_i) = 0] + \\frac1{n'} \\sum_j [h(x'_j) = 1] \\Big) \\Big)

    clipped to [0, 2], for h of 1 on the source and 0 on the target. The two shares are balanced, so
    the domains need not be equally large. The least error is not sought but fitted: that of a
    classifier that minimises its log-loss, or the hinge loss of a kernel.

    Cross-fitted, each example is judged by a classifier that was fitted, with the scaling of the
    features, on the other folds: domains of one distribution are then at 0 on average, before the
    clipping. In the sample, as the definition has it, they are not: any sample can be told from
    another a little, and of few examples in many dimensions perfectly. Values compare only for one
    classifier and similar numbers of examples.

    Args:
      source: x, `[N, D]`, finite, N >= folds.
      target: x', `[M, D]`, finite, M >= folds.
      seed: of the folds and of the MLP's weights.
      folds: at least 2.
      classifier: "linear", logistic regression; "mlp", one hidden layer of 32 units; "kernel", a
        support vector machine with a Gaussian kernel.
      in_sample: whether the examples are judged by what was fitted to them.

    Raises:
      UsageError: the shapes do not fit, a feature is not finite, a domain has fewer examples than
        folds, or the classifier is unknown.

    References:
      Ben-David et al. 2006, *Analysis of Representations for Domain Adaptation*; Ben-David et al.
      2010, *A Theory of Learning from Different Domains*, lemma 2.

    >>> apart = h_divergence(np.arange(9)[:, None] - 20, np.arange(9)[:, None], folds=3)
    >>> apart.value
    2.0
    """
    check_choice("classifier", classifier, CLASSIFIERS)
    check_size("seed", seed, 0)
    check_size("folds", folds, 2)
    source, target = _both(source, target, folds)
    told, is_target = _told(source, target, classifier, seed, 0 if in_sample else folds)
    # Against the target's share instead of 1/2: the larger domain is not guessed for its size.
    guess = told > 0 if classifier == "kernel" else told[:, 1] > is_target.mean()
    wrong = guess != is_target

    def divergence(places: np.ndarray) -> float:
        mistaken, of_target = wrong[places], is_target[places]
        return _clipped((mistaken[~of_target].mean() + mistaken[of_target].mean()) / 2)

    interval = bootstrap_of(divergence, len(wrong), strata=is_target, seed=seed)
    error = float(wrong[~is_target].mean() + wrong[is_target].mean()) / 2
    return HDivergence(_clipped(error), interval, error)


def importance_weights(
    source: np.ndarray, target: np.ndarray, *, seed: int = 0, folds: int = 5
) -> np.ndarray:
    """How much more frequent each of the source's examples is in the target.

    .. math:: w(x) = \\frac{p_{target}(x)}{p_{source}(x)}
              = \\frac{n}{n'} \\frac{P(target \\mid x)}{P(source \\mid x)}

    by logistic regression that is cross-fitted, as in `h_divergence`.

    Args:
      source, target, seed, folds: see `h_divergence`.

    Returns:
      `[N]`; 1 on average where the domains overlap. Of domains that lie apart all may be near 0, or
      a few so large that nothing is left of the others.

    Raises:
      UsageError: see `h_divergence`.

    References:
      Bickel et al. 2007, *Discriminative Learning for Differing Training and Test Distributions*.
    """
    check_size("seed", seed, 0)
    check_size("folds", folds, 2)
    source, target = _both(source, target, folds)
    told, _ = _told(source, target, "linear", seed, folds)
    of_source, of_target = np.maximum(told[: len(source)], LEAST).T
    return of_target / of_source * len(source) / len(target)


def _told(
    source: np.ndarray, target: np.ndarray, classifier: str, seed: int, folds: int
) -> tuple[np.ndarray, np.ndarray]:
    """What a classifier says of each example that it was not fitted to; of 0 folds it was.

    Returns:
      probabilities `[N, 2]` of the source and of the target; of the kernel a number `[N]` that is
      above 0 for the target; and whether each is of the target, `[N]`.
    """
    # scikit-learn takes a second to load: here, so that only those wait who measure.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    features = np.concatenate([source, target])
    is_target = np.repeat([False, True], [len(source), len(target)])
    model = _model(classifier, seed)
    asked = "decision_function" if classifier == "kernel" else "predict_proba"
    with warnings.catch_warnings():
        # A classifier that could still improve a little gives an error all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if not folds:
            return getattr(model.fit(features, is_target), asked)(features), is_target
        splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
        told = cross_val_predict(model, features, is_target, cv=splits, method=asked)
    return told, is_target


def _clipped(error: float) -> float:
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def proxy_a_distance(source: np.ndarray, target: np.ndarray, **options: Any) -> float:
    """Proxy A-distance of two domains: the value of `h_divergence`, whose options it takes.

    .. math:: \\hat d_A = 2 (1 - 2 \\epsilon), \\qquad
              \\epsilon = \\tfrac12 (\\epsilon_{source} + \\epsilon_{target})

    References:
      Ben-David et al. 2006; Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*.
    """
    return h_divergence(source, target, **options).value


def _model(classifier: str, seed: int) -> Any:
    """The classifier behind its scaling: as a pipeline, each fold fits both."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    if classifier == "linear":
        model = LogisticRegression(max_iter=1000)
    elif classifier == "kernel":
        model = SVC(class_weight="balanced")
    else:
        # A small set makes few steps an epoch: large ones, with decay so that noise is not fitted.
        model = MLPClassifier(
            (32,), alpha=1.0, learning_rate_init=0.01, max_iter=50, random_state=seed
        )
    return make_pipeline(StandardScaler(), model)


def _both(source: np.ndarray, target: np.ndarray, folds: int) -> tuple[np.ndarray, np.ndarray]:
    """The features of both domains, checked."""
    source, target = _features("source", source, folds), _features("target", target, folds)
    if target.shape[1] != source.shape[1]:
        raise UsageError(f"target has shape {target.shape}; allowed: [M, {source.shape[1]}]")
    return source, target


def _features(field: str, value: np.ndarray, folds: int) -> np.ndarray:
    """Features `[N, D]`, checked, as float64."""
    value = np.asarray(value, np.float64)
    if value.ndim != 2 or len(value) < folds or not value.shape[1]:
        raise UsageError(f"{field} has shape {value.shape}; allowed: [N, D], N at least {folds}")
    if not np.isfinite(value).all():
        raise UsageError(f"{field} is not finite; allowed: finite numbers")
    return value
