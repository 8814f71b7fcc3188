"""Curves of training."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, figure, plain

_NOT_METRICS = {"step", "split", "seconds"}
_OF_SEEDS = ("/seeds", "/standard_error")  # how the names of what belongs to a metric end
_LEAST = 0.01  # the least height of a panel, as a share of the largest value in it


def training_curves(
    history: Sequence[Mapping[str, Any]], title: str, chance: Mapping[str, float] = {}
) -> Figure:
    """Every metric over the steps, one panel each; training and validation in one panel.

    Of several seeds it is the mean, in a band of one standard error. What says nothing is left out:
    a metric that is 0 throughout, and the loss where it is another metric, or that one's negative.

    Args:
      history: the lines of metrics.jsonl: step, split and values.
      title: above the figure.
      chance: of a metric, its value where nothing is known; a dotted line.
    """
    found = {name for line in history for name in line if _is_metric(name)}
    found = {name for name in found if any(line.get(name) for line in history)} or found
    found = found - {"loss"} if _is_another(history, found - {"loss"}) else found
    names = sorted(found, key=lambda name: (name != "loss", name != "elbo", "/" in name, name))
    last = max(line["step"] for line in history)
    columns = min(len(names), 2)
    rows = math.ceil(len(names) / columns)
    made = figure(4.2 * columns, 0.4 + 2.6 * rows, title)
    for i, name in enumerate(names):
        axes = made.add_subplot(rows, columns, i + 1)
        _curves(axes, history, name, chance.get(name))
        axes.set_xlim(0, 1.02 * last)
        _finish(axes, name)
    return made


def _is_metric(name: str) -> bool:
    return name not in _NOT_METRICS and not name.endswith(_OF_SEEDS)


def _finish(axes: Axes, name: str) -> None:
    """The title, the axis and the legend of a metric's panel."""
    axes.set_title(name.replace("_", " ").replace("/", ", "), fontsize=10)
    axes.set_xlabel("step", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False)


def _is_another(history: Sequence[Mapping[str, Any]], others: Collection[str]) -> bool:
    """Whether the loss is, up to its sign and to rounding, one of the other metrics."""
    lines = [line for line in history if line.get("loss") is not None]

    def equal(name):
        values = [line.get(name) for line in lines]
        pairs = zip(lines, values, strict=True)
        return None not in values and all(
            math.isclose(abs(line["loss"]), abs(value), rel_tol=1e-5) for line, value in pairs
        )

    return bool(lines) and any(map(equal, others))


def _curves(
    axes: Axes, history: Sequence[Mapping[str, Any]], name: str, chance: float | None
) -> None:
    """One metric, a line for each split; one that hardly changes looks so."""
    drawn = []
    for split, colour in zip(("train", "validation"), COLOURS, strict=False):
        lines = [line for line in history if line["split"] == split and name in line]
        if lines:
            steps, values = [line["step"] for line in lines], [line[name] for line in lines]
            # A single point would be an invisible line.
            axes.plot(steps, values, color=colour, label=split, marker="." * (len(steps) < 3))
            errors = [line.get(f"{name}/standard_error") or 0.0 for line in lines]
            if any(errors):  # of several seeds
                low, high = (np.array(values, float) + np.outer([-1, 1], errors)).tolist()
                axes.fill_between(steps, low, high, color=colour, alpha=0.25, linewidth=0)
            drawn += [value for value in values if value is not None]  # None: it was not finite
    if chance is not None:
        axes.axhline(chance, color=INK, linewidth=0.8, linestyle=":", label="chance")
        drawn.append(chance)
    low, high = min(drawn, default=0.0), max(drawn, default=0.0)
    least = _LEAST * max(abs(low), abs(high))
    if high - low < least:
        axes.set_ylim((low + high - least) / 2, (low + high + least) / 2)
    if "accuracy" in name:
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom, min(top, 1.005))


def compared_curves(
    histories: Mapping[str, Sequence[Mapping[str, Any]]], title: str, *, losses: bool = True
) -> Figure | None:
    """Metrics that at least two runs have, one panel each, a line for each run.

    Of the validation split where that was measured, else of training.

    Args:
      histories: by run, the lines of metrics.jsonl.
      title: above the figure.
      losses: whether "loss" is the same thing in all runs.

    Returns:
      None where they have no metric in common.
    """
    found = {run: _measured(history) for run, history in histories.items()}
    names = {name for curves in found.values() for name in curves}
    shared = [n for n in sorted(names) if sum(n in curves for curves in found.values()) > 1]
    shared = [n for n in shared if losses or n != "loss"]
    if not shared:
        return None
    columns = min(len(shared), 2)
    rows = math.ceil(len(shared) / columns)
    made = figure(5.2 * columns, 0.4 + 3.0 * rows, title)
    for i, name in enumerate(shared):
        axes = made.add_subplot(rows, columns, i + 1)
        for place, (run, curves) in enumerate(found.items()):
            if name in curves:
                style = ("-", "--", ":")[place // len(COLOURS) % 3]
                colour = COLOURS[place % len(COLOURS)]
                axes.plot(*curves[name], color=colour, linestyle=style, label=plain(run))
        _finish(axes, name)
    return made


def _measured(history: Sequence[Mapping[str, Any]]) -> dict[str, tuple[list[int], list[float]]]:
    """Steps and values of each metric, of validation where there are any."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for split in ("train", "validation"):
        of_split: dict[str, tuple[list[int], list[float]]] = {}
        for line in (line for line in history if line["split"] == split):
            for name, value in line.items():
                if _is_metric(name) and value is not None:
                    steps, values = of_split.setdefault(name, ([], []))
                    steps.append(line["step"])
                    values.append(value)
        found |= of_split
    return found


def spectra(
    curves: Mapping[str, Mapping[str, np.ndarray]], called: Mapping[str, str], title: str
) -> Figure:
    """Falling values over their rank, a panel each; both axes from 0.

    Args:
      curves: by panel, and by the curve's name: values `[K]`, the largest first.
      called: of a panel, what its values are.
      title: above.
    """
    made = figure(4.2 * len(curves), 3.6, title)
    for place, (panel, of_panel) in enumerate(curves.items()):
        axes = made.add_subplot(1, len(curves), place + 1)
        for (name, values), colour in zip(of_panel.items(), COLOURS, strict=False):
            ranks = np.arange(1, len(values) + 1)
            axes.plot(ranks, values, color=colour, marker="o", markersize=3, label=plain(name))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("rank", fontsize=9)
        axes.set_ylabel(called[panel], fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, frameon=False)
    return made
