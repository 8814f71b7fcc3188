"""Image files that somebody asks about, as examples of a run."""

from collections.abc import Sequence

import numpy as np

from reprlearn.columns import Column
from reprlearn.errors import UsageError


def images(column: Column, files: Sequence[str]) -> np.ndarray:
    """Image files as examples `[N, H, W, C]` uint8 of what a run was trained on.

    Raises:
      UsageError: the run is not of images, or a file is none.
    """
    from reprlearn.data import pictures

    if column.kind != "image" or column.shape[-1] not in (1, 3):
        raise UsageError(
            f"the run is of {column.kind}s of shape {column.shape}; allowed with files: images; of "
            "others ask in Python"
        )
    height, width, channels = column.shape
    return np.stack([pictures.decode(file, (height, width), channels) for file in files])
