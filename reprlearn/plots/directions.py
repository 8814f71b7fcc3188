"""Directions in the space of the data: as signed images, or over a vector's fields."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import figure, plain

SHOWN, FIELDS = 16, 40  # directions, fields


def directions(groups: Mapping[str, np.ndarray], names: Sequence[str], title: str) -> Figure:
    """Rows of directions, blue below 0, red above, each to its own scale.

    Of more than 16 the first ones; of more than 40 fields those that vary most.

    Args:
      groups: by title, `[K, H, W, C]`, whose channels are averaged, or `[K, D]`.
      names: of a vector's fields.
      title: above.
    """
    groups = {name: rows[:SHOWN] for name, rows in groups.items()}
    if next(iter(groups.values())).ndim == 2:
        return _of_fields(groups, names, title)
    count = max(map(len, groups.values()))
    height, width = next(iter(groups.values())).shape[1:3]
    side = 0.62 * height / width
    made = figure(max(0.62 * count + 1.6, 6.0), (side + 0.06) * len(groups) + 0.6, title)
    panels = made.subplots(len(groups), count, squeeze=False)
    for row, (name, images) in zip(panels, groups.items(), strict=True):
        row[0].set_ylabel(name, fontsize=9, rotation=0, ha="right", va="center")
        for axes in row:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_frame_on(False)
        for axes, image in zip(row, images.mean(axis=-1), strict=False):
            most = np.abs(image).max() or 1.0
            axes.imshow(image, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    return made


def _of_fields(groups: Mapping[str, np.ndarray], names: Sequence[str], title: str) -> Figure:
    """A panel for each group: the fields from top to bottom, the directions from left to right."""
    every = np.concatenate(list(groups.values()))
    fields = np.sort(np.argsort(-np.abs(every).max(axis=0), kind="stable")[:FIELDS])
    count = max(map(len, groups.values()))
    wide = max(0.3 * count * len(groups) + 2.4, 6.0)
    made = figure(wide, 1.2 + 0.22 * max(len(fields), 6), title)
    panels = made.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for axes, (name, rows) in zip(panels, groups.items(), strict=True):
        scaled = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-12)
        axes.imshow(scaled[:, fields].T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
        axes.set_title(name, fontsize=10)
        axes.set_xticks(range(len(rows)), [f"{i + 1}" for i in range(len(rows))], fontsize=8)
        axes.tick_params(length=0)
    panels[0].set_yticks(range(len(fields)), [plain(names[f])[:24] for f in fields], fontsize=8)
    return made
