"""JPEG files for w11, cut out of the two photographs that scikit-learn ships; for both sides."""

import concurrent.futures
import contextlib
import functools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

COUNT, STORED, SIDE = 5_000, 256, 64  # files, the side of each, and that which they are brought to


@contextlib.contextmanager
def folder(count: int = COUNT) -> Iterator[Path]:
    """A folder of `count` JPEGs, of two classes, while the context lasts."""
    with tempfile.TemporaryDirectory() as path:
        root, photographs = Path(path), load_sample_images().images
        for label in range(len(photographs)):
            (root / str(label)).mkdir()
        write = functools.partial(_write, root, photographs)
        with concurrent.futures.ThreadPoolExecutor() as pool:  # Pillow holds no lock meanwhile
            list(pool.map(write, range(count)))
        yield root


def _write(root: Path, photographs: Sequence[np.ndarray], place: int) -> None:
    """Writes a file: a square cut out at random, half of them mirrored."""
    label, rng = place % len(photographs), np.random.default_rng(place)
    height, width = photographs[label].shape[:2]
    side = int(rng.integers(STORED // 2, height + 1))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    square = photographs[label][top : top + side, left : left + side, :: rng.choice((-1, 1))]
    image = Image.fromarray(np.ascontiguousarray(square)).resize((STORED, STORED))
    image.save(root / str(label) / f"{place:05d}.jpg", quality=90)
