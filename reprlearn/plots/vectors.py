"""Vectors beside their reconstructions: the error of each field, and a few rows over all fields."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reprlearn.plots._style import COLOURS, INK, figure, plain

FIELDS, ROWS = 24, 6  # that are shown


def vector_reconstructions(
    x: np.ndarray, reconstructed: np.ndarray, names: Sequence[str], title: str
) -> Figure:
    """The root mean squared error of each field, and the first rows with their reconstructions.

    Of more than 24 fields those with the largest errors are shown.

    Args:
      x: `[N, D]`, as a model sees them.
      reconstructed: the same of their reconstructions.
      names: of the fields.
      title: above.
    """
    error = np.sqrt(np.square(x - reconstructed).mean(axis=0))
    fields = np.sort(np.argsort(error, kind="stable")[::-1][:FIELDS])
    labels = [plain(names[field])[:24] for field in fields]
    made = figure(11.0, 1.9 + 0.22 * max(len(fields), 8), title)
    bars, rows = made.subplots(1, 2, width_ratios=(2, 3))
    places = np.arange(len(fields))
    bars.barh(places, error[fields], color=COLOURS[0], height=0.7)
    bars.set_yticks(places, labels, fontsize=8)
    bars.invert_yaxis()
    bars.set_xlim(left=0)
    more = f"; {FIELDS} of {len(error)} fields, the largest" if len(error) > FIELDS else ""
    bars.set_xlabel(f"root mean squared error, scaled as the model sees it{more}", fontsize=9)
    for row in range(min(ROWS, len(x))):
        colour = COLOURS[row % len(COLOURS)]
        rows.plot(x[row, fields], places, color=colour, linewidth=1.4, marker="o", markersize=3)
        rows.plot(reconstructed[row, fields], places, color=colour, linewidth=1.2, linestyle="--")
    rows.set_yticks(places, [])
    rows.set_ylim(bars.get_ylim())
    rows.set_xlabel("value, scaled as the model sees it", fontsize=9)
    rows.grid(axis="y", color="#dddddd", linewidth=0.6)
    kinds = [
        Line2D([], [], color=INK, marker="o", markersize=3, label="test row"),
        Line2D([], [], color=INK, linestyle="--", label="reconstruction"),
    ]
    rows.legend(handles=kinds, fontsize=8, loc="best", framealpha=0.9)
    for axes in (bars, rows):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return made
