"""Labels of any kind as classes: numbers from 0, and their names."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from reprlearn.columns import UNLABELLED
from reprlearn.errors import UsageError

ALLOWED = "integers, words, or one-hot rows"


class Numbered(NamedTuple):
    """Labels as class numbers.

    Attributes:
      y: int32 `[N]`, the number of each example's class; -1: it is not known.
      names: of the classes, in the order of their numbers.
    """

    y: np.ndarray
    names: tuple[str, ...]


def number(labels: Any, what: str) -> Numbered:
    """Numbers the classes that occur in labels: integers by size, words as text is sorted.

    Whole floats are integers, booleans the words "False" and "True", and one-hot rows the number of
    their column. A class is not known where a word is empty, a float is NaN, or the integer is -1
    and no other is negative; but -1 and 1 alone are two classes.

    Args:
      labels: `[N]` or `[N, 1]` of integers, whole floats, booleans or text; or one-hot `[N, K]`.
      what: the labels in words, for the message.

    Raises:
      UsageError: labels that name no classes, such as fractions.
    """
    return number_parts([(what, labels)])


def are_numbers(labels: Any) -> bool:
    """Whether labels are a number for each example rather than a class: finite, with fractions."""
    labels = np.asarray(labels)
    if labels.dtype.kind != "f" or labels.ndim not in (1, 2) or labels[0].size > 1:
        return False
    known = labels[~np.isnan(labels)]
    return bool(np.isfinite(known).all() and (np.trunc(known) != known).any())


def told_of_numbers(what: str, labels: Any) -> str:
    """What to tell of labels that are numbers."""
    values = np.ravel(labels)
    example = values[~np.isnan(values)][0]
    return (
        f"{what} are numbers, such as {example:g}: the score regression asks for them; what needs "
        "classes cannot be had"
    )


def number_parts(parts: Sequence[tuple[str, Any]]) -> Numbered:
    """Numbers the classes of several arrays of labels together; see `number`.

    Args:
      parts: what the labels are in words, and the labels, of each part.

    Returns:
      The numbers of all parts, one after the other, and the names of the classes of all.

    Raises:
      UsageError: as `number`, or words in one part and numbers in another.
    """
    read = [_read(np.asarray(labels), what) for what, labels in parts]
    for (what, _), (values, _) in zip(parts, read, strict=True):
        if (values.dtype.kind == "U") != (read[0][0].dtype.kind == "U"):
            raise UsageError(
                f"{parts[0][0]} and {what} have words and numbers; allowed: labels of one kind"
            )
    values = np.concatenate([values for values, _ in read])
    known = np.concatenate([known for _, known in read])
    if values.dtype.kind != "U":
        known &= ~_stands_for_unknown(values, known)
    classes, numbers = np.unique(values[known], return_inverse=True)
    y = np.full(len(values), UNLABELLED, np.int32)
    y[known] = numbers
    return Numbered(y, tuple(str(name) for name in classes))


def match(names: Sequence[str], wanted: Sequence[str], what: tuple[str, str]) -> np.ndarray:
    """The number in `wanted` of each class in `names`, by name, int32 `[len(names)]`.

    Args:
      names: of one side's classes.
      wanted: of the other's; the same names in any order.
      what: the two sides in words, for the message.

    Raises:
      UsageError: one side has a class that the other has not.
    """
    place = {name: number for number, name in enumerate(wanted)}
    lone = [name for name in names if name not in place], sorted(set(wanted) - set(names))
    sides = [
        f"only in {side}: {listed(only)}" for side, only in zip(what, lone, strict=True) if only
    ]
    if sides:
        raise UsageError(f"classes differ: {'; '.join(sides)}")
    return np.array([place[name] for name in names], np.int32)


def listed(names: Sequence[str], most: int = 10) -> str:
    """Names in one line, the first `most` of them: "a, b and 3 more"."""
    shown = ", ".join(name if name.isprintable() else repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _read(labels: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels as int64, whole Python numbers or str `[N]`; and where they are known."""
    if labels.ndim == 2:
        labels = labels[:, 0] if labels.shape[1] == 1 else _of_one_hot(labels, what)
    if labels.ndim != 1:
        raise UsageError(f"{what} of shape {labels.shape}; allowed: (N,), or one-hot rows (N, K)")
    kind = labels.dtype.kind
    if kind in "OT":
        labels = _of_objects(labels.tolist(), what)
    elif kind == "S":
        labels = _decoded(labels, what)
    elif kind == "b":
        labels = labels.astype(np.str_)
    elif kind == "f":
        return _of_floats(labels, what)
    elif kind not in "iuU":
        raise UsageError(f"{what} has labels of {labels.dtype}; allowed: {ALLOWED}")
    if labels.dtype.kind == "U":
        return labels, labels != ""
    return _whole(labels), np.ones(len(labels), bool)


def _stands_for_unknown(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where -1 says that a class is not known: no other is negative, nor is 1 the only other."""
    others = values[known & (values != -1)]
    two_signs = len(others) > 0 and bool((others == 1).all())
    return (values == -1) & (not two_signs and not (others < 0).any())


def _of_one_hot(rows: np.ndarray, what: str) -> np.ndarray:
    """The column of the 1 in each row, int64 `[N]`."""
    numbers = rows.dtype.kind in "biuf" and rows.shape[1] > 0
    if not numbers:
        raise UsageError(f"{what} of {rows.dtype} {rows.shape}; allowed: (N,), or one-hot (N, K)")
    fits = ((rows == 0) | (rows == 1)).all(1) & ((rows == 1).sum(1) == 1)
    if not fits.all():
        raise UsageError(
            f"{what} of shape {rows.shape}, whose row {int(np.argmin(fits))} is not one 1 among "
            "zeros; allowed: (N,), or one-hot rows (N, K)"
        )
    return (rows == 1).argmax(1)


def _of_floats(labels: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    known = ~np.isnan(labels)
    values = np.where(known, labels, 0)
    whole = np.isfinite(values) & (np.trunc(values) == values)
    if not whole.all():
        example = float(values[np.argmin(whole)])
        raise UsageError(f"{what} has labels such as {example}; allowed: {ALLOWED}")
    return _whole(values), known


def _of_objects(labels: list[Any], what: str) -> np.ndarray:
    """All str as text, all integers as Python's."""
    kind = str if labels and isinstance(labels[0], str) else Integral
    strange = [x for x in labels if not isinstance(x, kind) or isinstance(x, bool)]
    if strange:
        raise UsageError(
            f"{what} has labels of type {type(strange[0]).__name__} among objects; allowed: "
            "all words, or all integers"
        )
    return np.array(labels, np.str_ if kind is str else object)


def _decoded(labels: np.ndarray, what: str) -> np.ndarray:
    try:
        return np.char.decode(labels, "utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} has labels of bytes that are not UTF-8; allowed: text") from error


def _whole(values: np.ndarray) -> np.ndarray:
    """Whole numbers as int64, or as Python's where they do not fit."""
    if len(values) == 0 or (values.min() >= -(2**63) and values.max() < 2**63):
        return values.astype(np.int64)
    return np.array([int(value) for value in values], object)
