"""Metrics: sums and counts that merge exactly, evaluation over a set, and the run's log."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tensorboardX import SummaryWriter

from reprlearn.training import keys

Values = dict[str, float]


class Mean:
    """A running mean of named values, kept as float64 sums and one count."""

    def __init__(self):
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, sums: Mapping[str, Any], count: int) -> None:
        """Merges sums over `count` more items."""
        for name, value in sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._count += count

    def result(self) -> Values:
        """The mean of each value over all items."""
        return {name: total / self._count for name, total in sorted(self._sums.items())}


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
    checkpoints writes them again.
    """

    def __init__(self, workdir: Path, step: int):
        path = workdir / "metrics.jsonl"
        kept = [line for line in read(workdir) if line["step"] <= step]
        partial = path.with_suffix(".part")
        partial.write_text("".join(json.dumps(line) + "\n" for line in kept))
        partial.replace(path)
        self.seconds = max((line.get("seconds", 0.0) for line in kept), default=0.0)
        self._file = path.open("a")
        self._board = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, split: str, values: Values, **others: float) -> None:
        """Writes the values of a split at a step; what is not finite becomes null."""
        line = {"step": step, "split": split, **values, **others}
        line = {name: _finite(value) for name, value in line.items()}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        for name, value in values.items():
            self._board.add_scalar(f"{split}/{name}", value, step)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._board.close()


def read(workdir: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl; a last line that a kill cut off is left out."""
    path = Path(workdir) / "metrics.jsonl"
    lines = []
    for text in path.read_text().splitlines() if path.is_file() else []:
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
