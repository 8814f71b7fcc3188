"""Classification by the method's own classes: right, by class, and as often as it says.

Of two domains the source's examples, and the target's where their classes are known.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure
from scipy.special import log_softmax

from reprlearn import evaluation, plots
from reprlearn.kept import Measured, Metric
from reprlearn.scores.base import balanced_accuracy
from reprlearn.scores.base import check_labelled as check
from reprlearn.subject import Needs, Subject

__all__ = ["CAPTIONS", "METRICS", "NEEDS", "QUESTION", "check", "draw", "measure"]

NEEDS = Needs(can=("predict",), columns=("y",))
QUESTION = "is the class predicted, and as often as the run says? accuracy, ECE, Brier score"
METRICS = {
    "accuracy": Metric("share of examples whose class is predicted", "higher"),
    "balanced_accuracy": Metric("the mean of the classes' accuracies", "higher"),
    "cross_entropy": Metric("-log of the probability given to the class, in nats", "lower"),
    "brier": Metric("squared distance of the probabilities from the class", "lower"),
    "ece": Metric("expected calibration error, 15 bins: confidence against accuracy", "lower"),
}
CAPTIONS = {
    "confusion": (
        "Each row is a true class, each column what was predicted, in per cent of the row. "
        "Off the diagonal are the classes that are mistaken for each other."
    ),
    "reliability": (
        "Examples in bins of the predicted probability, and how often they are right. Below "
        "the diagonal the run is over-confident, above it under-confident."
    ),
}


def measure(subject: Subject) -> Measured:
    """Values by group; the confusion matrix and the reliability of each."""
    run, values = subject.run, {}
    arrays = {"classes": np.array(run.class_names)}
    for group, examples in subject.groups().items():
        if group == "unseen_":  # no class that the run could predict
            continue
        logits = run.predict(examples.x, examples.column)
        logs = log_softmax(logits.astype(np.float64), axis=1)
        p, y = np.exp(logs), examples.y
        right, name = p.argmax(axis=1) == y, f"classification/{group}"
        values |= {
            f"{name}accuracy": right,
            **balanced_accuracy(f"{name}balanced_accuracy", right, y),
            f"{name}cross_entropy": -logs[np.arange(len(y)), y],
            f"{name}brier": evaluation.brier(p, y),
            f"{name}ece": evaluation.calibration_error(p, y),
        }
        arrays[f"{group}confusion"] = evaluation.confusion(p.argmax(axis=1), y, p.shape[1])
        arrays[f"{group}reliability"] = np.stack(evaluation.reliability(p, y))
    return Measured(values, arrays)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """Confusion matrices and reliability, of the source and of the target side by side."""
    arrays = measured.arrays
    called = {"": "test examples", "target_": "target test examples"}
    groups = {called[group]: group for group in called if f"{group}confusion" in arrays}
    confusions = {title: arrays[f"{group}confusion"] for title, group in groups.items()}
    yield "confusion", plots.confusion(confusions, arrays["classes"], f"Confusion ({what})")
    curves = {title: arrays[f"{group}reliability"] for title, group in groups.items()}
    yield "reliability", plots.reliability(curves, f"Reliability ({what})")
