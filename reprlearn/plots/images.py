"""Grids of images: inputs beside reconstructions, samples, the decoded manifold."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reprlearn.plots._style import COLOURS, figure, plain

CHANNELS = (1, 3)  # grey, red-green-blue: how many an image can be shown with


def tile(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Images `[N, H, W, C]` in [0, 1] as one `[rows (H + gap), columns (W + gap), C]`, row by row.

    The gaps and the places that are left over are white.
    """
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    sheet = np.ones((rows * (height + gap) + gap, columns * (width + gap) + gap, channels))
    for i, image in enumerate(np.clip(images, 0.0, 1.0)):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _show(axes: Axes, sheet: np.ndarray) -> None:
    """Grey or in colour; of another number of channels their mean."""
    shown = sheet if sheet.shape[-1] == 3 else sheet.mean(axis=-1)
    axes.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_frame_on(False)


def samples(images: np.ndarray, title: str, *, columns: int | None = None) -> Figure:
    """Images `[N, H, W, C]` in [0, 1], row by row; without `columns` a square.

    Where C is neither 1 nor 3 the mean of the channels is shown, in all figures of images.
    """
    columns = columns or math.ceil(math.sqrt(len(images)))
    sheet = tile(images, columns)
    width = max(0.62 * columns, 4.0)
    made = figure(width, width * sheet.shape[0] / sheet.shape[1] + 0.4, title)
    _show(made.add_subplot(), sheet)
    return made


def reconstructions(images: np.ndarray, reconstructed: np.ndarray, title: str) -> Figure:
    """Pairs of inputs and their reconstructions, both `[N, H, W, C]` in [0, 1], side by side."""
    columns = math.ceil(math.sqrt(len(images)))
    tall = math.ceil(len(images) / columns) * images.shape[1] / (columns * images.shape[2])
    wide = min(9.0, 16.0 / tall)
    made = figure(max(wide, 4.0), 0.6 + wide / 2 * tall, title)
    for i, (name, part) in enumerate((("input", images), ("reconstruction", reconstructed))):
        axes = made.add_subplot(1, 2, i + 1)
        axes.set_title(name, fontsize=10)
        _show(axes, tile(part, columns))
    return made


def manifold(images: np.ndarray, quantiles: np.ndarray, title: str) -> Figure:
    """Images decoded from a grid over a 2-D latent space.

    Args:
      images: `[K * K, H, W, C]` in [0, 1]; rows run along z2 from high to low, columns along z1.
      quantiles: `[K]`, the coordinates of the grid, rising.
      title: above the figure.
    """
    made = figure(6.0, 6.3, title)
    axes = made.add_subplot()
    count = len(quantiles)
    sheet = tile(images, count, gap=0)
    _show(axes, sheet)
    every = max(count // 6, 1)
    for side, axis, names in (
        (sheet.shape[1], axes.xaxis, quantiles),
        (sheet.shape[0], axes.yaxis, quantiles[::-1]),
    ):
        centres = (np.arange(count) + 0.5) * side / count
        axis.set_ticks(centres[::every], [f"{name:+.2f}" for name in names[::every]])
    axes.tick_params(labelsize=8)
    axes.set_xlabel("$z_1$", fontsize=10)
    axes.set_ylabel("$z_2$", fontsize=10)
    return made


def examples(groups: Mapping[str, Sequence[tuple[str, np.ndarray]]], title: str) -> Figure:
    """Rows of images, each with its name; a panel for each group.

    Args:
      groups: by title, rows of a name and images `[K, H, W, C]` in [0, 1].
      title: above.
    """
    count = max(len(images) for rows in groups.values() for _, images in rows)
    high = max(len(rows) for rows in groups.values())
    made = figure(max(0.55 * count * len(groups) + 1.2, 4.0), 0.7 + 0.55 * high, title)
    for place, (name, rows) in enumerate(groups.items()):
        axes = made.add_subplot(1, len(groups), place + 1)
        blank = np.ones((1, *rows[0][1].shape[1:]))
        every = [
            np.concatenate([images, np.repeat(blank, count - len(images), axis=0)])
            for _, images in rows
        ]
        sheet = tile(np.concatenate(every), count)
        _show(axes, sheet)
        axes.set_title(name, fontsize=10)
        middles = (np.arange(len(rows)) + 0.5) * sheet.shape[0] / len(rows)
        axes.set_yticks(middles, [plain(label)[:20] for label, _ in rows], fontsize=8)
        axes.tick_params(left=False)
    return made


def pictures(panels: Mapping[str, np.ndarray], title: str) -> Figure:
    """Large images `[H, W, C]` in [0, 1] side by side, each with its name."""
    height, width = next(iter(panels.values())).shape[:2]
    made = figure(3.4 * len(panels), 3.4 * height / width + 0.7, title)
    for place, (name, image) in enumerate(panels.items()):
        axes = made.add_subplot(1, len(panels), place + 1)
        axes.set_title(name, fontsize=10)
        _show(axes, np.clip(image, 0.0, 1.0))
    return made


def neighbours(images: np.ndarray, wrong: np.ndarray, title: str) -> Figure:
    """Rows of a query and its neighbours; a frame around those that are of another class.

    Args:
      images: `[Q, 1 + K, H, W, C]` in [0, 1], the queries first.
      wrong: bool `[Q, K]`.
      title: above.
    """
    queries, count, height, width = images.shape[:4]
    made = figure(0.62 * (count + 1) + 0.4, 0.62 * queries * height / width + 0.7, title)
    axes = made.add_subplot()
    gap = max(1, round(min(height, width) / 14))
    sheet = tile(images.reshape(-1, *images.shape[2:]), count, gap)
    # The queries stand apart: a gap of half an image behind the first column.
    apart = np.ones((len(sheet), width // 2, images.shape[-1]))
    edge = gap + width
    _show(axes, np.concatenate([sheet[:, :edge], apart, sheet[:, edge:]], axis=1))
    for row, column in np.argwhere(wrong):
        left = edge + width // 2 + column * (width + gap)
        corner = (left + gap / 2 - 0.5, row * (height + gap) + gap / 2 - 0.5)
        frame = {"fill": False, "edgecolor": COLOURS[1], "linewidth": 1.6}
        axes.add_patch(Rectangle(corner, width + gap, height + gap, **frame))
    axes.set_xticks([gap + width / 2, edge + width // 2 + (count - 1) * (width + gap) / 2])
    axes.set_xticklabels(["query", "nearest first"], fontsize=8)
    axes.tick_params(bottom=False)
    return made
