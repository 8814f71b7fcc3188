"""The data of the benchmarks, in NumPy alone, for both sides."""

import numpy as np

IMAGES, CLASSES, BLOCK = 60_000, 10, 5_000
PHOTOS, PHOTO = 10_000, (64, 64, 3)  # how many, and of which shape, for w10
DIGITS, COLOURED = 5_000, (28, 28, 3)  # of each domain, for w14


def images(count: int = IMAGES, shape: tuple[int, int, int] = (28, 28, 1)) -> dict[str, np.ndarray]:
    """`count` images uint8 of `shape`, half of their pixels black, and their labels.

    By default they have the shape, the dtype and the number of Fashion-MNIST's. Their content is
    random: a step's time does not depend on it, and nothing need be downloaded.
    """
    rng = np.random.default_rng(0)
    image = np.empty((count, *shape), np.uint8)
    for start in range(0, count, BLOCK):  # no second copy of a large set, whose memory is measured
        block = image[start : start + BLOCK]
        block[:] = rng.integers(-255, 256, block.shape, dtype=np.int16).clip(0)
    return {"x": image, "y": rng.integers(0, CLASSES, count, dtype=np.int32)}
