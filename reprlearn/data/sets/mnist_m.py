"""MNIST's digits in front of photographs: mnist_m; and the same digits alone, in colour: mnist_rgb.

The domains of Ganin et al. 2016, section 5.2.4, from what comes with packages: the 5,000 digits of
mnist_5k, or with data.manual_dir all of MNIST, and seven photographs of scikit-image and
scikit-learn. A digit is |digit - patch|, pixel by pixel. The left of each photograph is for
training, the right for the test: no pixel is behind digits of two splits.
"""

import dataclasses
import functools

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import SPLITS, Dataset, Rows, whole
from reprlearn.data.options import Options
from reprlearn.data.sets import mnist_family, packaged, photo_patches

NAMES = ("mnist_m", "mnist_rgb")
USES = mnist_family.USES
SIDE = 28
OF_SCIKIT_IMAGE = ("astronaut", "cat", "coffee", "immunohistochemistry", "rocket")


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """Images "x" uint8 `[N, 28, 28, 3]`, and the digit "y"; the same digits in both sets."""
    del like  # these sets say themselves what they are
    family, name = (mnist_family, "mnist") if options.manual_dir else (packaged, "mnist_5k")
    digits = family.open_set(dataclasses.replace(options, name=name))

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        arrays = whole(digits.open(split, seed, draw))
        x = np.repeat(arrays["x"], 3, axis=-1)
        return Rows(arrays | {"x": x if options.name == "mnist_rgb" else in_front(x, split)})

    roles = {"x": columns.image((SIDE, SIDE, 3)), "y": digits.columns["y"]}
    return Dataset(options.name, roles, open_split)


def in_front(digits: np.ndarray, split: str) -> np.ndarray:
    """Digits uint8 `[N, 28, 28, 3]` in front of patches of the photographs of a split."""
    rng = np.random.default_rng(SPLITS.index(split))
    photographs = [photo_patches.part(photograph, split) for photograph in _photographs()]
    made = np.empty_like(digits)
    for i, digit in enumerate(digits):
        photograph = photographs[rng.integers(len(photographs))]
        top, left = (rng.integers(size - SIDE + 1) for size in photograph.shape[:2])
        patch = photograph[top : top + SIDE, left : left + SIDE]
        made[i] = np.abs(digit.astype(np.int16) - patch)
    return made


@functools.cache
def _photographs() -> list[np.ndarray]:
    """Seven photographs, uint8 `[H, W, 3]`."""
    from skimage import data as scikit_image  # both take a second to load
    from sklearn.datasets import load_sample_images

    found = [getattr(scikit_image, name)()[..., :3] for name in OF_SCIKIT_IMAGE]
    return [*found, *load_sample_images().images]
