"""A linear probe: logistic regression on the codes of training examples.

The penalty is chosen on the validation split; with few labels too, so there the labels that are
few are those that it is fitted to.
"""

from collections.abc import Iterator

import jax
import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.kept import GROUPS, Measured, Metric, called
from reprlearn.scores.base import balanced_accuracy, check, fitted, probe
from reprlearn.subject import Needs, Subject

__all__ = ["CAPTIONS", "METRICS", "NEEDS", "QUESTION", "check", "draw", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "does a linear classifier of the codes tell the class? accuracy, also from few labels"
METRICS = {
    "accuracy": Metric("share of examples whose class the probe tells", "higher"),
    "balanced_accuracy": Metric("the mean of the classes' accuracies", "higher"),
    "accuracy_of_1": Metric("accuracy with 1 label a class, mean of 5 draws", "higher"),
    "accuracy_of_10": Metric("accuracy with 10 labels a class, mean of 5 draws", "higher"),
    "accuracy_of_100": Metric("accuracy with 100 labels a class, mean of 5 draws", "higher"),
}
CAPTIONS = {
    "few_labels": (
        "Accuracy on test examples against the number of labelled training examples a class, "
        "in a band of five draws; dotted: all labels. A representation that helps is above "
        "the pixels on the left, where labels are few."
    ),
}
FEW, DRAWS = (1, 10, 100), 5


def measure(subject: Subject) -> Measured:
    """Accuracies in each space; whether each example is right; the accuracy of every few."""
    values, arrays = {}, {}
    rng = np.random.default_rng(jax.random.key_data(subject.key("scores/linear_probe")).tolist())
    for group in fitted(subject):
        y, draws = group.test.y, list(_few(group.train.y, rng))
        for space in group.test.spaces:
            name, role = f"linear_probe/{called(group.prefix, space)}", f"{group.prefix}{space}"
            right = probe(group, space).predict(group.test.rows(space)) == y
            values[f"{name}accuracy"] = right
            values |= balanced_accuracy(f"{name}balanced_accuracy", right, y)
            few: dict[int, list[float]] = {}
            for count, places in draws:
                fitted_to = probe(group, space, places)
                found = np.mean(fitted_to.predict(group.test.rows(space)) == y)
                few.setdefault(count, []).append(found)
            values |= {f"{name}accuracy_of_{n}": np.mean(found) for n, found in few.items()}
            arrays |= {f"{role}_all": right.mean(), f"{role}_few": np.array(list(few.values()))}
            arrays[f"{group.prefix}counts"] = np.array(list(few))
    return Measured(values, arrays)


def _few(labels: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
    """(n, places of n examples of every class), DRAWS times for each n that all classes have."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for count in FEW:
        if count <= min(map(len, members)):
            for _ in range(DRAWS):
                yield count, np.concatenate([rng.choice(m, count, replace=False) for m in members])


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The accuracy over the number of labels a class, for the classes that were trained on."""
    arrays, counts = measured.arrays, measured.arrays.get("counts", ())
    curves = {
        role.removesuffix("_few"): found
        for role, found in arrays.items()
        if role.endswith("_few") and not role.startswith(tuple(GROUPS))
    }
    if len(counts) > 1:
        ends = {role: float(arrays[f"{role}_all"]) for role in curves}
        yield "few_labels", plots.few_labels(counts, curves, ends, f"Linear probes ({what})")
