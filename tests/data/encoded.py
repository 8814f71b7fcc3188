"""Image files in memory, for the tests of reading them."""

import io

import numpy as np
from PIL import Image

from reprlearn.data import pictures


def encoded(array, format="PNG", **options):
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def header(data):
    with pictures.quiet():
        return pictures.header(data)


def smooth(height, width):
    """A photograph of sorts: what a lossy format keeps nearly as it is."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = [127 + 120 * np.sin(5 * x + 3 * y + c) for c in range(3)]
    return np.stack(waves, -1).astype(np.uint8)
