"""A whole data set through what a run has learned."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from reprlearn import data
from reprlearn.errors import check_choice

FUNCTIONS = ("encode", "encode_right", "reconstruct")


def encode_dataset(
    run: Any, given: Any = None, split: str | None = None, *, function: str = "encode"
) -> dict[str, np.ndarray]:
    """A whole data set through `encode`, or `reconstruct`: "z" (or "x"), "name" and "y".

    Args:
      run: a `Run`.
      given: a name, a path, or arrays, of the run's columns; None: the run's own data.
      split: one of `data.SPLITS`; "all", of a person's own data; None: "all", else "test".
      function: of FUNCTIONS; "encode_right" with two towers, as the right ones of pairs.

    Raises:
      UsageError: data of other columns, saying how they differ.
    """
    every = list(parts(run, function, given, split))
    return {name: np.concatenate([part[name] for part in every]) for name in every[0]}


def parts(
    run: Any, function: str, given: Any = None, split: str | None = None
) -> Iterator[dict[str, np.ndarray]]:
    """What `encode_dataset` gives, a part at a time, for sets larger than the memory."""
    check_choice("function", function, FUNCTIONS)
    run.need(function)
    dataset = run.examples(given)
    for note in dataset.notes if given is not None else ():
        print(note, file=sys.stderr)
    for arrays, names in data.parts_of(dataset, split, run.config.seed):
        if function == "reconstruct":
            found = {"x": run.reconstruct(arrays["x"])}
        else:
            side = "right/x" if function == "encode_right" else "left/x"
            found = {"z": run.encode(arrays["x"], side)}
        found["name"] = names
        yield found | ({"y": arrays["y"]} if "y" in arrays and run.class_names else {})
