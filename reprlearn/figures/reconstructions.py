"""Inputs and their reconstructions."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.columns import to_model, unit_floats
from reprlearn.figures.base import SHOWN, of_images
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("reconstruct",), columns=("x",))
CAPTION = (
    "Each test example and what comes back from its code. What is missing on the right is "
    "what the code does not keep."
)


def draw(subject: Subject) -> Figure:
    """Images side by side; of vectors the error of each field, and some rows."""
    run, x = subject.run, subject.load()["x"]
    if run.column.kind == "image":
        x, title = x[:SHOWN], f"Test images and their reconstructions ({of_images(subject)})"
        return plots.reconstructions(unit_floats(x), run.reconstruct(x), title)
    seen = [to_model(run.column, values) for values in (x, run.reconstruct(x))]
    title = f"Test rows and their reconstructions ({subject.what})"
    return plots.vector_reconstructions(*seen, run.column.fields, title)
