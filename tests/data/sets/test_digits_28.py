"""The digits of scikit-learn, enlarged: the same ones, in the middle, between the same pixels."""

import numpy as np

from reprlearn import data
from reprlearn.data.options import Options
from reprlearn.data.sets import digits_28


def test_they_are_the_digits_in_the_middle_of_28_by_28():
    for split in ("train", "test"):
        small, large = (
            data.whole(data.open_dataset(Options(name)).open(split))
            for name in ("digits", "digits_28")
        )
        np.testing.assert_array_equal(large["y"], small["y"])
        x = large["x"]
        assert x.shape == (len(small["x"]), 28, 28, 1) and x.dtype == np.uint8
        inner = np.zeros((28, 28), bool)
        inner[4:24, 4:24] = True
        assert not x[:, ~inner].any()
        # Half a pixel of the small image is 1.25 of the large one: its means stay.
        rows = x[:, 4:24, 4:24, 0].astype(float).reshape(len(x), 4, 5, 4, 5).mean(axis=(2, 4))
        means = small["x"][..., 0].astype(float).reshape(len(x), 4, 2, 4, 2).mean(axis=(2, 4))
        assert (
            np.abs(rows - means).mean() < 6
            and np.corrcoef(rows.ravel(), means.ravel())[0, 1] > 0.99
        )


def test_an_image_keeps_its_orientation():
    x = np.zeros((1, 8, 8, 1), np.uint8)
    x[0, 0, 7] = 255  # above on the right
    found = digits_28.enlarged(x)[0, ..., 0]
    assert found[4, 23] > 200 and found[:12].sum() == found.sum() == found[:, 16:].sum()
