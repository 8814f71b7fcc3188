"""Nearest texts: a row for each query, what is right in another colour, long texts cut."""

import numpy as np

from reprlearn import plots
from reprlearn.plots._style import COLOURS, INK


def test_what_is_right_has_a_colour_and_long_texts_are_cut():
    rows = [["recieve", "receive", "relieve"], ["long " * 40, "cost $5", ""]]
    right = np.array([[True, False], [False, True]])
    (axes,) = plots.nearest_texts(rows, right, "Nearest").axes
    labels = {text.get_text(): text for text in axes.texts}
    assert labels["receive"].get_color() == COLOURS[0] and labels["relieve"].get_color() == INK
    assert labels["recieve"].get_fontweight() == "bold" and "cost \\$5" in labels
    assert labels[""].get_color() == COLOURS[0]
    (cut,) = [text for text in labels if text.startswith("long")]
    assert cut.endswith(" ...") and len(cut.split("\n")) == 3
    assert [labels[t].get_position()[0] for t in ("recieve", "receive", "relieve")] == [0, 1, 2]
    assert labels["recieve"].get_position()[1] < labels[cut].get_position()[1]
