"""What all figures share."""

import matplotlib as mpl
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

INK = "#222222"
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)  # Okabe & Ito 2008: safe for colour-blind eyes


def plain(text: str) -> str:
    """Text from a config or a data set as it is: no formula, nothing that cannot be printed."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown.replace("$", r"\$")


def figure(width: float, height: float, title: str) -> Figure:
    """An empty figure of so many inches, its title above; no pyplot, no global state."""
    made = Figure(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")
    fitting = 72 * width / (0.58 * max(len(title), 1))  # a letter is about .58 of its size wide
    made.suptitle(plain(title), fontsize=max(min(11, fitting), 6), color=INK)
    return made


def class_colours(count: int) -> list:
    """A colour for each of `count` classes."""
    if count <= 10:
        return list(mpl.colormaps["tab10"].colors[:count])
    return [mpl.colormaps["gist_rainbow"](i / (count - 1)) for i in range(count)]


def legend_below(made: Figure) -> None:
    """One legend under all panels, each label once; markers as large as they need to be read."""
    found = {}
    for axes in made.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    # A letter of 9 points is about 5.2 wide, and a line or a patch as wide as seven letters.
    fitting = int(72 * made.get_figwidth() / (5.2 * (max(map(len, found), default=0) + 7)))
    legend = made.legend(
        found.values(),
        found.keys(),
        loc="outside lower center",
        ncols=max(1, min(len(found), int(1.4 * made.get_figwidth()), fitting)),
        fontsize=9,
        frameon=False,
    )
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([30])
