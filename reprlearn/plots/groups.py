"""What is decided on groups, and what fairness costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, class_colours, figure, legend_below, plain

MOST_CLASSES = 6  # panels


def shares_by_group(
    shares: np.ndarray, counts: np.ndarray, names: Mapping[str, Sequence[str]], title: str
) -> Figure:
    """A panel for each predicted class, of two for the second: the shares of all groups.

    Args:
      shares: `[P, G, C]`, of the examples of a part and a group those predicted of a class.
      counts: `[P, G]`, examples.
      names: of the "parts", such as "all"; of the "groups" and of the "classes".
      title: above.
    """
    classes = range(len(names["classes"]))
    shown = classes[-1:] if len(classes) == 2 else classes[:MOST_CLASSES]
    parts, groups = names["parts"], names["groups"]
    height = 1.6 + 0.3 * len(parts) * max(len(groups), 2)
    made = figure(1.6 + 4.4 * len(shown), height, title)
    colours = _colours(len(groups))
    for panel, predicted in enumerate(shown):
        axes = made.add_subplot(1, len(shown), panel + 1)
        for place, (name, colour) in enumerate(zip(groups, colours, strict=False)):
            share, count = shares[:, place, predicted], counts[:, place]
            rows = np.arange(len(parts)) + 0.6 * ((place + 0.5) / len(groups) - 0.5)
            middle, half = _wilson(share, count)
            axes.errorbar(
                middle, rows, xerr=half, fmt="none", ecolor=colour, elinewidth=2, alpha=0.5
            )
            axes.plot(share, rows, "o", color=colour, markersize=5, label=plain(name))
        axes.set_yticks(range(len(parts)), [plain(name) for name in parts], fontsize=9)
        axes.set_ylim(len(parts) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(
            plain(f"share predicted as class {names['classes'][predicted]}"), fontsize=9
        )
        axes.tick_params(labelsize=8)
        axes.grid(axis="x", alpha=0.25)
    legend_below(made)
    return made


def _colours(count: int) -> Sequence[Any]:
    """At least so many colours, those of all figures where they are enough."""
    return COLOURS if count <= len(COLOURS) else class_colours(count)


def _wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle and the half width of the 95% interval of a share (Wilson 1927)."""
    z, n = 1.96, np.maximum(count, 1)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle, half


def trade_off(points: Mapping[str, Mapping[str, tuple[float, float, float]]], title: str) -> Figure:
    """Balanced accuracy over each gap, a point with its intervals for each run.

    Args:
      points: by run and by "balanced_accuracy", "demographic_parity" and "equalized_odds": the
        value, and the ends of its interval.
      title: above.
    """
    gaps = {"demographic_parity": "demographic-parity gap", "equalized_odds": "equalized-odds gap"}
    made = figure(9.2, 4.2, title)
    for panel, (gap, called) in enumerate(gaps.items()):
        axes = made.add_subplot(1, 2, panel + 1)
        for (name, found), colour in zip(points.items(), _colours(len(points)), strict=False):
            x, *x_ends = found[gap]
            y, *y_ends = found["balanced_accuracy"]
            axes.plot(x_ends, (y, y), color=colour, linewidth=1.4, alpha=0.6)
            axes.plot((x, x), y_ends, color=colour, linewidth=1.4, alpha=0.6)
            axes.plot(x, y, "o", color=colour, label=plain(name.replace("_", " ")), markersize=6)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"{called} (0: groups alike)", fontsize=9, color=INK)
        axes.set_ylabel("balanced accuracy", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
    legend_below(made)
    return made
