"""Maps of a representation."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import class_colours, figure, legend_below, plain

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


def maps(
    panels: Mapping[str, np.ndarray],
    labels: np.ndarray,
    names: Sequence[str],
    title: str,
    columns: int = 3,
) -> Figure:
    """Several maps of the same examples, coloured by class; the legend has the first 25 classes.

    Args:
      panels: by title, `[N, 2]`.
      labels: `[N]`, integers from 0.
      names: of the classes.
      title: above the figure.
      columns: panels in a row.
    """
    rows = -(-len(panels) // columns)
    made = figure(3.3 * columns, 3.4 * rows + 0.6, title)
    order = np.random.default_rng(0).permutation(len(labels))  # no class lies over the others
    colours = class_colours(len(names))
    for place, (name, points) in enumerate(panels.items()):
        axes = made.add_subplot(rows, columns, place + 1)
        axes.set_title(name, fontsize=9)
        drawn = [colours[label] for label in labels[order]]
        axes.scatter(*points[order].T, c=drawn, s=3, linewidths=0, alpha=0.6)
        axes.set_xticks([])
        axes.set_yticks([])
    for label in np.unique(labels)[:NAMED]:
        axes.scatter([], [], color=colours[label], s=30, label=plain(names[label]))
    legend_below(made)
    return made
