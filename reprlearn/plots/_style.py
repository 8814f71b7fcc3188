"""What all figures share."""

import matplotlib as mpl
from matplotlib.figure import Figure

INK = "#222222"
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
)  # Okabe & Ito 2008: safe for colour-blind eyes


def figure(width: float, height: float, title: str) -> Figure:
    """An empty figure of so many inches, its title above; no pyplot, no global state."""
    made = Figure(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")
    made.suptitle(title, fontsize=11, color=INK)
    return made


def class_colours(count: int) -> list:
    """A colour for each of `count` classes."""
    if count <= 10:
        return list(mpl.colormaps["tab10"].colors[:count])
    return [mpl.colormaps["gist_rainbow"](i / (count - 1)) for i in range(count)]
