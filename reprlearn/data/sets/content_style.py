"""Two images, one for its content and one for its style: content_style.

They are `data.content` and `data.style`, files of a person's own; without them two photographs that
scikit-learn ships, a temple and a flower. Every split holds the same pair.
"""

from pathlib import Path

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset, Rows
from reprlearn.data.options import Options
from reprlearn.data.pictures import PictureError, decode
from reprlearn.errors import UsageError

NAMES = ("content_style",)
USES = ("content", "style", "image_size", "channels")
SIZE = (256, 256)
SHIPPED = {"content": "china.jpg", "style": "flower.jpg"}


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """Both images, brought to one size: "x", the content, and "style", each `[1, H, W, C]`."""
    del like  # the images say themselves what they are
    size = tuple(options.image_size) or SIZE
    channels = 3 if options.channels == "auto" else int(options.channels)
    arrays = {
        role: _decoded(field, getattr(options, field), size, channels)[None]
        for role, field in (("x", "content"), ("style", "style"))
    }
    roles = {role: columns.image(array.shape[1:]) for role, array in arrays.items()}
    return Dataset(options.name, roles, lambda split, seed=0, draw=0: Rows(arrays))


def _decoded(field: str, given: str | None, size: tuple[int, int], channels: int) -> np.ndarray:
    """An image file, scaled until it covers the size, its centre kept."""
    path = _shipped(SHIPPED[field]) if given is None else Path(given).expanduser()
    try:
        return decode(path, size, channels)
    except PictureError as error:
        raise UsageError(f"data.{field}: {error}") from error


def _shipped(name: str) -> Path:
    import sklearn.datasets  # takes a second to load

    return Path(sklearn.datasets.__file__).parent / "images" / name
