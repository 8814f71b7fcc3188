"""Examples that somebody asks about on the command line: image files, or texts."""

from collections.abc import Sequence

import numpy as np

from reprlearn.columns import Column
from reprlearn.errors import UsageError


def examples(column: Column, asked: Sequence[str]) -> np.ndarray | list[str]:
    """What is asked about as examples of what a run was trained on.

    Args:
      column: of the run: images, whose files are asked about, or texts.
      asked: the names of files, or texts.

    Returns:
      uint8 `[N, H, W, C]`, or the texts.

    Raises:
      UsageError: the run is of something else, a file is no image, a text is empty.
    """
    if column.kind == "tokens":
        if any(not text.strip() for text in asked):
            raise UsageError("a text is empty; allowed: texts of at least one character")
        return list(asked)
    from reprlearn.data import pictures

    if column.kind != "image" or column.shape[-1] not in (1, 3):
        raise UsageError(
            f"the run is of {column.told}; allowed on the command line: "
            "images, texts; of others ask in Python"
        )
    height, width, channels = column.shape
    return np.stack([pictures.decode(file, (height, width), channels) for file in asked])
