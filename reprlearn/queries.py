"""Examples that somebody asks about on the command line: image files, or texts."""

from collections.abc import Sequence
from pathlib import Path

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


def enrolled(column: Column, name: str) -> np.ndarray | list[str]:
    """One image or text as examples, or all images right in a folder; see `examples`.

    Raises:
      UsageError: a folder without images, and as `examples`.
    """
    if column.kind != "image" or not Path(name).is_dir():
        return examples(column, [name])
    from reprlearn.data import pictures

    every = Path(name).iterdir()
    files = sorted(path for path in every if path.name.lower().endswith(pictures.SUFFIXES))
    if not files:
        raise UsageError(
            f"{name!r} is a folder without images; allowed: {', '.join(pictures.SUFFIXES)}"
        )
    return examples(column, list(map(str, files)))
