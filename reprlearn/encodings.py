"""A whole data set through what a run has learned."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from reprlearn import data
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import BY_COLUMN

FUNCTIONS = ("encode", "reconstruct")


def encode_dataset(
    run: Any,
    given: Any = None,
    split: str | None = None,
    *,
    function: str = "encode",
    column: str | None = None,
) -> dict[str, np.ndarray]:
    """A whole data set through `encode`, or `reconstruct`: "z" (or "x"), "name" and "y".

    Args:
      run: a `Run`.
      given: a name, a path, or arrays, of the run's columns; None: the run's own data.
      split: one of `data.SPLITS`; "all", of a person's own data; None: "all", else "test".
      function: of FUNCTIONS.
      column: as which of `Method.by_column` they are encoded; None: the first, or all alike.

    Raises:
      UsageError: data of other columns, saying how they differ; a column that the run does not
        encode in a way of its own.
    """
    every = list(parts(run, function, given, split, column))
    return {name: np.concatenate([part[name] for part in every]) for name in every[0]}


def parts(
    run: Any,
    function: str,
    given: Any = None,
    split: str | None = None,
    column: str | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """What `encode_dataset` gives, a part at a time, for sets larger than the memory."""
    check_choice("function", function, FUNCTIONS)
    run.need(function)
    check_column(run, function, column)
    dataset = run.examples(given)
    for note in dataset.notes if given is not None else ():
        print(note, file=sys.stderr)
    for arrays, names in data.parts_of(dataset, split, run.config.seed):
        if function == "reconstruct":
            found = {"x": run.reconstruct(arrays["x"])}
        else:
            found = {"z": run.encode(arrays["x"], column)}
        found["name"] = names
        yield found | ({"y": arrays["y"]} if "y" in arrays and run.class_names else {})


def check_column(run: Any, function: str, column: str | None) -> None:
    """Refuses a column that a function of a run does not tell from others."""
    allowed = run.method.by_column if function in BY_COLUMN else ()
    if column is not None and column not in allowed:
        raise UsageError(
            f"column is {column!r}; allowed of {function} of this run, "
            + (", ".join(allowed) or "which takes all examples alike: none")
        )
