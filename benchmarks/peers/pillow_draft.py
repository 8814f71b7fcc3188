"""w11 over Pillow by its fastest way, which is reprlearn's: JPEGs decoded at a lower resolution."""

from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.peers import pillow_pool, report

GAP = 2  # that of Pillow's own `thumbnail`


def pixels(path: Path) -> np.ndarray:
    """A file as uint8 `[64, 64, 3]`, the pixels that reprlearn makes."""
    with Image.open(path) as image:
        image.draft("RGB", tuple(GAP * side for side in pillow_pool.SIZE))
        resample = Image.Resampling.LANCZOS
        return np.asarray(image.resize(pillow_pool.SIZE, resample, reducing_gap=GAP))


def w11() -> dict[str, float]:
    """The loop of `pillow_pool`, with these pixels."""
    return pillow_pool.w11(pixels)


if __name__ == "__main__":
    report.main("pillow", {"w11": w11}, "by draft")
