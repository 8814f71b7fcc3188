"""Whether a linear decoder spans the principal subspace of its training data, as the theory says.

The optimum of a linear auto-encoder under squared error, tied or not, spans the first principal
directions; its own directions are any basis of them (Baldi & Hornik 1989, Bourlard & Kamp 1988).
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("reconstruct", "directions"), columns=("x",))
QUESTION = "does the linear decoder span the principal subspace? the angle between them, the error"
METRICS = {
    "max_angle_degrees": Metric("largest angle between the decoder and the components", "lower"),
    "excess_error": Metric("error above the least possible one, as a share of it", "lower"),
}
CAPTIONS = {
    "directions": (
        "Above the directions that the decoder learned, below them the principal components, and "
        "in the last row the same learned subspace turned onto them. A linear auto-encoder finds "
        "the subspace of PCA, but any basis of it."
    ),
}
NOTHING = 1e-6  # singular values below this share of the largest are of no direction


def measure(subject: Subject) -> Measured:
    """On the training examples, at most 60,000: the claim is about those that were learned from."""
    run, pca = subject.run, subject.components
    x = subject.examples("train")
    found = pca.singular_values > NOTHING * max(pca.singular_values[0], NOTHING)
    principal = pca.components[found].astype(np.float64)  # [R, D]
    learned = run.directions().reshape(-1, principal.shape[1]).astype(np.float64)
    rank = np.linalg.matrix_rank(learned)
    angle = 90.0  # of a principal direction that none of the learned ones is left for
    if rank >= len(principal):
        angle = float(evaluation.principal_angles(learned, principal).max())
    values = {"pca/max_angle_degrees": angle}
    rows = subject.flat(x).astype(np.float64)
    centred = rows - rows.mean(axis=0)
    least = np.square(centred - centred @ principal.T @ principal).sum()
    if least > NOTHING * np.square(centred).sum():
        error = np.square(rows - subject.flat(run.reconstruct(x).astype(np.float32))).sum()
        values["pca/excess_error"] = float(error / least - 1.0)
    shape = (-1, *run.column.shape)
    arrays = {
        "learned": learned.reshape(shape),
        "principal": principal.reshape(shape),
        "names": np.array(run.column.fields),
    }
    if rank == len(learned):
        arrays["turned"] = evaluation.rotated_onto(learned, principal).reshape(shape)
    return Measured(values, arrays)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The learned directions, the principal ones, and the learned ones turned onto these."""
    arrays = measured.arrays
    called = {"learned": "learned", "principal": "principal", "turned": "learned,\nturned"}
    rows = {shown: arrays[name] for name, shown in called.items() if name in arrays}
    title = f"Directions of the decoder and of PCA ({what})"
    yield "directions", plots.directions(rows, arrays["names"].tolist(), title)
