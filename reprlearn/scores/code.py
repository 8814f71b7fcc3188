"""The code itself: how many of its numbers are active, and how far it moves with the example.

A number of a code is active where it is more than a tenth of the largest value that it has; one
that is the same for every example is dead, and never active. The sensitivity compares a step of the
data's size in a random direction with a step from one example to another: of an encoder that
follows only what varies in the data it is near 0, of white noise 1.
"""

from collections.abc import Iterator

import jax
import numpy as np
from matplotlib.figure import Figure

from reprlearn import losses, plots
from reprlearn.columns import to_model
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject
from reprlearn.training import metrics

NEEDS = Needs(can=("encode",), columns=("x",))
QUESTION = "how many numbers of a code are active, and how far does it move with the example?"
METRICS = {
    "active": Metric("share of a code's numbers above a tenth of the largest value of each"),
    "dead": Metric("share of a code's numbers that are the same for every example", "lower"),
    "mean": Metric("mean size of a code's numbers"),
    "jacobian": Metric("norm of the encoder's Jacobian, Frobenius"),
    "sensitivity": Metric("how far noise moves the code, beside how far another example does"),
}
CAPTIONS = {
    "code": (
        "Left: how often each number of the code is active, the most often first; the curve of a "
        "sparse code is low. Right: how far the code moves in its directions, the farthest first, "
        "beside its spread; a code that follows few directions falls steeply. PCA has as many "
        "components as the code has numbers, or all there are."
    ),
}
ACTIVE = 0.1  # of the largest size of each number
SLOPES = 500  # examples whose Jacobian is computed, in parts of BATCH
BATCH = 50


def measure(subject: Subject) -> Measured:
    """Activity of each example's code; Jacobians of the first 500."""
    run, x = subject.run, subject.examples()
    rows, components = subject.flat(x), subject.components
    codes = {"": run.encode(x).astype(np.float64), "pca_": components(rows).astype(np.float64)}
    of_pca = np.ones((1, len(components.components)))  # orthonormal, at every example
    stretch = {"": _stretch(subject, x[:SLOPES]), "pca_": of_pca}
    values, arrays = {}, {}
    for space, z in codes.items():
        spread = z.var(axis=0).sum()
        dead = (z == z[:1]).all(axis=0)
        active = (np.abs(z) > ACTIVE * np.abs(z).max(axis=0, keepdims=True)) & ~dead
        values[f"code/{space}active"] = active.mean(axis=1)
        values[f"code/{space}dead"] = float(dead.mean())
        if not space:
            values["code/mean"] = np.abs(z).mean(axis=1)
            values["code/jacobian"] = np.sqrt(stretch[space].sum(axis=1))
        if spread > 0:
            relative = stretch[space] * (rows.var(axis=0, dtype=np.float64).mean() / spread)
            values[f"code/{space}sensitivity"] = float(np.sqrt(relative.sum(axis=1).mean()))
            arrays[f"{space}directions"] = np.sqrt(relative.mean(axis=0))
        arrays[f"{space}active"] = np.sort(active.mean(axis=0))[::-1]
    return Measured(values, arrays)


def _stretch(subject: Subject, x: np.ndarray) -> np.ndarray:
    """The squared singular values of the Jacobian at each example, the largest first."""
    run, seen = subject.run, to_model(subject.run.column, x)

    @jax.jit
    def squared(state, x):
        slopes = losses.jacobians(lambda x: run.method.encode(state, x), x)
        return slopes @ slopes.mT if slopes.shape[1] <= slopes.shape[2] else slopes.mT @ slopes

    found = metrics.in_batches(lambda rows, _: squared(run.state, rows), seen, BATCH)
    values = np.linalg.eigvalsh(found.astype(np.float64))
    return np.maximum(values[:, ::-1], 0.0)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """Activity and directions of the code, beside those of PCA."""
    named = {"learned": "", "PCA": "pca_"}
    panels = {"active": "share of examples", "directions": "movement / spread"}
    curves = {
        panel: {
            name: measured.arrays[space + panel]
            for name, space in named.items()
            if space + panel in measured.arrays
        }
        for panel in panels
    }
    yield "code", plots.spectra(curves, panels, f"The code of test examples ({what})")
