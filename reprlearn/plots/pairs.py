"""How well a distance tells similar pairs from dissimilar ones."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, class_colours, figure, legend_below

_BINS = 50


def distance_histograms(
    distances: Mapping[str, tuple[np.ndarray, np.ndarray]],
    title: str,
    threshold: float | None = None,
) -> Figure:
    """Densities of the distances of similar and of dissimilar pairs, one panel each entry.

    Args:
      distances: name -> (distances `[P]`, similar `[P]` bool); the panels share bins and axes.
      title: above the figure.
      threshold: the distance that separates the two, a dashed line.
    """
    edges = np.histogram_bin_edges(np.concatenate([d for d, _ in distances.values()]), _BINS)
    columns = min(len(distances), 2)
    rows = math.ceil(len(distances) / columns)
    made = figure(4.2 * columns, 0.7 + 2.6 * rows, title)
    first = None
    for i, (name, (values, similar)) in enumerate(distances.items()):
        axes = made.add_subplot(rows, columns, i + 1, sharex=first, sharey=first)
        first = first or axes
        _densities(axes, values, similar, edges)
        if threshold is not None:
            label = f"threshold {threshold:.3g}"
            axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2, label=label)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("distance", fontsize=9)
        axes.set_ylabel("density", fontsize=9)
        axes.tick_params(labelsize=8)
    legend_below(made)
    return made


def _densities(axes: Axes, values: np.ndarray, similar: np.ndarray, edges: np.ndarray) -> None:
    for label, wanted, colour in (("similar", True, COLOURS[0]), ("dissimilar", False, COLOURS[1])):
        members = values[similar == wanted]
        if len(members):  # no pairs have no density
            heights, _ = np.histogram(members, edges, density=True)
            style = {"facecolor": (colour, 0.35), "edgecolor": colour, "linewidth": 1.2}
            axes.stairs(heights, edges, fill=True, label=label, **style)


def roc_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray, float]],
    title: str,
    called: tuple[str, str] = ("false accept rate", "true accept rate"),
) -> Figure:
    """True accept rates over false accept rates, one curve each entry.

    A name that starts with "unseen" is dashed, in the colour of the name that is the same without
    that word, or with "seen" in its place.

    Args:
      curves: name -> (false accept rates `[T]`, true accept rates `[T]`, area under the curve).
      title: above the figure.
      called: what the two rates are.
    """
    made = figure(5.4, 5.2, title)
    axes = made.add_subplot()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)  # chance
    axes.plot([0, 1], [1, 0], color="#999999", linewidth=0.8, linestyle=":")  # equal errors
    for name, (false_accepts, true_accepts, auc) in curves.items():
        axes.plot(
            false_accepts, true_accepts, label=f"{name} (AUC {auc:.3f})", **_line(name, curves)
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_xlabel(called[0], fontsize=10)
    axes.set_ylabel(called[1], fontsize=10)
    axes.tick_params(labelsize=8)
    axes.legend(loc="lower right", fontsize=8, framealpha=0.9)
    return made


def det_curves(curves: Mapping[str, tuple[np.ndarray, np.ndarray, float]], title: str) -> Figure:
    """Shares of similar pairs refused over shares of dissimilar ones accepted, on log axes.

    Args:
      curves, title: see `roc_curves`; rates of 0 are not shown.

    References:
      Martin et al. 1997, *The DET Curve in Assessment of Detection Task Performance*.
    """
    made = figure(5.4, 5.2, title)
    axes = made.add_subplot()
    least = 0.1  # also where every curve is without an error
    for name, (false_accepts, true_accepts, _) in curves.items():
        refused = 1.0 - true_accepts
        shown = (false_accepts > 0) & (refused > 1e-9)  # which rounding may leave
        axes.plot(false_accepts[shown], refused[shown], label=name, **_line(name, curves))
        rates = np.concatenate([false_accepts[shown], refused[shown]])
        least = min(least, rates.min(initial=1.0))
    axes.plot([least, 1], [least, 1], color="#999999", linewidth=0.8, linestyle=":")
    axes.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1), aspect="equal")
    axes.set_xlabel("false match rate", fontsize=10)
    axes.set_ylabel("false non-match rate", fontsize=10)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower left", fontsize=8, framealpha=0.9)
    return made


def _line(name: str, curves: Mapping[str, object]) -> dict[str, str]:
    """The colour and style of one of several curves; see `roc_curves`."""
    kinds = list(dict.fromkeys(map(_kind, curves)))
    # More kinds than safe colours still get distinct ones.
    colours = COLOURS if len(kinds) <= len(COLOURS) else class_colours(len(kinds))
    style = "--" if name.startswith("unseen") else "-"
    return {"color": colours[kinds.index(_kind(name))], "linestyle": style}


def _kind(name: str) -> str:
    return name.removeprefix("unseen").removeprefix("seen").strip(" ,:")
