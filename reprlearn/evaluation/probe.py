"""Linear probes: how much of the classes a linear classifier reads from a representation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_above

RIDGE_PENALTIES = (10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4)
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # strongest first: each starts from the one before
ITERATIONS = 100


class Probe(NamedTuple):
    """A linear classifier of rows `[N, D]`; a call gives logits `[N, C]`.

    Attributes:
      mean, scale: of the training rows, `[D]`; rows are standardised by them.
      weights: `[D, C]`, of the standardised rows.
      bias: `[C]`.
      classes: `[C]`, rising: the label of each logit.
      penalty: the one that it was fitted with.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    classes: np.ndarray
    penalty: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Logits `[N, C]` of rows `[N, D]`."""
        return _standardised(rows, self.mean, self.scale) @ self.weights + self.bias

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The most likely class `[N]` of rows `[N, D]`."""
        return self.of_scaled(_standardised(rows, self.mean, self.scale))

    def of_scaled(self, x: np.ndarray) -> np.ndarray:
        """The same of rows that are standardised already."""
        return self.classes[(x @ self.weights + self.bias).argmax(axis=1)]


def linear_probes(
    rows: np.ndarray, labels: np.ndarray, penalties: Sequence[float] = PENALTIES
) -> list[Probe]:
    """Multinomial logistic regression of standardised rows, one for each penalty.

    .. math:: \\min_{W, b} \\frac1N \\sum_i -\\log softmax(W^T x_i + b)_{y_i}
              + \\frac{\\lambda}{2} \\|W\\|^2

    which is scikit-learn's with C = 1 / (lambda N). Columns without variance are left at 0.

    Args:
      rows: x, `[N, D]`, finite.
      labels: y, `[N]`, at least two different ones.
      penalties: lambda.

    Returns:
      the probes, in the order of the penalties.

    Raises:
      UsageError: the shapes do not fit, a number is not finite, one class alone, or a penalty that
        is not positive.

    References:
      Alain & Bengio 2017, *Understanding Intermediate Layers Using Linear Classifier Probes*.
    """
    rows, labels = checked(rows, labels)
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise UsageError(f"labels has {len(classes)} class; allowed: two or more")
    mean, scale = _moments(rows)
    x = _standardised(rows, mean, scale)
    # Of few rows the weights lie in their span, and the penalty does not see how that is turned:
    # so many numbers as rows are fitted, not as columns.
    span = None
    if len(x) < x.shape[1]:
        span = np.linalg.qr(x.T.astype(np.float64))[0].astype(np.float32)  # [D, N]
        x = x @ span
    # The optimum on equal classes without features: the start of the strongest penalty.
    fitted = np.zeros((x.shape[1] + 1, len(classes)))
    fitted[-1] = np.log(np.bincount(y) / len(y))
    probes = []
    for penalty in penalties:
        check_above("penalties", penalty, 0.0)
        fitted = _fit(x, y, penalty, fitted)
        weights = fitted[:-1] if span is None else span @ fitted[:-1]
        probes.append(Probe(mean, scale, weights, fitted[-1], classes, float(penalty)))
    return probes


class Ridge(NamedTuple):
    """A linear regression of rows `[N, D]`; a call gives predictions `[N]`.

    Attributes:
      mean, scale: of the training rows, `[D]`; rows are standardised by them.
      weights: `[D]`, of the standardised rows.
      bias: the mean of the training numbers.
      penalty: the one that it was fitted with.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: float
    penalty: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Predictions `[N]` of rows `[N, D]`."""
        return _standardised(rows, self.mean, self.scale) @ self.weights + self.bias


def ridges(
    rows: np.ndarray, values: np.ndarray, penalties: Sequence[float] = RIDGE_PENALTIES
) -> list[Ridge]:
    """Ridge regression of numbers on standardised rows, one for each penalty.

    .. math:: \\min_{w, b} \\frac1N \\sum_i (y_i - w^T x_i - b)^2 + \\lambda \\|w\\|^2

    which is scikit-learn's with alpha = lambda N. Columns without variance are left at 0.

    Args:
      rows: x, `[N, D]`, finite.
      values: y, `[N]`, finite.
      penalties: lambda.

    Returns:
      the regressions, in the order of the penalties.

    Raises:
      UsageError: the shapes do not fit, a number is not finite, or a penalty is not positive.

    References:
      Hoerl & Kennard 1970, *Ridge Regression: Biased Estimation for Nonorthogonal Problems*.
    """
    rows, values = checked(rows, values)
    if not np.isfinite(values).all():
        raise UsageError("values is not finite; allowed: finite numbers")
    mean, scale = _moments(rows)
    x = _standardised(rows, mean, scale).astype(np.float64)
    bias, count = float(values.mean()), len(values)
    # One decomposition for all penalties, of the smaller of X'X and XX'.
    wide = x.shape[1] > count
    squares, vectors = np.linalg.eigh(x @ x.T if wide else x.T @ x)
    along = vectors.T @ ((values - bias) if wide else x.T @ (values - bias))
    found = []
    for penalty in penalties:
        check_above("penalties", penalty, 0.0)
        weights = vectors @ (along / (np.maximum(squares, 0.0) + penalty * count))
        weights = x.T @ weights if wide else weights
        found.append(Ridge(mean, scale, weights, bias, float(penalty)))
    return found


def best_probe(probes: Sequence[Probe], rows: np.ndarray, labels: np.ndarray) -> Probe:
    """The probe that is right most often on held-out rows; of equally good ones the first.

    The probes are of one call of `linear_probes`: they share the scale, and rows are scaled once.
    """
    x = _standardised(rows, probes[0].mean, probes[0].scale)
    right = [np.mean(probe.of_scaled(x) == labels) for probe in probes]
    return probes[int(np.argmax(right))]


def _fit(x: np.ndarray, y: np.ndarray, penalty: float, start: np.ndarray) -> np.ndarray:
    """Weights and, in the last row, bias `[D + 1, C]`, by L-BFGS from a start."""
    from scipy.optimize import minimize  # takes a moment to load

    count, shape, places = len(x), start.shape, np.arange(len(x))

    def objective(flat):
        weights, bias = flat.reshape(shape)[:-1], flat.reshape(shape)[-1]
        logits = x @ weights.astype(np.float32) + bias.astype(np.float32)
        logits -= logits.max(axis=1, keepdims=True)
        right = logits[places, y].sum(dtype=np.float64)
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1, keepdims=True)
        loss = (np.log(sums).sum(dtype=np.float64) - right) / count
        logits /= sums
        logits[places, y] -= 1.0  # now the gradient of the loss by the logits, times N
        gradient = np.empty(shape)
        gradient[:-1] = x.T @ logits / count + penalty * weights
        gradient[-1] = logits.mean(axis=0, dtype=np.float64)
        return loss + 0.5 * penalty * np.square(weights).sum(), gradient.ravel()

    options = {"maxiter": ITERATIONS, "ftol": 1e-8, "gtol": 1e-5, "maxcor": 20}
    found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(shape)


def _moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the standard deviation of each column, float64 `[D]`."""
    return rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)


def _standardised(rows: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(rows - mean) / scale in float32; of a column without variance 0."""
    known = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)
    return ((rows - mean) / known).astype(np.float32)


def checked(
    rows: np.ndarray, labels: np.ndarray, *, called: tuple[str, str] = ("rows", "labels")
) -> tuple[np.ndarray, np.ndarray]:
    """Finite rows `[N, D]`, with something of each, `[N]`; refused are others, by their names."""
    rows, labels = np.asarray(rows), np.asarray(labels)
    if rows.ndim != 2 or not rows.size or labels.shape != rows.shape[:1]:
        raise UsageError(
            f"{called[0]} has shape {rows.shape} and {called[1]} {labels.shape}; allowed: [N, D] "
            "and [N]"
        )
    if not np.isfinite(rows).all():
        raise UsageError(f"{called[0]} is not finite; allowed: finite numbers")
    return rows, labels
