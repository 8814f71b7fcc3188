"""The digits of scikit-learn as large as MNIST's, digits_28: two domains of one task.

An image of 8 x 8 is enlarged to 20 x 20 and stands in the middle of 28 x 28, as MNIST's digits do.
"""

import dataclasses

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset, Rows, whole
from reprlearn.data.options import Options
from reprlearn.data.sets import packaged

NAMES = ("digits_28",)
SIDE, INNER = 28, 20


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """Images "x" uint8 `[N, 28, 28, 1]`, and the digit "y"; the splits are those of digits."""
    del like  # this set says itself what it is
    digits = packaged.open_set(dataclasses.replace(options, name="digits"))

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        arrays = whole(digits.open(split, seed, draw))
        return Rows(arrays | {"x": enlarged(arrays["x"])})

    roles = {"x": columns.image((SIDE, SIDE, 1)), "y": digits.columns["y"]}
    return Dataset(options.name, roles, open_split)


def enlarged(x: np.ndarray) -> np.ndarray:
    """Images uint8 `[N, 8, 8, 1]` in the middle of `[N, 28, 28, 1]`."""
    from PIL import Image  # takes a while to load

    size, edge = (INNER, INNER), (SIDE - INNER) // 2
    large = [Image.fromarray(image[..., 0]).resize(size, Image.Resampling.BICUBIC) for image in x]
    inner = np.stack([np.asarray(image) for image in large])[..., None]
    return np.pad(inner, [(0, 0), (edge, edge), (edge, edge), (0, 0)])
