"""Maps of a representation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import class_colours, figure, plain


def latent_map(
    points: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    title: str,
    axes_names: tuple[str, str] = ("$z_1$", "$z_2$"),
) -> Figure:
    """A scatter of representations, coloured by class.

    Args:
      points: `[N, 2]`.
      labels: `[N]`, integers from 0.
      names: of the classes.
      title: above the figure.
      axes_names: of the two dimensions.
    """
    made = figure(6.6, 5.2, title)
    axes = made.add_subplot()
    for label, colour in enumerate(class_colours(len(names))):
        members = labels == label
        axes.scatter(
            points[members, 0],
            points[members, 1],
            s=7,
            color=colour,
            label=plain(names[label]),
            alpha=0.7,
            linewidths=0,
        )
    axes.set_xlabel(axes_names[0], fontsize=10)
    axes.set_ylabel(axes_names[1], fontsize=10)
    axes.tick_params(labelsize=8)
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(
        loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9, frameon=False, markerscale=2.5
    )
    return made
