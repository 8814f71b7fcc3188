"""Morphing: how near the image has come to the style, and how far it left the content."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.columns import unit_floats
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("image", "resemblance"), kind="image")
QUESTION = "does the image have the content of one and the style of the other?"
METRICS = {
    "style_ratio": Metric(
        "distance in style of the content's image, over that of the result", "higher"
    ),
    "content_ratio": Metric(
        "distance in content of the result, over that of the style's image", "lower"
    ),
}
CAPTIONS = {
    "morph": (
        "The image whose content was wanted, the one whose style was wanted, and what has both: "
        "things where the first has them, in colours and textures of the second."
    ),
}


def measure(subject: Subject) -> Measured:
    """The result beside the two images that it was made of."""
    run, arrays = subject.run, subject.load()
    content, style = unit_floats(arrays["x"][:1]), unit_floats(arrays["style"][:1])
    result = run.image()
    every = np.concatenate([content, style, result])
    found = {name: np.asarray(v) for name, v in run.method.resemblance(run.state, every).items()}
    values = {
        "morph/style_ratio": float(found["style"][0] / max(found["style"][2], 1e-12)),
        "morph/content_ratio": float(found["content"][2] / max(found["content"][1], 1e-12)),
    }
    return Measured(values, {"content": content, "style": style, "result": result})


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The three images."""
    panels = {name: measured.arrays[name][0] for name in ("content", "style", "result")}
    yield "morph", plots.pictures(panels, f"Content and style ({what})")
