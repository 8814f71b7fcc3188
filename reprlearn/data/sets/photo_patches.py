"""Squares cut out of the two photographs that scikit-learn ships: photo_patches.

The left of each photograph is for training, the right for the test; no pixel is in two splits.
"""

from collections.abc import Iterator

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset, Rows
from reprlearn.data.options import Options

NAMES = ("photo_patches",)
SIDE, STRIDE = 32, 8  # of a square, and from one to the next, in pixels
# Of the width of a photograph, where each split begins and ends.
PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.8), "test": (0.8, 1.0)}


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The squares "x" uint8 `[N, 32, 32, 3]`; "y" is the photograph that they are of."""
    del like  # the photographs say themselves what they are
    from sklearn.datasets import load_sample_images  # takes a second to load

    photographs = load_sample_images()
    names = tuple(name.split("/")[-1].removesuffix(".jpg") for name in photographs.filenames)
    roles = {"x": columns.image((SIDE, SIDE, 3)), "y": columns.classes(names)}

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        of_each = [list(_patches(part(image, split))) for image in photographs.images]
        y = np.repeat(np.arange(len(of_each), dtype=np.int32), [len(each) for each in of_each])
        return Rows({"x": np.stack([patch for each in of_each for patch in each]), "y": y})

    return Dataset(options.name, roles, open_split)


def part(photograph: np.ndarray, split: str) -> np.ndarray:
    """Of a photograph `[H, W, 3]` what is a split's: from one share of its width to another."""
    left, right = (round(share * photograph.shape[1]) for share in PARTS[split])
    return photograph[:, left:right]


def _patches(image: np.ndarray) -> Iterator[np.ndarray]:
    """The squares that lie whole in an image, row by row."""
    for top in range(0, image.shape[0] - SIDE + 1, STRIDE):
        for left in range(0, image.shape[1] - SIDE + 1, STRIDE):
            yield image[top : top + SIDE, left : left + SIDE]
