"""JPEG files for w11, cut out of the two photographs that scikit-learn ships; for both sides."""

import concurrent.futures
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

COUNT, STORED, SIDE = 5_000, 256, 64  # files, the side of each, and that which they are brought to
SHARE = 100  # files that a process writes at once


@contextlib.contextmanager
def folder(count: int = COUNT) -> Iterator[Path]:
    """A folder of `count` JPEGs, of two classes, while the context lasts."""
    with tempfile.TemporaryDirectory() as path:
        root, starts = Path(path), range(0, count, SHARE)
        for label in range(2):
            (root / str(label)).mkdir()
        with concurrent.futures.ProcessPoolExecutor() as pool:
            stops = (min(start + SHARE, count) for start in starts)
            list(pool.map(_write, [root] * len(starts), starts, stops))
        yield root


def _write(root: Path, start: int, stop: int) -> None:
    """Writes some of the files: squares cut out at random, half of them mirrored."""
    photographs, rng = load_sample_images().images, np.random.default_rng(start)
    for place in range(start, stop):
        label = place % len(photographs)
        height, width = photographs[label].shape[:2]
        side = int(rng.integers(STORED // 2, height + 1))
        top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
        square = photographs[label][top : top + side, left : left + side, :: rng.choice((-1, 1))]
        image = Image.fromarray(np.ascontiguousarray(square)).resize((STORED, STORED))
        image.save(root / str(label) / f"{place:05d}.jpg", quality=90)
