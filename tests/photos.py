"""Folders of small images, and what such a folder is as a data set."""

import os

import numpy as np
from conftest import refusal
from PIL import Image

from reprlearn.data.options import Options
from reprlearn.data.sets import folder


def read_photos(photos, like=None, name=None, **options):
    """The contents of a folder, or of another name; prepared in the folder data beside it."""
    where = Options("photos", data_dir=str(photos.parent / "data"), **options)
    return folder.contents(str(photos) if name is None else name, where, like)


def refuse_photos(photos, **options):
    """The one line in which a folder is refused."""
    message = refusal(read_photos, photos, **options)
    assert message.startswith("data.")
    return message


def prepared_sets(photos):
    """The folders of all sets that have been prepared."""
    return sorted(os.listdir(photos.parent / "data" / "own_images"))


def save(path, value=0, shape=(6, 8, 3)):
    """An image of one colour or, of bytes, a file that is no image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        Image.fromarray(np.full(shape, value, np.uint8)).save(path)


def truncate(path, shape=(6, 8, 3)):
    """An image whose file is cut off within its pixels."""
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-60])


def fill(root, *names, shape=(6, 8, 3)):
    """Images of the colours 0, 10, 20, ... by their names; returns these."""
    for i, name in enumerate(names):
        save(root / name, 10 * i % 250, shape)
    return list(names)


def photographs(folder, count=14, size=(9, 12), classes=("rose", "tulip", "violet")):
    """Images whose first pixel says which they are, in a folder a class."""
    rng = np.random.default_rng(0)
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = rng.integers(0, 256, (*size, 3), np.uint8)
            pixels[0, 0] = (c, i, 7)
            Image.fromarray(pixels).save(folder / name / f"{i:02d}.png")
    return folder
