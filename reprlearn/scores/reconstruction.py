"""Reconstruction of each example, beside PCA of as many numbers as the code has.

Errors are in the units that the model sees: images from 0 to 1, a vector's fields standardised.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.columns import to_model
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode", "reconstruct"), columns=("x",))
QUESTION = "how much of an example does the code keep? squared error, beside PCA of equal size"
METRICS = {
    "mse": Metric("squared error, mean over an example's values", "lower"),
    "explained": Metric("share of the variance that is reconstructed", "higher"),
}
CAPTIONS = {
    "worst_reconstructions": (
        "The test examples with the largest error, the worst first. Look here for what the "
        "code cannot keep, and for odd examples in the data."
    ),
}
WORST = 49  # examples that are shown


def measure(subject: Subject) -> Measured:
    """The error of each example; the worst examples with their reconstructions."""
    run = subject.run
    x = subject.examples()
    rows, reconstructed = subject.flat(x), subject.flat(run.reconstruct(x).astype(np.float32))
    components = subject.components
    kept = {
        "": reconstructed,
        "pca_": components.kept(rows),
    }
    spread, values = np.square(rows - components.mean).mean(), {}
    for space, found in kept.items():
        errors = np.square(rows - found).mean(axis=1, dtype=np.float64)
        values[f"reconstruction/{space}mse"] = errors
        if spread > 0:
            values[f"reconstruction/{space}explained"] = 1.0 - errors.mean() / spread
    worst = np.argsort(-values["reconstruction/mse"], kind="stable")[:WORST]
    arrays = {
        "worst": to_model(run.column, x[worst]),
        "worst_reconstructed": reconstructed[worst].reshape(-1, *run.column.shape),
        "worst_places": worst,
        "names": np.array(run.column.fields),
    }
    return Measured(values, arrays)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The examples that are reconstructed worst, the worst first."""
    x, reconstructed = (measured.arrays[role] for role in ("worst", "worst_reconstructed"))
    title = f"The test examples of largest error ({what})"
    if x.ndim == 4:
        yield "worst_reconstructions", plots.reconstructions(x, reconstructed, title)
    else:
        names = measured.arrays["names"].tolist()
        made = plots.vector_reconstructions(x, reconstructed, names, title)
        yield "worst_reconstructions", made
