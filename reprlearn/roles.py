"""What the roles of arrays are, "x", "y", "source/x", "left/x", ..., and what a method takes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from reprlearn.columns import Column, Columns
from reprlearn.errors import UsageError

DOMAINS = ("source", "target")
ORACLE = "oracle/y"  # the target's classes in the validation split: nothing is to be chosen by them
X_OF_DOMAINS, X_OF_PAIRS = ("source/x", "target/x"), ("left/x", "right/x")
LABELLED = "labelled/"  # before a role: of the examples whose class is known, in their own order


SIDES = {  # of a batch that is drawn so, the roles of what a loss compares
    "pairs": ("left", "right"),
    "positives": ("left", "right"),
    "triplets": ("anchor", "positive", "negative"),
}


def is_file_of_pairs(pairs: str) -> bool:
    """Whether `data.pairs` is a file of pairs and no way to draw them: a way is one word."""
    return "." in pairs or "/" in pairs


class Takes(NamedTuple):
    """What a method learns from, or is judged on.

    Attributes:
      columns: the roles of a batch's arrays; with "pairs" and the like what these are made of.
        Beside "x", all examples, may stand "labelled/x" and "labelled/y", those with a label; so
        beside "target/x". Beside "y" and "s" may stand the weights of `data.weighting`.
      draw: "order", the examples in an order that permutes every epoch; "pairs", "positives",
        "triplets", drawn by class, see `data.pairs`; "classes", some of each of some classes.
      minibatches: how many minibatches of `data.batch_size` a batch holds, one after the other.
    """

    columns: tuple[str, ...] = ("x",)
    draw: str = "order"
    minibatches: int = 1

    @property
    def needs_labels(self) -> bool:
        """Whether an example without a class is of no use."""
        return bool(class_roles(self.columns))

    @property
    def has_few_of_target(self) -> bool:
        """Whether a few labelled examples of the target, `data.target_labels`, come apart."""
        return f"{LABELLED}target/y" in self.columns


def pairs(column: Column) -> dict[str, Column]:
    """The columns of listed pairs of examples: "left/x", "right/x" and "similar", 1 or 0."""
    similar = Column("class", (), "int32", ("dissimilar", "similar"))
    return {"left/x": column, "right/x": column, "similar": similar}


class Items(NamedTuple):
    """The different examples that are in listed pairs.

    Attributes:
      x: `[M, ...]`, in an order of their own.
      left, right: int `[P]`, the places in x of the two of each pair.
    """

    x: np.ndarray
    left: np.ndarray
    right: np.ndarray


def items(arrays: Mapping[str, Any]) -> Items:
    """The examples of listed pairs, each once, known by their content.

    Args:
      arrays: "left/x" and "right/x" `[P, ...]`.
    """
    x = np.concatenate([arrays["left/x"], arrays["right/x"]])
    rows = np.ascontiguousarray(x).reshape(len(x), -1)
    content = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0]
    _, first, places = np.unique(content, return_index=True, return_inverse=True)
    return Items(x[first], *np.split(places, 2))


def class_roles(columns: Iterable[str]) -> list[str]:
    """The roles of classes: "y", "source/y", "labelled/y"."""
    return [role for role in columns if role.split("/")[-1] == "y"]


def input_role(columns: Iterable[str]) -> str:
    """The role of what is encoded: "x", of two domains "source/x", of listed pairs "left/x"."""
    return next((role for role in ("x", "source/x", "left/x") if role in columns), "x")


def input_roles(columns: Iterable[str]) -> list[str]:
    """The roles of what is encoded: "x", or of listed pairs "left/x" and "right/x"."""
    return [role for role in ("x", *X_OF_PAIRS) if role in columns]


def input_column(columns: Columns) -> Column:
    """What is encoded."""
    return columns[input_role(columns)]


def label_role(columns: Iterable[str]) -> str:
    """The role of the classes of what is encoded: "y", or of two domains "source/y"."""
    return input_role(columns).replace("x", "y")


def need(columns: Columns, role: str, who: str) -> Column:
    """The column of a role; `who` says who needs it.

    Raises:
      UsageError: the data have none.
    """
    if role not in columns:
        raise UsageError(
            f"{who} needs {_HINTS.get(role, role)}; the data have {', '.join(columns)}"
        )
    return columns[role]


# What is missing, and what to do about it.
_HINTS = {
    "x": "x, one data set: leave out data.target",
    "y": "y, classes: of a table set data.label; of a folder use a sub-folder for each class",
    "s": "s, a sensitive attribute: of a table set data.sensitive",
    "source/x": "a source and a target: set data.target",
    "target/x": "a source and a target: set data.target",
    "style": "style, a second image: set data.name=content_style",
    "source/y": "classes of the source: of a table set data.label; of a folder use sub-folders",
}


def domain(arrays: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arrays of a set or of a batch that belong to a domain, "source" or "target"."""
    prefix = f"{name}/"
    return {k.removeprefix(prefix): array for k, array in arrays.items() if k.startswith(prefix)}


def single(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arrays that `input_role` is of, by the roles "x" and "y".

    Of two domains these are the source's, of listed pairs the different examples in them.
    """
    if "left/x" in arrays:
        return {"x": items(arrays).x}
    return domain(arrays, "source") if "source/x" in arrays else arrays
