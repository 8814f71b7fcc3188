"""w11 as a loop over Pillow, on all cores: the pixels that reprlearn makes, and nothing else."""

import concurrent.futures
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import photographs
from benchmarks.peers import report

CHUNK = 32  # files that a process is given at once
SIDE, GAP = photographs.SIDE, 2  # the gap is that of Pillow's own `thumbnail`


def pixels(path: Path) -> np.ndarray:
    """A file as uint8 `[64, 64, 3]`."""
    with Image.open(path) as image:
        image.draft("RGB", (GAP * SIDE, GAP * SIDE))  # fewer pixels from the start
        small = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=GAP)
        return np.asarray(small)


def whole(folder: Path) -> np.ndarray:
    """All files of the class folders, uint8 `[N, 64, 64, 3]`."""
    with concurrent.futures.ProcessPoolExecutor() as pool:
        return np.stack(list(pool.map(pixels, sorted(folder.glob("*/*.jpg")), chunksize=CHUNK)))


def w11() -> dict[str, float]:
    """It neither checks nor digests the files, nor keeps what it makes."""
    with photographs.folder() as folder:
        return {"seconds": report.seconds(lambda: whole(folder))}


if __name__ == "__main__":
    report.main("pillow", {"w11": w11})
