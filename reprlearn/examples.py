"""What one example is: the array that holds it, its shape, its classes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError

INPUTS = ("image", "point")  # the array of a batch that a method learns from


class Examples(NamedTuple):
    """What a method must know of the data that it will see.

    Attributes:
      shape: of one example, without the batch axis: (H, W, C) of images, (D,) of points.
      class_names: in the order of the labels; empty where there are none.
    """

    shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()

    @property
    def are_images(self) -> bool:
        """Whether an example is an image: its values are in [0, 1], and it can be looked at."""
        return len(self.shape) == 3


def input_name(names: Mapping[str, Any]) -> str:
    """Which array of a set or of a batch holds the examples: "image" or "point".

    Raises:
      UsageError: there is none, as in a set of two domains.
    """
    for name in INPUTS:
        if name in names:
            return name
    raise UsageError(f"data: arrays {', '.join(names)}; allowed here: one of {', '.join(INPUTS)}")


def inputs(batch: Mapping[str, Any]) -> Any:
    """The examples of a batch, x `[B, ...]`, whatever they are."""
    return batch[input_name(batch)]


def domain(arrays: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arrays of a set or of a batch that belong to a domain, "source" or "target"."""
    prefix = f"{name}/"
    return {k.removeprefix(prefix): array for k, array in arrays.items() if k.startswith(prefix)}


def check_finite(what: str, array: np.ndarray) -> None:
    """Refuses numbers that are not finite, and says where the first is."""
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        raise UsageError(f"{what} hold {array[place]} at {place}; allowed: finite numbers")


def check_examples(arrays: Mapping[str, np.ndarray], examples: Examples, what: str) -> None:
    """Refuses a split that is not of such examples, or of none.

    Args:
      arrays: of the split.
      examples: those that a run was trained on.
      what: has these arrays, in words.

    Raises:
      UsageError: there is no example, one of another shape, or one that is not finite.
    """
    for name, array in arrays.items():
        if not len(array):
            raise UsageError(f"{what} has no examples; allowed: at least one")
        if array.ndim > 1 and array.shape[1:] != examples.shape:
            raise UsageError(
                f"{what} has examples of shape {array.shape[1:]}; the run was trained on "
                f"{examples.shape}"
            )
        if array.ndim > 1 and np.issubdtype(array.dtype, np.floating):
            check_finite(f"{what}: {name}", array)
