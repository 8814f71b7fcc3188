"""Metrics: sums and counts that merge exactly, evaluation over a set, and the run's log."""

import contextlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tensorboardX import SummaryWriter

from reprlearn import keys
from reprlearn.files import check_room, finite_or_none, read_json_lines, storing

MARGIN = 1 << 17  # bytes free: TensorBoard's thread dies of a full disk, and its queue then blocks

Values = dict[str, Any]  # a number each; of several seeds see `over_seeds`


class Mean:
    """A running mean of named values, kept as float64 sums and one count; a list for each seed.

    "skipped" among the values is itself a number of items that count for nothing; see
    `step.make_step`.
    """

    def __init__(self):
        self._sums: dict[str, Any] = {}
        self._count: Any = 0
        self._skipped: Any = None

    def add(self, sums: Mapping[str, Any], count: int) -> None:
        """Merges sums, scalars or `[S]`, over `count` more items."""
        sums = {name: np.asarray(value, np.float64) for name, value in sums.items()}
        if "skipped" in sums:
            skipped = sums.pop("skipped")
            self._skipped = skipped if self._skipped is None else self._skipped + skipped
            count = count - skipped
        for name, value in sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count = self._count + count

    def result(self) -> Values:
        """The mean of each value over all items; not a number where there were none."""
        count = np.where(np.asarray(self._count) > 0, self._count, np.nan)
        means = {name: total / count for name, total in sorted(self._sums.items())}
        means |= {} if self._skipped is None else {"skipped": self._skipped}
        if any(np.ndim(value) for value in means.values()):
            seeds = len(next(iter(means.values())))
            return over_seeds([{n: float(v[i]) for n, v in means.items()} for i in range(seeds)])
        return {name: float(value) for name, value in means.items()}


SEEDS, ERROR = "/seeds", "/standard_error"


def over_seeds(values: Sequence[Values]) -> Values:
    """The values of several runs as one: "x" the mean, "x/standard_error", "x/seeds" all of them.

    The standard error is the standard deviation, with n - 1, over the root of n. A value that one
    of them lacks is left out.
    """
    merged: Values = {}
    for name in (name for name in values[0] if all(name in one for one in values)):
        each = [one[name] for one in values]
        merged[name] = float(np.mean(each))
        merged[name + ERROR] = float(np.std(each, ddof=1) / math.sqrt(len(each)))
        merged[name + SEEDS] = each
    return merged


def in_batches(
    function: Callable[[np.ndarray, int], jax.Array], array: np.ndarray, size: int
) -> np.ndarray:
    """A compiled function over any number of rows `[N, ...]`, in padded batches of one size.

    Args:
      function: (rows `[size, ...]`, the number of the batch) -> `[size, ...]`.
      array: at least one row.
      size: of a batch.
    """
    parts = [
        np.asarray(function(pad(array[start : start + size], size), batch))
        for batch, start in enumerate(range(0, len(array), size))
    ]
    return np.concatenate(parts)[: len(array)]


def evaluate(
    compiled: Callable[[Any, Mapping[str, np.ndarray], jax.Array], Mapping[str, jax.Array]],
    state: Any,
    arrays: Mapping[str, np.ndarray],
    key: jax.Array,
    batch_size: int,
) -> Values:
    """The mean of every metric over all examples of a set.

    The set goes through in batches of one size, the last one padded with copies of its first
    example, whose values are dropped. An example's random draws depend on its place and on the
    batch size alone, so the number of examples changes no example's value.

    Args:
      compiled: (state, batch, key) -> metrics, each `[batch_size]`.
      state: the training state.
      arrays: the set, each `[N, ...]`.
      key: the typed key of the evaluation.
      batch_size: the compiled batch size.
    """
    total = len(next(iter(arrays.values())))
    mean = Mean()
    for start in range(0, total, batch_size):
        size = min(batch_size, total - start)
        batch = {
            name: pad(array[start : start + size], batch_size) for name, array in arrays.items()
        }
        values = compiled(state, batch, keys.at(key, start // batch_size))
        mean.add({name: np.asarray(v, np.float64)[:size].sum() for name, v in values.items()}, size)
    return mean.result()


def pad(array: np.ndarray, size: int) -> np.ndarray:
    """The array made `size` long with copies of its first row."""
    missing = size - len(array)
    return np.concatenate([array, np.repeat(array[:1], missing, axis=0)]) if missing else array


class Log:
    """A run's metrics.jsonl, one object a line, and its TensorBoard files beside it.

    Opening it at a step drops the lines after that step: a run that was killed between two
    checkpoints writes them again. Of several processes only the first one writes.

    Raises:
      StorageError: what could not be written.
    """

    def __init__(self, workdir: Path, step: int, *, writes: bool = True):
        path = workdir / "metrics.jsonl"
        kept = [line for line in read(workdir) if line["step"] <= step]
        self.seconds = max((line.get("seconds", 0.0) for line in kept), default=0.0)
        self._file, self._board, self._path = None, None, path
        if not writes:
            return
        with storing(path):
            partial = path.with_suffix(".part")
            partial.write_text("".join(json.dumps(line) + "\n" for line in kept))
            partial.replace(path)
            self._file = path.open("a")
            self._board = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, split: str, values: Values, **others: float) -> None:
        """Writes the values of a split at a step; what is not finite becomes null."""
        if self._file is None:
            return
        line = {"step": step, "split": split, **values, **others}
        line = {name: finite_or_none(value) for name, value in line.items()}
        with storing(self._path):
            check_room(self._path.parent, MARGIN)
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        for name, value in values.items():
            if not isinstance(value, list) and math.isfinite(value):
                self._board.add_scalar(f"{split}/{name}", value, step)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk has been told of
                self._file.close()
            self._board.close()


def read(workdir: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl; a last line that a kill cut off is left out."""
    return read_json_lines(Path(workdir) / "metrics.jsonl")
