"""Fonts: every character in every style of a family, the same drawings each time."""

import string

import numpy as np
import pytest

from reprlearn import data
from reprlearn.data.options import Options
from reprlearn.data.sets import fonts


@pytest.mark.parametrize("name", fonts.NAMES)
def test_each_split_has_each_character_equally_often_and_none_is_empty(name):
    dataset, count = data.open_dataset(Options(name)), 10 if name == "fonts-digits" else 62
    names, styles = dataset.columns["y"].names, 16 if name == "fonts-digits" else 4
    assert "".join(names) == (string.digits + string.ascii_letters)[:count]
    for split, each in fonts.EACH.items():
        arrays = data.whole(dataset.open(split))
        assert np.bincount(arrays["y"]).tolist() == count * [styles * each]
        assert arrays["x"].shape == (count * styles * each, 28, 28, 1)
        assert (arrays["x"].reshape(len(arrays["x"]), -1).max(axis=1) > 120).all()
        assert (arrays["x"][:, [0, -1]] == 0).mean() > 0.97  # nothing is cut off


def test_drawings_differ_and_are_the_same_each_time():
    first = fonts._drawn("serif", "test")
    fonts._drawn.cache_clear()
    np.testing.assert_array_equal(fonts._drawn("serif", "test"), first)
    assert len(np.unique(first.reshape(len(first), -1), axis=0)) > 0.99 * len(first)
    others = fonts._drawn("sans", "test"), fonts._drawn("serif", "validation")
    assert not any(np.array_equal(other[:62], first[:62]) for other in others)
