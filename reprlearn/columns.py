"""What the arrays of a data set are: a column for each role, "x", "y", "source/x", ..."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from reprlearn.errors import UsageError

KINDS = ("image", "vector", "tokens", "class", "number")
UNLABELLED = -1  # in an array of classes: an example whose class is not known


class Column(NamedTuple):
    """What one array of a data set holds.

    Arrays are as a person has them: images uint8, or floats in [0, 1]; vectors in units of their
    own. A model sees float32: images in [0, 1], vectors :math:`(v - offset) / scale`.

    Attributes:
      kind: "image" `[H, W, C]`, "vector" `[D]`, "tokens" `[L]`, the bytes of a text and then 0,
        "class" `[]`, "number" `[]`.
      shape: of one example.
      dtype: of the array: "uint8", "float32", "float64", "int32"; of tokens "uint16".
      names: of the classes, in the order of their numbers; of a vector's fields; or ().
      offset, scale: of each field of a vector, fitted to the training split; or (): 0 and 1.
      fill: of each field of a vector what a missing value becomes, its training mean; or ().
      unit: whether what a model sees lies in [0, 1], so that a Bernoulli model can have it.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: str
    names: tuple[str, ...] = ()
    offset: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    fill: tuple[float, ...] = ()
    unit: bool = False

    @property
    def fields(self) -> list[str]:
        """The names of the fields of a vector; where they have none their numbers, from 1."""
        return list(self.names or (f"{i + 1}" for i in range(self.shape[0])))

    @property
    def many(self) -> str:
        """What its examples are called."""
        return "texts" if self.kind == "tokens" else f"{self.kind}s"

    @property
    def told(self) -> str:
        """What its examples are, in words."""
        if self.kind == "tokens":
            return f"texts of up to {self.shape[0]} bytes"
        return f"{self.many} of shape {self.shape}"

    def to_json(self) -> dict[str, Any]:
        """The column as JSON has it; `from_json` reads it."""
        return {n: list(v) if isinstance(v, tuple) else v for n, v in self._asdict().items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Column":
        """The column that `to_json` wrote."""
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})


Columns = Mapping[str, Column]


def image(shape: Iterable[int], dtype: str = "uint8") -> Column:
    """Images `[H, W, C]`, uint8 or floats in [0, 1]."""
    return Column("image", tuple(shape), dtype, unit=True)


def vector(width: int, names: Iterable[str] = (), dtype: str = "float32") -> Column:
    """Vectors `[D]` of numbers."""
    return Column("vector", (width,), dtype, tuple(names))


def classes(names: Iterable[str]) -> Column:
    """Class numbers from 0, and -1 where the class of an example is not known."""
    return Column("class", (), "int32", tuple(names))


def tokens(length: int) -> Column:
    """Texts of at most so many bytes, `[L]`."""
    return Column("tokens", (length,), "uint16")


def to_tokens(texts: Iterable[str], length: int) -> np.ndarray:
    """Texts as the bytes of their UTF-8, uint16 `[N, length]`: 0 behind the end, cut if longer."""
    rows = [text.encode().replace(b"\0", b" ")[:length].ljust(length, b"\0") for text in texts]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), length).astype(np.uint16)


def to_texts(tokens: np.ndarray) -> list[str]:
    """Tokens `[N, L]` as texts; of one that was cut in the middle of a character without this."""
    rows = np.asarray(tokens).astype(np.uint8)
    return [row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in rows]


def numeric() -> Column:
    """A number for each example, in units of its own; NaN where it is not known."""
    return Column("number", (), "float64")


def unit_floats(array: Any) -> Any:
    """uint8 as float32 in [0, 1], of NumPy or of JAX; any other array as it is."""
    return array.astype(np.float32) / 255.0 if array.dtype == np.uint8 else array


def to_model(column: Column, values: np.ndarray) -> np.ndarray:
    """What a model sees of the values that a person has, float32 `[N, ...]`."""
    if column.kind == "tokens":
        return values
    if column.kind != "vector":
        return unit_floats(values).astype(np.float32)
    if not column.fill and not column.scale:
        with np.errstate(over="ignore"):
            return np.asarray(values).astype(np.float32, copy=False)
    x = np.asarray(values, np.float64)
    if column.fill:
        x = np.where(np.isnan(x), np.array(column.fill), x)
    if column.scale:  # in float64: of a large offset, float32 would leave nothing
        x = (x - np.array(column.offset)) / np.array(column.scale)
    with np.errstate(over="ignore"):  # what float32 cannot hold is not finite, and is refused
        return x.astype(np.float32)


def for_model(arrays: Mapping[str, np.ndarray], columns: Columns) -> dict[str, np.ndarray]:
    """A split's arrays as a device holds them: vectors as a model sees them, others as they are."""

    def one(role, array):
        is_vector = role in columns and columns[role].kind == "vector"
        return to_model(columns[role], array) if is_vector else array

    return {role: one(role, array) for role, array in arrays.items()}


def as_given(column: Column, x: Any) -> np.ndarray:
    """What a model sees of a caller's examples, float32 `[N, ...]`; grey images may be `[N, H, W]`.

    Of tokens a list of texts, or `[N, L]`; the model sees uint16.

    Raises:
      UsageError: x is of another shape or dtype, out of range, or not finite.
    """
    if column.kind == "tokens":
        return _texts_as_given(column, x)
    x = np.asarray(x)
    what, images = column.many, column.kind == "image"
    if images and x.ndim == 3 and (*x.shape[1:], 1) == column.shape:
        x = x[..., None]
    if x.ndim != 1 + len(column.shape) or x.shape[1:] != column.shape:
        wanted = ", ".join(map(str, column.shape))
        raise UsageError(f"{what} have shape {x.shape}; the run takes (N, {wanted})")
    if images and x.dtype == np.uint8:
        return to_model(column, x)
    if x.dtype.kind != "f" and (images or x.dtype.kind not in "iu"):
        allowed = "uint8, or floats in [0, 1]" if images else "numbers"
        raise UsageError(f"{what} are {x.dtype}; allowed: {allowed}")
    if images and x.size and not (x.min() >= 0 and x.max() <= 1):
        raise UsageError(
            f"images range from {x.min()} to {x.max()}; allowed: floats in [0, 1], or uint8"
        )
    x = to_model(column, x)
    check_finite(what, x)
    return x


def _texts_as_given(column: Column, x: Any) -> np.ndarray:
    if isinstance(x, str):
        raise UsageError(f"texts are one text, {x[:20]!r}; allowed: a list of them")
    given = np.asarray(x)
    if given.dtype.kind in "UO" and all(isinstance(text, str) for text in x):
        return to_tokens(x, *column.shape)
    if given.ndim != 2 or given.shape[1:] != column.shape or given.dtype != np.uint16:
        raise UsageError(
            f"texts are {given.dtype} of shape {given.shape}; allowed: a list of texts, or tokens "
            f"uint16 (N, {column.shape[0]})"
        )
    return given


def from_model(column: Column, x: np.ndarray) -> np.ndarray:
    """What a model gives, in a person's units: images in [0, 1], a vector's fields in their own."""
    if column.kind != "vector" or not column.scale:
        return x
    return x.astype(np.float64) * np.array(column.scale) + np.array(column.offset)


def check_kind(column: Column, wanted: Column, what: str) -> None:
    """Refuses data of another kind or shape than a run takes; `what` has them, in words.

    Raises:
      UsageError: saying both.
    """
    if (column.kind, column.shape) != (wanted.kind, wanted.shape):
        raise UsageError(f"{what} has {column.told}; the run takes {wanted.told}")


def check_finite(what: str, array: np.ndarray) -> None:
    """Refuses numbers that are not finite, and says where the first is."""
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        raise UsageError(f"{what} hold {array[place]} at {place}; allowed: finite numbers")


def check_arrays(arrays: Mapping[str, np.ndarray], columns: Columns, what: str) -> None:
    """Refuses a split that is not of such columns, or of no examples.

    Args:
      arrays: of the split, by role.
      columns: those that a run was trained on.
      what: has these arrays, in words.

    Raises:
      UsageError: there is no example, one of another shape, or one that is not finite.
    """
    for role, array in arrays.items():
        if not len(array):
            raise UsageError(f"{what} has no examples; allowed: at least one")
        if role in columns and array.shape[1:] != columns[role].shape:
            raise UsageError(
                f"{what} has examples of shape {array.shape[1:]}; the run was trained on "
                f"{columns[role].shape}"
            )
        may_miss = role in columns and columns[role].kind == "number"
        if np.issubdtype(array.dtype, np.floating) and not may_miss:
            check_finite(f"{what}: {role}", array)
