"""What was measured of a run, in files beside it: `scores/<name>.json`, and of arrays `.npz`.

The files are read without JAX.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError
from reprlearn.files import finite_or_none, storing, whole_file, write_json

FOLDER = "scores"


class Measured(NamedTuple):
    """What a score measured.

    Attributes:
      values: by their name in summary.json, such as "verification/auc"; of several seeds, once
        kept, as there: the mean, its error, and each.
      arrays: what the score's figures are drawn from; of several seeds those of the first.
    """

    values: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = {}


def name_of(score: str, split: str = "test", step: int | None = None) -> str:
    """The name of the files: "modes", of another split "modes.validation", "modes.step600"."""
    of_split = "" if split == "test" else f".{split}"
    return f"{score}{of_split}" + ("" if step is None else f".step{step}")


def write(workdir: Path, name: str, measured: Measured, **about: object) -> None:
    """Keeps what was measured; `about` says of what: the split, the step.

    Raises:
      StorageError: it cannot be written.
    """
    folder = workdir / FOLDER
    with storing(folder):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.npz").unlink(missing_ok=True)
    if measured.arrays:
        with whole_file(folder / f"{name}.npz") as partial, partial.open("wb") as file:
            np.savez_compressed(file, **measured.arrays)
    values = {metric: finite_or_none(value) for metric, value in measured.values.items()}
    write_json(folder / f"{name}.json", about | {"values": values})


def is_of(workdir: Path, score: str, step: int) -> bool:
    """Whether a score of the test split is kept, of a run of so many steps."""
    file = workdir / FOLDER / f"{name_of(score)}.json"
    return file.is_file() and json.loads(file.read_text()).get("step") == step


def read(workdir: Path, name: str) -> Measured:
    """What was kept under a name of `name_of`.

    Raises:
      UsageError: nothing was.
    """
    file = Path(workdir) / FOLDER / f"{name}.json"
    if not file.is_file():
        kept = sorted(path.stem for path in file.parent.glob("*.json"))
        raise UsageError(f"{workdir} keeps no {name!r}; it keeps: {', '.join(kept) or 'none'}")
    values, arrays = json.loads(file.read_text())["values"], file.with_suffix(".npz")
    if not arrays.is_file():
        return Measured(values)
    with np.load(arrays) as found:
        return Measured(values, dict(found))
