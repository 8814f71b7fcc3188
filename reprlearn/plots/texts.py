"""Texts in rows: a query, and what was found for it."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, figure, plain

WIDTH, LINES = 26, 3  # letters a line, and lines, of a text that is shown
INCHES, LINE = 1.95, 0.16  # of a column, of a line


def nearest_texts(rows: Sequence[Sequence[str]], right: np.ndarray, title: str) -> Figure:
    """Rows of a query and its neighbours; those that are right in another colour.

    Args:
      rows: the query and then K texts, nearest first, of each of Q queries; long ones are cut.
      right: bool `[Q, K]`.
      title: above.
    """
    shown = [[_shortened(text) for text in row] for row in rows]
    heights = [max(text.count("\n") + 1 for text in row) + 0.9 for row in shown]
    made = figure(INCHES * len(rows[0]) + 0.3, LINE * (sum(heights) + 2) + 0.5, title)
    axes = made.add_subplot()
    axes.set(xlim=(0, len(rows[0])), ylim=(sum(heights), -1.6))
    axes.axis("off")
    axes.text(0, -1, "query", fontsize=8, color="#666666", va="center")
    axes.text(1, -1, "nearest first", fontsize=8, color="#666666", va="center")
    top = 0.0
    for row, (texts, height) in enumerate(zip(shown, heights, strict=True)):
        axes.axhline(top - 0.3, color="#dddddd", linewidth=0.6)
        for column, text in enumerate(texts):
            is_right = column > 0 and right[row, column - 1]
            weight = "bold" if column == 0 else "normal"
            colour = COLOURS[0] if is_right else INK
            axes.text(column, top, text, fontsize=8, va="top", color=colour, fontweight=weight)
        top += height
    return made


def _shortened(text: str) -> str:
    """At most LINES lines of WIDTH letters."""
    lines = textwrap.wrap(plain(" ".join(text.split())), WIDTH) or [""]
    return "\n".join(lines[:LINES]) + (" ..." if len(lines) > LINES else "")
