"""Divergence of two sets of features, by how well a classifier tells them apart."""

import warnings
from typing import Any

import numpy as np

from reprlearn.errors import UsageError, check_choice, check_size


def proxy_a_distance(
    source: np.ndarray,
    target: np.ndarray,
    *,
    seed: int = 0,
    folds: int = 5,
    classifier: str = "linear",
) -> float:
    """Proxy A-distance of two domains, from the error of a classifier that tells them apart.

    .. math:: \\hat d_A = 2 (1 - 2 \\epsilon), \\qquad
              \\epsilon = \\tfrac12 (\\epsilon_{source} + \\epsilon_{target})

    clipped to [0, 2]. Each example is classified by a model that was fitted, with the scaling of
    the features, on the other folds. The error is balanced, so the sizes of the domains need not
    be equal. Values compare only for one classifier and similar numbers of examples.

    Args:
      source: `[N, D]`, finite, N >= folds.
      target: `[M, D]`, finite, M >= folds.
      seed: of the folds and of the MLP's weights.
      folds: at least 2.
      classifier: "linear", logistic regression, or "mlp", one hidden layer of 32 units.

    Returns:
      0 where the domains look alike, 2 where no example is mistaken.

    Raises:
      UsageError: the shapes do not fit, a feature is not finite, a domain has fewer examples than
        folds, or the classifier is unknown.

    References:
      Ben-David et al. 2007, *Analysis of Representations for Domain Adaptation*.
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*.
    """
    # scikit-learn takes a second to load: here, so that only those wait who measure.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    check_choice("classifier", classifier, ("linear", "mlp"))
    check_size("seed", seed, 0)
    check_size("folds", folds, 2)
    source, target = _features("source", source, folds), _features("target", target, folds)
    if target.shape[1] != source.shape[1]:
        raise UsageError(f"target has shape {target.shape}; allowed: [M, {source.shape[1]}]")
    features = np.concatenate([source, target])
    is_target = np.repeat([False, True], [len(source), len(target)])
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A classifier that could still improve a little gives an error all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probability = cross_val_predict(
            _model(classifier, seed), features, is_target, cv=splits, method="predict_proba"
        )[:, 1]
    # Against the target's share instead of 1/2: the larger domain is not guessed for its size.
    guess = probability > is_target.mean()
    error = (guess[~is_target].mean() + (~guess[is_target]).mean()) / 2
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def _model(classifier: str, seed: int) -> Any:
    """The classifier behind its scaling: as a pipeline, each fold fits both."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if classifier == "linear":
        model = LogisticRegression(max_iter=1000)
    else:
        # A small set makes few steps an epoch: large ones, with decay so that noise is not fitted.
        model = MLPClassifier(
            (32,), alpha=1.0, learning_rate_init=0.01, max_iter=50, random_state=seed
        )
    return make_pipeline(StandardScaler(), model)


def _features(field: str, value: np.ndarray, folds: int) -> np.ndarray:
    """Features `[N, D]`, checked, as float64."""
    value = np.asarray(value, np.float64)
    if value.ndim != 2 or len(value) < folds or not value.shape[1]:
        raise UsageError(f"{field} has shape {value.shape}; allowed: [N, D], N at least {folds}")
    if not np.isfinite(value).all():
        raise UsageError(f"{field} is not finite; allowed: finite numbers")
    return value
