"""Neighbours: a row for each query, and a frame around each image of another class."""

import numpy as np

from reprlearn import plots


def test_a_frame_is_around_each_image_of_another_class():
    images = np.linspace(0, 1, 2 * 4 * 14 * 10).reshape(2, 4, 14, 10, 1)
    wrong = np.array([[False, False, True], [True, False, False]])
    (axes,) = plots.neighbours(images, wrong, "Nearest").axes
    assert len(axes.images) == 1 and len(axes.patches) == 2
    sheet = axes.images[0].get_array()
    # One pixel between images, half an image behind the queries.
    assert sheet.shape == (2 * 15 + 1, 4 * 11 + 1 + 5)
    for row, column in ((0, 2), (1, 0)):
        top, left = 1 + row * 15, 1 + 11 + 5 + column * 11
        np.testing.assert_allclose(
            sheet[top : top + 14, left : left + 10], images[row, column + 1, ..., 0]
        )
        frame = axes.patches[row]
        assert (frame.get_x(), frame.get_y()) == (left - 1.0, top - 1.0)
        assert (frame.get_width(), frame.get_height()) == (11, 15)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["query", "nearest first"]
