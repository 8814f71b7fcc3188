"""Finds the nearest images of a data set, by the codes of a run.

python -m reprlearn.search --workdir=runs/siamese_photos query.jpg
python -m reprlearn.search --workdir=runs/siamese_photos --index=more/ --k=5 a.jpg b.jpg
python -m reprlearn.search --workdir=runs/siamese_photos --json=yes query.jpg

Without --index it searches the run's own data: of your own all, of a named set the test split;
--split says otherwise. The codes are kept in the run's index/ and made anew where the data or the
run have changed. Distances are exact.
"""

import contextlib
import functools
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice

if TYPE_CHECKING:
    import numpy as np

    from reprlearn.runs import Run

FLAGS = ("workdir", "index", "split", "k", "json")


class Index(NamedTuple):
    """What is searched.

    Attributes:
      z: codes, `[G, D]`.
      name: of each example, `[G]`.
      label: the name of its class, `[G]`; "" where it is not known.
    """

    z: "np.ndarray"
    name: "np.ndarray"
    label: "np.ndarray"


def main(arguments: Sequence[str]) -> None:
    """Prints the nearest examples of each image."""
    flags = dict.fromkeys(FLAGS) | {"k": "10", "json": "no"}
    given = cli.parse_strings(arguments, flags, rest="images")
    cli.need(given, "workdir", "the directory of a run")
    if not given["images"]:
        raise UsageError("no image is named; allowed: one or more to search for")
    if not given["k"].isdecimal() or int(given["k"]) < 1:
        raise UsageError(f"--k is {given['k']!r}; allowed: an integer of at least 1")
    check_choice("--json", given["json"], ("no", "yes"))
    from reprlearn import evaluation, queries, runs  # JAX is loaded here

    run = runs.restore(given["workdir"])
    asked = queries.images(run.column, given["images"])
    searched = index(run, given["index"], given["split"])
    k = min(int(given["k"]), len(searched.z))
    found = evaluation.nearest(run.encode(asked), searched.z, k=k)
    for file, places, distances in zip(given["images"], *found, strict=True):
        rows = [
            {"distance": float(d), "class": str(searched.label[i]), "name": str(searched.name[i])}
            for i, d in zip(places, distances, strict=True)
        ]
        if given["json"] == "yes":
            print(json.dumps({"query": file, "found": rows}))
            continue
        width = max(len("class"), *(len(row["class"]) for row in rows))
        print(f"{file}\ndistance  {'class':{width}}  name")
        for row in rows:
            print(f"{row['distance']:8.4g}  {row['class']:{width}}  {row['name']}")


def index(run: "Run", given: str | None = None, split: str | None = None) -> Index:
    """The codes of a data set, from the run's index/ where they were made before.

    Args:
      run: that encodes.
      given: a name or a path; None: the run's own data. Its classes may be others.
      split: see `Run.encode_dataset`.

    Raises:
      UsageError: examples of another kind or shape than the run's.
      StorageError: the codes cannot be kept.
    """
    import jax
    import numpy as np

    from reprlearn import data
    from reprlearn.digest import sha256
    from reprlearn.files import storing, write_arrays

    place = sha256({"of": np.frombuffer(f"{given}|{split}".encode(), np.uint8)})[:12]
    file = run.workdir / "index" / f"{place}.npz"
    dataset = run.examples(given, classes=False)
    parts = functools.partial(data.parts_of, dataset, split, run.config.seed)
    digests = [
        sha256(arrays | {"names": np.char.encode(names, "utf-8")}) for arrays, names in parts()
    ]
    made_of = ",".join([sha256(jax.device_get(run.state)), *digests])
    if (kept := _kept(file, made_of)) is not None:
        return kept
    classes = dataset.columns["y"].names if "y" in dataset.columns else ()
    called = np.array([*classes, ""])  # -1, of no class, is the last one
    found = [
        (run.encode(arrays["x"]), names, called[arrays.get("y", np.full(len(names), -1))])
        for arrays, names in parts()
    ]
    made = Index(*map(np.concatenate, zip(*found, strict=True)))
    with storing(file.parent):
        file.parent.mkdir(exist_ok=True)
    write_arrays(file, made._asdict() | {"made_of": made_of})
    return made


def _kept(file: Path, made_of: str) -> Index | None:
    """The codes in a file, if they are of these data and this run."""
    import numpy as np

    if not file.is_file():
        return None
    damaged = (OSError, ValueError, KeyError, zipfile.BadZipFile)
    with contextlib.suppress(*damaged), np.load(file) as arrays:
        if str(arrays["made_of"]) == made_of:
            return Index(*(arrays[name] for name in Index._fields))
    return None


if __name__ == "__main__":
    cli.run(main)
