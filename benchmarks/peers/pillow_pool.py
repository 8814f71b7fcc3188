"""w11 as the loop over Pillow that a user writes: opened, resized, on all cores; nothing else."""

import concurrent.futures
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import photographs
from benchmarks.peers import report

CHUNK = 32  # files that a process is given at once
SIZE = (photographs.SIDE, photographs.SIDE)


def pixels(path: Path) -> np.ndarray:
    """A file as uint8 `[64, 64, 3]`."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS))


def w11(decode: Callable[[Path], np.ndarray] = pixels) -> dict[str, float]:
    """It neither checks nor digests the files, nor keeps what it makes."""

    def whole(folder: Path) -> np.ndarray:
        with concurrent.futures.ProcessPoolExecutor() as pool:
            return np.stack(list(pool.map(decode, sorted(folder.glob("*/*.jpg")), chunksize=CHUNK)))

    with photographs.folder() as folder:
        return {"seconds": report.seconds(lambda: whole(folder))}


if __name__ == "__main__":
    report.main("pillow", {"w11": w11})
