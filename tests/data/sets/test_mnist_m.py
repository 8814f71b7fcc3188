"""Digits in front of photographs: the same digits, patches of the split's own part, one digest."""

import hashlib

import numpy as np
import pytest

from reprlearn import data
from reprlearn.data import SPLITS
from reprlearn.data.options import Options
from reprlearn.data.sets import mnist_m, photo_patches


@pytest.fixture(scope="module")
def domains():
    return {name: data.open_dataset(Options(name)) for name in mnist_m.NAMES}


def test_both_sets_have_the_digits_of_mnist_5k(domains):
    digits = data.open_dataset(Options("mnist_5k"))
    for split in SPLITS:
        one, rgb, behind = (
            data.whole(d.open(split)) for d in (digits, domains["mnist_rgb"], domains["mnist_m"])
        )
        np.testing.assert_array_equal(rgb["x"], np.repeat(one["x"], 3, axis=-1))
        assert behind["x"].shape == rgb["x"].shape and behind["x"].dtype == np.uint8
        for arrays in (rgb, behind):
            np.testing.assert_array_equal(arrays["y"], one["y"])


def test_a_digit_is_its_difference_from_a_patch_of_the_splits_own_part():
    digit = np.zeros((3, 28, 28, 3), np.uint8)
    digit[:, 10:20, 10:14] = 255
    parts = {
        split: [photo_patches.part(photograph, split) for photograph in mnist_m._photographs()]
        for split in SPLITS
    }
    widths = [photograph.shape[1] for photograph in mnist_m._photographs()]
    assert [sum(p[i].shape[1] for p in parts.values()) for i in range(len(widths))] == widths
    for split in SPLITS:
        for made in mnist_m.in_front(digit, split):
            patch = np.where(digit[0] == 255, 255 - made, made)
            assert any(_holds(photograph, patch) for photograph in parts[split])


def _holds(photograph, patch):
    """Whether a patch is somewhere in a photograph."""
    corner = (photograph[:-27, :-27] == patch[0, 0]).all(axis=-1)
    return any(
        np.array_equal(photograph[top : top + 28, left : left + 28], patch)
        for top, left in np.argwhere(corner)
    )


def test_it_is_the_same_everywhere(domains):
    """Other photographs, or NumPy's generator changed, would be another set."""
    found = {
        split: hashlib.sha256(data.whole(domains["mnist_m"].open(split))["x"].tobytes()).hexdigest()
        for split in SPLITS
    }
    assert {split: digest[:16] for split, digest in found.items()} == DIGESTS


DIGESTS = {
    "train": "af6ff5d6dc9f4b7e",
    "validation": "c7b075e98444132b",
    "test": "f60325269ea0695c",
}
