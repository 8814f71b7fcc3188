"""Some test examples of each class."""

import numpy as np
from matplotlib.figure import Figure

from reprlearn import data, plots
from reprlearn.columns import unit_floats
from reprlearn.figures.base import of_images
from reprlearn.roles import domain
from reprlearn.subject import Needs, Subject

NEEDS = Needs(kind="image")
CAPTION = (
    "The first test examples of each class, as the run sees them; of data without labels the first "
    "of all, of listed pairs the left above the right ones. Nothing here is learned: look "
    "whether the data were read as you meant."
)
CLASSES, EACH = 10, 10  # that are shown


def draw(subject: Subject) -> Figure:
    """Of two domains both."""
    arrays, names = subject.load(), subject.run.class_names
    if "similar" in arrays:
        return plots.examples(_pairs(arrays), f"Test pairs ({of_images(subject)})")
    domains = {"": arrays}
    if "source/x" in arrays:
        domains = {name: domain(arrays, name) for name in ("source", "target")}
    rows = {title: _rows(of_domain, names) for title, of_domain in domains.items()}
    return plots.examples(rows, f"Test examples ({of_images(subject)})")


def _pairs(arrays: data.Arrays) -> dict[str, list[tuple[str, np.ndarray]]]:
    """The first similar and the first dissimilar pairs, the left ones above the right ones."""
    kinds = {"similar": arrays["similar"] == 1, "dissimilar": arrays["similar"] == 0}
    return {
        kind: [
            (side, unit_floats(arrays[f"{side}/x"][chosen][:EACH])) for side in ("left", "right")
        ]
        for kind, chosen in kinds.items()
        if chosen.any()
    }


def _rows(arrays: data.Arrays, names: tuple[str, ...]) -> list[tuple[str, np.ndarray]]:
    """A name and the first images of each class."""
    x, y = arrays["x"], arrays.get("y")
    if y is None or not (y >= 0).any():
        return [("", unit_floats(x[i : i + EACH])) for i in range(0, min(len(x), 40), EACH)]
    present = [label for label in range(len(names)) if (y == label).any()][:CLASSES]
    return [(names[label], unit_floats(x[y == label][:EACH])) for label in present]
