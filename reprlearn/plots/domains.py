"""What adaptation does: to a classifier of points in the plane (Ganin et al. 2016), to features."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, class_colours, figure, legend_below, plain

_COLUMNS = ("decision boundary", "features by class", "source or target", "hidden units")
_MARKERS = ("_", "+")
MOST_CLASSES = 20  # whose shares are drawn


class AdaptationRow(NamedTuple):
    """One trained network: its data, and what it answers on a grid of the plane.

    Attributes:
      name: at the left of the row, such as "source only".
      source_points: `[N, 2]`.
      source_labels: `[N]`, 0 or 1.
      target_points: `[M, 2]`.
      target_labels: `[M]`, 0 or 1; they only colour points.
      grid_xs: `[X]`, rising.
      grid_ys: `[Y]`, rising.
      grid_logits: `[Y, X]`, logit of class 1 minus that of class 0.
      source_features: `[N, F]`, F at least 2.
      target_features: `[M, F]`.
      domain_grid: `[Y, X]`, logit of the source rather than the target.
      unit_grid: `[Y, X, F]`, activations of the hidden units.
      level: the activation at which a unit's line is drawn.
    """

    name: str
    source_points: np.ndarray
    source_labels: np.ndarray
    target_points: np.ndarray
    target_labels: np.ndarray
    grid_xs: np.ndarray
    grid_ys: np.ndarray
    grid_logits: np.ndarray
    source_features: np.ndarray
    target_features: np.ndarray
    domain_grid: np.ndarray
    unit_grid: np.ndarray
    level: float = 0.5


def adaptation_panels(
    rows: Sequence[AdaptationRow], title: str, class_names: tuple[str, str] = ("0", "1")
) -> Figure:
    """A row each network: boundary, features, what tells the domains apart, lines of hidden units.

    The features are projected on the two principal components of source and target together.
    """
    made = figure(12.0, 1.3 + sum(0.25 + 2.5 * _tall(row) for row in rows), title)
    grid = made.subplots(len(rows), 4, squeeze=False)
    for row, panels in zip(rows, grid, strict=True):
        source, target = _principal(row.source_features, row.target_features)
        _boundary(panels[0], row, class_names)
        _by_class(panels[1], source, row.source_labels, target, class_names)
        _domains(panels[2], row)
        _units(panels[3], row, class_names)
        panels[0].set_ylabel(row.name, fontsize=10)
        panels[1].set_box_aspect(_tall(row))
        for axes in panels:
            axes.set_anchor("N")
            axes.tick_params(labelsize=7)
    for axes, name in zip(grid[0], _COLUMNS, strict=True):
        axes.set_title(name, fontsize=10)
    for axes in grid[-1]:
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1 / _tall(rows[-1])), "ncols": 2}
        axes.legend(**below, columnspacing=1.0, markerscale=1.5, fontsize=8, frameon=False)
    return made


def _principal(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both on the first two principal components of their union: `[N, 2]` and `[M, 2]`."""
    stacked = np.concatenate([source, target])
    mean = stacked.mean(axis=0)
    _, _, components = np.linalg.svd(stacked - mean, full_matrices=False)
    return (source - mean) @ components[:2].T, (target - mean) @ components[:2].T


def _classes(axes: Axes, points: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    for label, name in enumerate(names):
        style = {"marker": _MARKERS[label], "color": COLOURS[label], "s": 22, "linewidths": 1.0}
        axes.scatter(*points[labels == label].T, label=f"source, class {plain(name)}", **style)


def _below(axes: Axes, target: np.ndarray) -> None:
    """The target's points, under the source's, which come first in the legend."""
    axes.scatter(*target.T, s=4, color=INK, linewidths=0, label="target", zorder=0.5)


def _tall(row: AdaptationRow) -> float:
    """Height of the plane over its width."""
    return np.ptp(row.grid_ys) / np.ptp(row.grid_xs)


def _over_the_plane(axes: Axes, row: AdaptationRow) -> None:
    xs, ys = row.grid_xs, row.grid_ys
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), aspect="equal")


def _regions(axes: Axes, row: AdaptationRow, logits: np.ndarray, colours: Sequence[str]) -> None:
    """Where a logit is below 0 and where above, and the line between."""
    plane = row.grid_xs, row.grid_ys, logits
    axes.contourf(*plane, [-np.inf, 0.0, np.inf], colors=colours, alpha=0.15, zorder=0)
    if logits.min() < 0 < logits.max():
        axes.contour(*plane, levels=[0.0], colors=INK, linewidths=1.2)


def _boundary(axes: Axes, row: AdaptationRow, names: Sequence[str]) -> None:
    _regions(axes, row, row.grid_logits, COLOURS[:2])
    _classes(axes, row.source_points, row.source_labels, names)
    _below(axes, row.target_points)
    _over_the_plane(axes, row)


def _by_class(
    axes: Axes, source: np.ndarray, labels: np.ndarray, target: np.ndarray, names: Sequence[str]
) -> None:
    _classes(axes, source, labels, names)
    _below(axes, target)


def _domains(axes: Axes, row: AdaptationRow) -> None:
    """Both domains, and where the domain head takes a point for one of the source."""
    _regions(axes, row, row.domain_grid, (INK, COLOURS[2]))
    for name, points, colour in (
        ("source", row.source_points, COLOURS[2]),
        ("target", row.target_points, INK),
    ):
        axes.scatter(*points.T, s=7, color=colour, alpha=0.6, linewidths=0, label=name)
    _over_the_plane(axes, row)


def _units(axes: Axes, row: AdaptationRow, names: Sequence[str]) -> None:
    points = np.concatenate([row.source_points, row.target_points])
    labels = np.concatenate([row.source_labels, row.target_labels])
    for label, name in enumerate(names):
        style = {"color": COLOURS[label], "s": 7, "alpha": 0.5, "linewidths": 0}
        axes.scatter(*points[labels == label].T, label=f"class {plain(name)}", **style)
    for unit in np.moveaxis(row.unit_grid, -1, 0):
        if unit.min() < row.level < unit.max():  # a unit may never reach its level here
            axes.contour(row.grid_xs, row.grid_ys, unit, [row.level], colors=INK, linewidths=0.8)
    axes.plot([], [], color=INK, linewidth=0.8, label=f"a unit at {row.level:g}")
    _over_the_plane(axes, row)


def domain_maps(
    rows: Mapping[str, np.ndarray],
    is_target: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    title: str,
) -> Figure:
    """A row for each training: its features by domain, and by class where it is known.

    Args:
      rows: by name, points `[N, 2]`.
      is_target: bool `[N]`.
      labels: int `[N]`, -1 where the class is not known.
      names: of the classes.
      title: above.
    """
    made = figure(8.6, 0.9 + 3.6 * len(rows), title)
    colours = class_colours(len(names))
    for place, (name, points) in enumerate(rows.items()):
        by_domain, by_class = (made.add_subplot(len(rows), 2, 2 * place + i) for i in (1, 2))
        for of_target, called in enumerate(("source", "target")):
            chosen = is_target == bool(of_target)
            dots = {"s": 7, "linewidths": 0, "alpha": 0.6, "color": COLOURS[of_target]}
            by_domain.scatter(*points[chosen].T, label=called, **dots)
            for label in np.unique(labels[chosen & (labels >= 0)]):
                where, colour = chosen & (labels == label), colours[label]
                cross = {"s": 12, "linewidths": 0.8, "marker": "x", "color": colour}
                style = cross if of_target else dots | {"color": colour}
                by_class.scatter(*points[where].T, **style)
        by_domain.set_ylabel(plain(name.replace("_", " ")), fontsize=10)
        for axes in (by_domain, by_class):
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_aspect("equal", adjustable="datalim")
    made.axes[0].set_title("by domain", fontsize=10)
    made.axes[1].set_title("by class: source dots, target crosses", fontsize=10)
    legend_below(made)
    return made


def class_shares(
    source: np.ndarray,
    target: np.ndarray,
    known: np.ndarray | None,
    names: Sequence[str],
    title: str,
) -> Figure:
    """The share of each class in both domains; of many classes those that differ most.

    Args:
      source, target: `[C]`, the target's as estimated.
      known: `[C]`, the target's by its labels, marks; None: not known.
      names: of the classes.
      title: above.
    """
    most = np.argsort(-np.abs(source - target), kind="stable")[:MOST_CLASSES]
    shown = np.sort(most)
    made = figure(6.4, 1.5 + 0.42 * len(shown), title)
    axes, rows = made.add_subplot(), np.arange(len(shown))
    axes.barh(rows - 0.2, source[shown], height=0.38, color=COLOURS[0], label="source")
    axes.barh(rows + 0.2, target[shown], height=0.38, color=COLOURS[1], label="target, estimated")
    if known is not None:
        axes.plot(known[shown], rows + 0.2, "x", color=INK, label="target, by its labels")
    axes.set_yticks(rows, [plain(names[place]) for place in shown], fontsize=9)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("share of the domain's examples", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(axis="x", alpha=0.25)
    legend_below(made)
    return made
