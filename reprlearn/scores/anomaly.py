"""Anomaly detection: a run that learned from normal classes alone is shown all of them.

`data.classes` says which classes are normal. An example is the more anomalous the larger its error
of reconstruction; beside it stand the error of PCA of as many numbers as the code has, and an
isolation forest (Liu, Ting & Zhou 2008), both fitted to the same normal training examples.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import evaluation, plots
from reprlearn.columns import to_model
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.roles import single
from reprlearn.scores.base import bounded, check_held_out
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("encode", "reconstruct"), columns=("x", "y"))
QUESTION = (
    "does the error tell classes that the run did not learn from? AUC, average precision, beside "
    "PCA's and an isolation forest"
)
METRICS = {
    "auc": Metric("how often an anomaly has a larger error than a normal example", "higher"),
    "average_precision": Metric("mean share of anomalies among the larger errors", "higher"),
    "normal": Metric("normal examples that are judged"),
    "anomalies": Metric("anomalies that are judged"),
}
CAPTIONS = {
    "anomaly": (
        "Share of anomalies found against the share of normal examples taken for one, over all "
        "thresholds. The nearer to the upper left corner, the better; the diagonal is chance."
    ),
    "anomaly_examples": (
        "The test examples that are hardest for the error: normal ones of the largest, anomalies "
        "of the smallest, each above its reconstruction."
    ),
}
SHOWN = 10  # examples of each kind


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, and a run that learns from all classes or that sees no others."""
    check_held_out(split)
    if not config.data.classes:
        raise UsageError(
            "it needs to know what is normal; set data.classes to the classes to learn from"
        )
    normal = _is_normal(labelled(single(load(split))), config.data.classes)
    if normal.all() or not normal.any():
        kind = "anomalies" if normal.all() else "normal examples"
        raise UsageError(f"the {split} split has no {kind}; allowed: some of both")


def _is_normal(arrays: Any, classes: tuple[int, ...]) -> np.ndarray:
    return np.isin(arrays["y"], classes)


def measure(subject: Subject) -> Measured:
    """How well errors tell anomalies; the examples that are hardest for them."""
    run, arrays = subject.run, labelled(single(subject.load()))
    x, normal = arrays["x"], _is_normal(arrays, subject.run.config.data.classes)
    rows, reconstructed = subject.flat(x), run.reconstruct(x).astype(np.float32)
    errors = {
        "learned": _error(rows, subject.flat(reconstructed)),
        "pca": _error(rows, subject.components.kept(rows)),
        "forest": _isolation(subject, rows),
    }
    values = {"anomaly/normal": int(normal.sum()), "anomaly/anomalies": int((~normal).sum())}
    for space, found in errors.items():
        values |= _told_apart(f"anomaly/{called('', space)}", found, normal)
    hardest = {
        "normal": np.flatnonzero(normal)[np.argsort(-errors["learned"][normal])[:SHOWN]],
        "anomalous": np.flatnonzero(~normal)[np.argsort(errors["learned"][~normal])[:SHOWN]],
    }
    shown = {kind: to_model(run.column, x[places]) for kind, places in hardest.items()}
    shown |= {f"{kind}_reconstructed": reconstructed[at] for kind, at in hardest.items()}
    return Measured(values, {**errors, **shown, "is_normal": normal})


def _error(rows: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.square(rows - found).mean(axis=1, dtype=np.float64)


def _isolation(subject: Subject, rows: np.ndarray) -> np.ndarray:
    """How anomalous an isolation forest takes each example for."""
    from sklearn.ensemble import IsolationForest  # takes a second to load

    forest = IsolationForest(random_state=subject.run.config.seed % 2**32)
    train = subject.flat(subject.examples("train"))
    return -forest.fit(train).score_samples(rows)


def _told_apart(name: str, errors: np.ndarray, normal: np.ndarray) -> dict[str, float]:
    """Both values with their intervals, over normal examples and anomalies drawn anew."""
    order = np.argsort(errors)
    errors, normal = errors[order], normal[order]

    def both(weights):
        precision = evaluation.average_precision(errors, ~normal, weights=weights)
        return evaluation.auc(errors, normal, weights=weights), precision

    def drawn(places):
        return both(np.bincount(places, minlength=len(errors)))

    intervals, values = evaluation.bootstrap_all(drawn, len(errors), strata=normal), {}
    metrics = ("auc", "average_precision")
    for metric, value, interval in zip(metrics, both(None), intervals, strict=True):
        values |= bounded(name + metric, value, interval)
    return values


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The ROC of each way to tell anomalies, and the examples that are hardest for the error."""
    arrays, normal = measured.arrays, measured.arrays["is_normal"]
    curves = {}
    for role, name in (("learned", "learned"), ("pca", "PCA"), ("forest", "isolation forest")):
        curve = evaluation.roc(arrays[role], normal)
        rates = curve.true_accept_rate, curve.false_accept_rate
        curves[name] = (*(1.0 - rate[::-1] for rate in rates), evaluation.auc(arrays[role], normal))
    axes = "normal examples taken for anomalies", "anomalies found"
    yield "anomaly", plots.roc_curves(curves, f"Anomalies among test examples ({what})", axes)
    if arrays["normal"].ndim == 4:
        rows = {
            f"{kind}, {size} error": [
                ("example", arrays[kind]),
                ("reconstruction", arrays[f"{kind}_reconstructed"]),
            ]
            for kind, size in (("normal", "largest"), ("anomalous", "smallest"))
        }
        yield "anomaly_examples", plots.examples(rows, f"Hardest for the error ({what})")
