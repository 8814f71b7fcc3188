"""What was measured of a run, in files beside it: `scores/<name>.json`, and of arrays `.npz`.

The files are read without JAX.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError
from reprlearn.files import finite_or_none, storing, whole_file, write_json

FOLDER = "scores"
OF = "examples/"  # how the names of arrays of examples begin in a file

# How a value's name begins, after its score's: by the examples it is of, then by the space.
GROUPS = {"unseen_": "classes that the run did not learn from", "target_": "the target domain"}
SPACES = ("learned", "pca", "pixels", "untrained", "forest", "tfidf", "fused")


class Metric(NamedTuple):
    """What a value of a score is.

    Attributes:
      about: in a few words.
      better: "higher" or "lower"; "": neither.
    """

    about: str
    better: str = ""


class Measured(NamedTuple):
    """What a score measured.

    Attributes:
      values: by their name in summary.json, such as "verification/auc"; of several seeds, once
        kept, as there: the mean, its error, and each.
      arrays: what the score's figures are drawn from; of several seeds those of the first.
      examples: by the name of a value that is a mean over examples, the value of each example,
        `[N]`; of several seeds `[S, N]`.
      warnings: what a person should look at, for the run's notes.
    """

    values: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = {}
    examples: Mapping[str, np.ndarray] = {}
    warnings: Sequence[str] = ()


def called(group: str, space: str) -> str:
    """How the values of a group in a space begin: "", "pca_", "unseen_", "unseen_pca_"."""
    return group + ("" if space == "learned" else f"{space}_")


def parsed(name: str) -> tuple[str, str, str]:
    """The group, the space and the metric of a value, of `called`.

    >>> parsed("knn/unseen_pca_accuracy")
    ('unseen_', 'pca', 'accuracy')
    >>> parsed("log_likelihood")
    ('', 'learned', 'log_likelihood')
    """
    metric = name.rsplit("/", 1)[-1]
    group = next((prefix for prefix in GROUPS if metric.startswith(prefix)), "")
    metric = metric.removeprefix(group)
    space = next((space for space in SPACES if metric.startswith(f"{space}_")), "learned")
    return group, space, metric.removeprefix(f"{space}_")


class Row(NamedTuple):
    """A row of a table of values: of a group of examples a metric, in all spaces.

    Attributes:
      group: a key of GROUPS, or "".
      metric: its name.
      names: of the values, by space.
    """

    group: str
    metric: str
    names: dict[str, str]


def rows(values: Mapping[str, Any]) -> list[Row]:
    """The rows of some values, in their order; see `called`."""
    found: dict[str, Row] = {}
    for name in values:
        if belongs(name, values):
            continue
        group, space, metric = parsed(name)
        row = f"{name[: name.rfind('/') + 1]}{group}{metric}"  # "source/accuracy" is a row
        found.setdefault(row, Row(group, metric, {})).names[space] = name
    return list(found.values())


def belongs(name: str, values: Mapping[str, Any]) -> bool:
    """Whether a value is another one's error, seeds, or end of its interval."""
    if name.endswith(("/standard_error", "/seeds")):
        return True
    return name.removesuffix("_low").removesuffix("_high") in values.keys() - {name}


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
    of_examples = {OF + metric: each for metric, each in measured.examples.items()}
    arrays = dict(measured.arrays) | of_examples
    if arrays:
        with whole_file(folder / f"{name}.npz") as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)
    values = {metric: finite_or_none(value) for metric, value in measured.values.items()}
    write_json(folder / f"{name}.json", about | {"values": values})


def is_of(workdir: Path, score: str, step: int) -> bool:
    """Whether a score of the test split is kept, of a run of so many steps."""
    file = workdir / FOLDER / f"{name_of(score)}.json"
    return file.is_file() and json.loads(file.read_text()).get("step") == step


def of_seed(values: Mapping[str, Any], name: str, place: int) -> float:
    """A value of one of the runs that were trained at once."""
    return values[f"{name}/seeds"][place] if f"{name}/seeds" in values else values[name]


def read_values(workdir: Path, name: str) -> dict[str, Any]:
    """The values alone of what was kept under a name of `name_of`.

    Raises:
      UsageError: nothing was.
    """
    file = Path(workdir) / FOLDER / f"{name}.json"
    if not file.is_file():
        kept = sorted(path.stem for path in file.parent.glob("*.json"))
        raise UsageError(f"{workdir} keeps no {name!r}; it keeps: {', '.join(kept) or 'none'}")
    return json.loads(file.read_text())["values"]


def read(workdir: Path, name: str) -> Measured:
    """All that was kept under a name of `name_of`.

    Raises:
      UsageError: nothing was.
    """
    values = read_values(workdir, name)
    arrays = Path(workdir) / FOLDER / f"{name}.npz"
    if not arrays.is_file():
        return Measured(values)
    with np.load(arrays) as found:
        of = {n.removeprefix(OF): found[n] for n in found if n.startswith(OF)}
        return Measured(values, {n: found[n] for n in found if not n.startswith(OF)}, of)
