"""Generators and discriminators of points in the plane."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, figure, legend_below

_MARGIN = 0.15  # around the real points, as a share of their larger side
_SIDE = 120  # points of a grid, in each direction


def plane(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid around points `[N, 2]`: its xs `[X]`, its ys `[Y]`, and all of it, `[Y * X, 2]`."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low)
    xs, ys = np.linspace(low - margin, high + margin, _SIDE, dtype=np.float32).T
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def point_samples(panels: Mapping[str, np.ndarray], real: np.ndarray, title: str) -> Figure:
    """Generated points under the real ones, one panel each entry, at most four beside each other.

    All panels have the limits of the real points; where more than 1% of the samples lie outside,
    the corner says how many.

    Args:
      panels: name, such as "step 2,000" -> samples `[N, 2]`.
      real: `[M, 2]`.
      title: above the figure.
    """
    low, high = real.min(axis=0), real.max(axis=0)
    margin = _MARGIN * ((high - low).max() or 1.0)  # of one point alone
    low, high = low - margin, high + margin
    columns = min(len(panels), 4)
    rows = math.ceil(len(panels) / columns)
    tall = (high - low)[1] / (high - low)[0]
    made = figure(max(2.5 * columns, 4.0), 0.6 + (0.5 + 2.1 * tall) * rows, title)
    for i, (name, samples) in enumerate(panels.items()):
        axes = made.add_subplot(rows, columns, i + 1)
        axes.scatter(*samples.T, s=7, color=COLOURS[0], alpha=0.6, linewidths=0, label="generated")
        axes.scatter(*real.T, s=1.5, color=COLOURS[1], alpha=0.5, linewidths=0, label="real")
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        axes.set_title(name, fontsize=10)
        axes.tick_params(labelsize=7)
        outside = np.mean(~((samples >= low) & (samples <= high)).all(axis=1))
        if outside > 0.01:
            corner = {"transform": axes.transAxes, "ha": "right", "va": "bottom"}
            box = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1.5}
            axes.text(0.98, 0.02, f"{outside:.0%} outside", **corner, fontsize=7, bbox=box)
    legend_below(made)
    return made


def field(
    values: np.ndarray,
    xs: np.ndarray,
    ys: np.ndarray,
    real: np.ndarray,
    fake: np.ndarray,
    title: str,
    name: str,
    zero: str,
) -> Figure:
    """What a discriminator says over the plane, its zero a line, under real and generated points.

    The colours are centred on 0 and span the 2nd to the 98th percentile of the values.

    Args:
      values: `[Y, X]`.
      xs: `[X]`, rising.
      ys: `[Y]`, rising.
      real: `[M, 2]`.
      fake: `[N, 2]`.
      title: above the figure.
      name: of the values, beside the colour bar.
      zero: what a point has whose value is 0, in the legend.
    """
    made = figure(6.0, 0.8 + 4.7 * np.ptp(ys) / np.ptp(xs), title)
    axes = made.add_subplot()
    bound = np.abs(np.percentile(values, (2, 98))).max() or 1.0
    mesh = axes.pcolormesh(
        xs, ys, values, cmap="RdBu_r", vmin=-bound, vmax=bound, shading="gouraud", rasterized=True
    )
    if values.min() < 0 < values.max():
        axes.contour(xs, ys, values, levels=[0.0], colors=INK, linewidths=1.0)
        axes.plot([], [], color=INK, linewidth=1.0, label=zero)
    axes.scatter(*real.T, s=7, color=INK, linewidths=0, label="real")
    axes.scatter(*fake.T, s=9, color="white", edgecolors=INK, linewidths=0.5, label="generated")
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), aspect="equal")
    axes.tick_params(labelsize=8)
    bar = made.colorbar(mesh, ax=axes, extend="both")
    bar.set_label(name, fontsize=10)
    bar.ax.tick_params(labelsize=8)
    legend_below(made)
    return made
