"""Some test images, and the others that are nearest to them in the learned space."""

import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.columns import unit_floats
from reprlearn.figures.base import choose, of_images
from reprlearn.roles import single
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode",), kind="image")
CAPTION = (
    "On the left a test image, then the test images whose codes are nearest, the nearest first. A "
    "frame marks one of another class. Look at these: what does the run take for alike?"
)
QUERIES, NEAREST = 8, 8
SEARCHED = 5_000  # images


def draw(subject: Subject) -> Figure | None:
    """Queries of as many classes as there are; nothing of fewer images than are shown."""
    arrays = single(subject.load())
    x, y = arrays["x"][:SEARCHED], arrays.get("y")
    if len(x) <= NEAREST:
        return None
    codes = subject.run.encode(x)
    if not np.abs(codes).max() < 1e15:  # a run that has run away
        return None
    asked = choose(QUERIES, len(x), None if y is None else y[:SEARCHED])
    found = evaluation.nearest(codes[asked], codes, k=NEAREST + 1).places
    others = np.array(
        [row[row != place][:NEAREST] for row, place in zip(found, asked, strict=True)]
    )
    wrong = np.zeros(others.shape, bool) if y is None else y[others] != y[asked][:, None]
    images = unit_floats(x[np.concatenate([asked[:, None], others], axis=1)])
    return plots.neighbours(images, wrong, f"Nearest test images ({of_images(subject)})")
