"""The codes of a data set that is searched, kept beside the run and made anew when they are old."""

import contextlib
import functools
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from reprlearn import approximate, data, evaluation, kept
from reprlearn.digest import sha256
from reprlearn.errors import UsageError
from reprlearn.files import storing, write_arrays
from reprlearn.runs import Run
from reprlearn.scores import matching
from reprlearn.training.step import step_of

ARRAYS = ("z", "name", "label")


class Index(NamedTuple):
    """What is searched.

    Attributes:
      z: codes, `[G, D]`.
      name: of each example, `[G]`; of a text itself.
      label: the name of its class, `[G]`; "" where it is not known.
      file: where they are kept.
    """

    z: np.ndarray
    name: np.ndarray
    label: np.ndarray
    file: Path


class Found(NamedTuple):
    """The nearest examples of Q queries, nearest first.

    Attributes:
      place: of each among those that were searched, int `[Q, k]`.
      distance: of its code, `[Q, k]`.
      weight: of the letters beside the code, by which texts were ranked; 0: by the code alone.
      recall: of an approximate search, the share of the k nearest of 100 codes that it finds.
    """

    place: np.ndarray
    distance: np.ndarray
    weight: float = 0.0
    recall: float = 1.0


def index(run: Run, given: str | None = None, split: str | None = None) -> Index:
    """The codes of a data set, from the run's index/ where they were made before.

    Args:
      run: that encodes.
      given: a name or a path; None: the run's own data. Its classes may be others.
      split: see `Run.encode_dataset`.

    Raises:
      UsageError: examples of another kind or shape than the run's.
      StorageError: the codes cannot be kept.
    """
    place = sha256({"of": np.frombuffer(f"{given}|{split}".encode(), np.uint8)})[:12]
    file = run.workdir / "index" / f"{place}.npz"
    dataset = run.examples(given, classes=False)
    parts = functools.partial(data.parts_of, dataset, split, run.config.seed)
    if file.is_file():
        digests = [_digest(*part) for part in parts()]
        if (there := _kept(file, _made_of(run, digests))) is not None:
            return there
    classes = dataset.columns["y"].names if "y" in dataset.columns else ()
    called = np.array([*classes, ""])  # -1, of no class, is the last one
    digests, found = [], []
    for arrays, names in parts():
        digests.append(_digest(arrays, names))
        labels = called[arrays.get("y", np.full(len(names), -1))]
        found.append((run.encode(arrays["x"], "right/x"), names, labels))
    columns = dict(zip(ARRAYS, map(np.concatenate, zip(*found, strict=True)), strict=True))
    with storing(file.parent):
        file.parent.mkdir(exist_ok=True)
    write_arrays(file, columns | {"made_of": _made_of(run, digests)})
    return Index(**columns, file=file)


def _digest(arrays: data.Arrays, names: np.ndarray) -> str:
    """Of a part of the data."""
    return sha256(arrays | {"names": np.char.encode(names, "utf-8")})


def _made_of(run: Run, digests: Sequence[str]) -> str:
    """What codes are made of: this run as it is, and these parts of the data."""
    return ",".join([sha256(jax.device_get(run.state)), *digests])


def _kept(file: Path, made_of: str) -> Index | None:
    """The codes in a file, if they are of these data and this run."""
    damaged = (OSError, ValueError, KeyError, zipfile.BadZipFile)
    with contextlib.suppress(*damaged), np.load(file) as arrays:
        if str(arrays["made_of"]) == made_of:
            return Index(**{name: arrays[name] for name in ARRAYS}, file=file)
    return None


def search(
    run: Run, among: Index, asked: Any, k: int = 10, *, is_approximate: bool = False
) -> Found:
    """The nearest examples of some queries.

    Texts are ranked by their code and their letters, if the run keeps the score `matching`, which
    weighed the two on validation pairs.

    Args:
      run: that encodes.
      among: what is searched.
      asked: the queries, as `Run.encode` takes them.
      k: how many; fewer where there are no more.
      is_approximate: whether a graph is followed in place of reading every code.

    Raises:
      UsageError: queries of another kind or shape, or none; an approximate search without faiss, or
        of texts that are ranked by their letters too.
    """
    k, z = min(k, len(among.z)), run.encode(asked)
    weight = _weight(run)
    if is_approximate:
        if weight:
            raise UsageError(
                "--approximate is 'yes', and this run ranks texts by their letters too, which is "
                "exact; allowed: no"
            )
        graph = approximate.graph(among.file, among.z, k)
        return Found(*graph.nearest(z, k), recall=graph.recall)
    if run.column.kind != "tokens" or not weight:
        place, distance = evaluation.nearest(z, among.z, k=k)
        return Found(place, distance)
    by_code = matching.by_distance(z, among.z)(slice(None))
    texts = list(map(str, among.name))
    tfidf = None if matching.are_short(texts) else evaluation.TfIdf(texts, words=True)
    both = matching.beside(by_code, list(map(str, asked)), texts, tfidf)
    place = np.argsort(-(both.code + weight * both.letters), axis=1, kind="stable")[:, :k]
    distance = np.linalg.norm(z[:, None].astype(np.float64) - among.z[place], axis=-1)
    return Found(place, distance, weight)


def _weight(run: Run) -> float:
    """Of the letters beside the code, as the score found it for this run as it is; 0: none."""
    if not kept.is_of(run.workdir, "matching", step_of(run.state)):
        return 0.0
    values = kept.read_values(run.workdir, "matching")
    name, place = "matching/weight", run.seeds.index(run)
    return float(kept.of_seed(values, name, place)) if name in values else 0.0
