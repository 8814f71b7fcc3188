"""Maps of a representation."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import class_colours, figure, plain

NAMED = 25  # classes in a legend


def latent_map(
    points: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    title: str,
    axes_names: tuple[str, str] = ("$z_1$", "$z_2$"),
    crosses: Collection[int] = (),
) -> Figure:
    """A scatter of representations, coloured by class; the legend has the first 25 classes.

    Args:
      points: `[N, 2]`.
      labels: `[N]`, integers from 0.
      names: of the classes.
      title: above the figure.
      axes_names: of the two dimensions.
      crosses: the classes whose points are crosses, over the others.
    """
    made = figure(6.6, 5.2, title)
    axes = made.add_subplot()
    for label, colour in enumerate(class_colours(len(names))):
        dots = {"s": 7, "linewidths": 0, "alpha": 0.7}
        cross = {"s": 14, "linewidths": 0.8, "marker": "x", "zorder": 3}
        style = cross if label in crosses else dots
        shown = plain(names[label]) if label < NAMED else None
        axes.scatter(*points[labels == label].T, color=colour, label=shown, **style)
    if len(names) > NAMED:
        axes.scatter([], [], s=0, label=f"and {len(names) - NAMED} more")
    axes.set_xlabel(axes_names[0], fontsize=10)
    axes.set_ylabel(axes_names[1], fontsize=10)
    axes.tick_params(labelsize=8)
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(
        loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9, frameon=False, markerscale=2.5
    )
    return made
