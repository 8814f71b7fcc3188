"""What one example is: the array that holds it, its shape, its classes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
