"""Accuracies of classifiers."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, figure, plain


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


def accuracy_curves(
    curves: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]], title: str
) -> Figure:
    """Accuracy over the strength of a disturbance, a panel for each kind.

    Args:
      curves: by kind, such as "noise", and by the curve's name: strengths `[K]` and accuracies
        `[K]`.
      title: above.
    """
    made = figure(1.2 + 4.0 * len(curves), 3.8, title)
    for place, (kind, of_kind) in enumerate(curves.items()):
        axes = made.add_subplot(1, len(curves), place + 1)
        for (name, (strengths, found)), colour in zip(of_kind.items(), COLOURS, strict=False):
            axes.plot(strengths, found, color=colour, marker="o", markersize=4, label=name)
        axes.set_ylim(0, 1.005)
        axes.set_xlabel(f"strength of the {kind}", fontsize=10)
        axes.set_ylabel("test accuracy", fontsize=10)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, frameon=False)
    return made


def confusion(counts: Mapping[str, np.ndarray], names: Sequence[str], title: str) -> Figure:
    """Confusion matrices: of each true class the share that is taken for each class.

    Args:
      counts: by title, examples `[C, C]`, rows the true class.
      names: of the classes.
      title: above.
    """
    count = len(names)
    side = min(max(0.34 * count, 2.6), 9.0)
    made = figure((side + 1.6) * len(counts), side + 1.6, title)
    labels = [plain(name)[:16] for name in names]
    size = 8 if count <= 20 else 5
    for place, (name, of_group) in enumerate(counts.items()):
        axes = made.add_subplot(1, len(counts), place + 1)
        shares = of_group / np.maximum(of_group.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.argwhere(shares >= 0.005) if count <= 20 else ():
            colour = "white" if shares[row, column] > 0.5 else INK
            text = f"{100 * shares[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
        axes.set_xticks(range(count), labels, rotation=90, fontsize=size)
        axes.set_yticks(range(count), labels, fontsize=size)
        axes.set_xlabel("predicted", fontsize=10)
        axes.set_ylabel("class (rows: % of it)", fontsize=10)
        accuracy = np.trace(of_group) / max(of_group.sum(), 1)
        axes.set_title(f"{name}, accuracy {accuracy:.3f}", fontsize=10)
    return made


def reliability(
    bins: Mapping[str, np.ndarray],
    title: str,
    called: tuple[str, str] = ("confidence", "accuracy"),
) -> Figure:
    """Accuracy over confidence; on the diagonal what is said comes as often as it is said.

    Args:
      bins: by title, `[3, M]`: of each bin the examples, their mean confidence, their accuracy.
      title: above.
      called: what the last two are.
    """
    made = figure(0.8 + 3.6 * len(bins), 4.2, title)
    for place, (name, (count, confidence, accuracy)) in enumerate(bins.items()):
        axes = made.add_subplot(1, len(bins), place + 1)
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        known = count > 0
        area = 12 + 120 * count[known] / count.sum()
        axes.scatter(confidence[known], accuracy[known], s=area, color=COLOURS[0], clip_on=False)
        axes.plot(confidence[known], accuracy[known], color=COLOURS[0], linewidth=1)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel(f"{called[0]} (area: how many)", fontsize=10)
        axes.set_ylabel(called[1], fontsize=10)
        axes.set_title(name, fontsize=10)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
    return made


def regression(values: np.ndarray, predicted: np.ndarray, title: str) -> Figure:
    """Predicted numbers `[N]` over the true ones `[N]`; on the diagonal they are right."""
    made = figure(4.8, 4.6, title)
    axes = made.add_subplot()
    ends = [float(min(values.min(), predicted.min())), float(max(values.max(), predicted.max()))]
    axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=":")
    axes.scatter(values, predicted, s=8, color=COLOURS[0], alpha=0.6, linewidths=0)
    axes.set_xlabel("number", fontsize=10)
    axes.set_ylabel("predicted", fontsize=10)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    return made
