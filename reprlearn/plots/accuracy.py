"""Accuracies of classifiers."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, figure


def few_labels(
    counts: Sequence[int],
    curves: Mapping[str, np.ndarray],
    ends: Mapping[str, float],
    title: str,
) -> Figure:
    """Test accuracy over the number of labels a class, a curve each entry, in a band of the draws.

    Args:
      counts: `[K]`, labels a class, rising.
      curves: name -> accuracies `[K, draws]`.
      ends: name -> the accuracy with all labels, a dotted line.
      title: above the figure.
    """
    made = figure(5.6, 4.2, title)
    axes = made.add_subplot()
    for (name, found), colour in zip(curves.items(), COLOURS, strict=False):
        axes.plot(counts, found.mean(axis=1), color=colour, marker="o", markersize=4, label=name)
        axes.fill_between(
            counts, found.min(axis=1), found.max(axis=1), color=colour, alpha=0.2, linewidth=0
        )
        axes.axhline(ends[name], color=colour, linewidth=1.0, linestyle=":")
    axes.plot([], [], color="#666666", linewidth=1.0, linestyle=":", label="all labels")
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_ylim(0, 1.005)
    axes.set_xlabel("labels a class", fontsize=10)
    axes.set_ylabel("test accuracy", fontsize=10)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False)
    return made
