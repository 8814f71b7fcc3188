"""A linear probe: logistic regression on the codes of training examples.

"linear_probe/accuracy" and "/balanced_accuracy" are of the learned codes, "/accuracy_low" and
"_high" a 95% interval over the test examples; "/accuracy_of_1", "_of_10" and "_of_100" of probes of
so many labels a class, a mean over 5 draws of them; with "pca_", "pixels_" and "untrained_" of
these spaces; with "unseen_" among classes that were not trained on. The penalty is chosen on the
validation split.
"""

from collections.abc import Iterator

import jax
import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.kept import Measured
from reprlearn.scores.base import Fitted, accuracy, check, fitted
from reprlearn.subject import Needs, Subject, called

__all__ = ["NEEDS", "QUESTION", "check", "draw", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "does a linear classifier of the codes tell the class? accuracy, also from few labels"
FEW, DRAWS = (1, 10, 100), 5
UNCHOSEN = 1e-3  # the penalty, where there is nothing to choose it on


def measure(subject: Subject) -> Measured:
    """Accuracies in each space; whether each example is right; the accuracy of every few."""
    values, arrays = {}, {}
    rng = np.random.default_rng(jax.random.key_data(subject.key("scores/linear_probe")).tolist())
    for group in fitted(subject):
        y, draws = group.test.y, list(_few(group.train.y, rng))
        for space in group.test.spaces:
            name, role = f"linear_probe/{called(group.prefix, space)}", f"{group.prefix}{space}"
            right = _probe(group, space).predict(group.test.rows(space)) == y
            values |= accuracy(f"{name}accuracy", right)
            by_class = [right[y == label].mean() for label in np.unique(y)]
            values[f"{name}balanced_accuracy"] = np.mean(by_class)
            few: dict[int, list[float]] = {}
            for count, places in draws:
                probe = _probe(group, space, places)
                found = np.mean(probe.predict(group.test.rows(space)) == y)
                few.setdefault(count, []).append(found)
            values |= {f"{name}accuracy_of_{n}": np.mean(found) for n, found in few.items()}
            arrays |= {role: right, f"{role}_few": np.array(list(few.values()))}
            arrays["few"] = np.array(list(few))
    return Measured(values, arrays)


def _few(labels: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
    """(n, places of n examples of every class), DRAWS times for each n that all classes have."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for count in FEW:
        if count <= min(map(len, members)):
            for _ in range(DRAWS):
                yield count, np.concatenate([rng.choice(m, count, replace=False) for m in members])


def _probe(group: Fitted, space: str, places: np.ndarray | None = None) -> evaluation.Probe:
    """The probe of all training examples, or of those at some places."""
    rows, labels = group.train.rows(space), group.train.y
    if places is not None:
        rows, labels = rows[places], labels[places]
    if group.validation is None:
        return evaluation.linear_probes(rows, labels, [UNCHOSEN])[0]
    probes = evaluation.linear_probes(rows, labels)
    return evaluation.best_probe(probes, group.validation.rows(space), group.validation.y)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The accuracy over the number of labels a class, for the classes that were trained on."""
    arrays, counts = measured.arrays, measured.arrays.get("few", ())
    curves = {
        role.removesuffix("_few"): found
        for role, found in arrays.items()
        if role.endswith("_few") and not role.startswith("unseen_")
    }
    if len(counts) > 1:
        ends = {role: arrays[role].mean() for role in curves}
        yield "few_labels", plots.few_labels(counts, curves, ends, f"Linear probes ({what})")
