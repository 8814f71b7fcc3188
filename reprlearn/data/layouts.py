"""What one array of examples is, images or vectors, and how its rows are stored.

| array | is read as |
|---|---|
| `[N, D]` | vectors, stored as float64 |
| `[N, H, W]` | images of one channel |
| `[N, H, W, C]`, C 1 or 3 | images |
| `[N, H, W, 4]` | RGBA images: laid over white, so that 3 channels are left |
| `[N, H, W, C]`, other C to 16, below H and W | images of C channels |
| `[N, C, H, W]`, C 1 or 3, W neither 1, 3 nor 4 | images, channels moved to the end |

Images are uint8, other integers from 0 to 255 (stored as uint8), booleans (stored as 0 and 255),
or floats from 0 to 1 (stored as float32). Vectors are any finite numbers that float64 has exactly.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn.columns import Column, image, vector
from reprlearn.errors import UsageError

BLOCK_BYTES = 2**24
MOST_CHANNELS = 16
LARGEST_EXACT = 2**53  # float64 has every integer up to here

FORMS = "vectors (N, D), images (N, H, W) or (N, H, W, C)"


class Layout(NamedTuple):
    """How rows as they are given become rows as they are stored.

    Attributes:
      axes: of one row as given: "D", "HW", "HWC" or "CHW".
      dtype: as stored: "uint8", "float32", or of vectors "float64".
    """

    axes: str
    dtype: str

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """The rows as stored; a view of them where nothing has to be computed."""
        if self.axes == "HW":
            rows = rows[..., None]
        elif self.axes == "CHW":
            rows = np.moveaxis(rows, 1, -1)
        if rows.dtype == bool and self.dtype == "uint8":
            rows = rows * np.uint8(255)
        rows = rows.astype(self.dtype, copy=False)
        return over_white(rows) if self.axes == "HWC" and rows.shape[-1] == 4 else rows


@dataclasses.dataclass(frozen=True)
class Mapped:
    """The rows of an `.npy` file, read and converted when they are asked for.

    It may stand where `dataset.Rows` has an array. Other processes are sent its path and open the
    file themselves.

    Attributes:
      path: of the file, absolute.
      layout: how its rows are stored; None: as they are in the file.
    """

    path: str
    layout: Layout | None = None

    @functools.cached_property
    def _file(self) -> np.ndarray:
        return np.load(self.path, mmap_mode="r", allow_pickle=False)

    def __reduce__(self):
        return Mapped, (self.path, self.layout)

    def __len__(self) -> int:
        return len(self._file)

    def __getitem__(self, places: slice | Sequence[int]) -> np.ndarray:
        rows = np.asarray(self._file[places])
        return self.layout(rows) if self.layout else rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self[:], dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all rows, as stored."""
        return (len(self), *self[:1].shape[1:]) if self.layout else self._file.shape

    @property
    def dtype(self) -> np.dtype:
        """As stored."""
        return np.dtype(self.layout.dtype) if self.layout else self._file.dtype


Array = np.ndarray | Mapped


class Laid(NamedTuple):
    """An array whose meaning is known.

    Attributes:
      column: what it holds.
      x: as stored: images uint8 or float32 `[N, H, W, C]`, vectors float64 `[N, D]`; a view of the
        array where that suffices; of a `Mapped` a `Mapped`.
      note: what a person should be told of it; or "".
    """

    column: Column
    x: Array
    note: str


def column_of(x: Array, what: str) -> Laid:
    """What an array holds, by the table above; all its values are checked, a block at a time.

    Args:
      x: `[N, D]`, `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]`, of integers, floats or booleans.
      what: the array in words, for the message.

    Raises:
      UsageError: a shape that is none of these or can be two, or a value that is not allowed.
    """
    _check_numbers(x.dtype, what)
    if len(x.shape) not in (2, 3, 4):
        one = " is one number an example" if len(x.shape) == 1 else ""
        raise UsageError(f"{what} of shape {x.shape}{one}; allowed: {FORMS}")
    if 0 in x.shape:
        raise UsageError(f"{what} of shape {x.shape} is empty; allowed: {FORMS}")
    if len(x.shape) == 2:
        _check_exact(x, what)
        column, layout, note = vector(x.shape[1], dtype="float64"), Layout("D", "float64"), ""
    else:
        axes, said = _axes(x.shape, what)
        dtype, dark = _image_dtype(x, what)
        layout, note = Layout(axes, dtype), "; ".join(filter(None, (said, dark)))
        column = image(layout(x[:1]).shape[1:], dtype)
    laid = dataclasses.replace(x, layout=layout) if isinstance(x, Mapped) else layout(x)
    return Laid(column, laid, note)


def blocks(*arrays: Array) -> Iterator[slice]:
    """The rows of arrays of one length as slices that hold some 16 MB together."""
    row = sum(math.prod(array.shape[1:]) * array.dtype.itemsize for array in arrays)
    step = max(1, BLOCK_BYTES // max(1, row))
    for start in range(0, len(arrays[0]), step):
        yield slice(start, start + step)


def over_white(rgba: np.ndarray) -> np.ndarray:
    """RGBA images laid over white, uint8 or floats from 0 to 1: `[N, H, W, 4]` to 3 channels."""
    color, alpha = rgba[..., :3], rgba[..., 3:]
    if rgba.dtype != np.uint8:
        return color * alpha + (1 - alpha)
    # Rounded to the nearest; 255 * 255 + 127 still fits 16 bits.
    mixed = color.astype(np.uint16) * alpha + np.uint16(255) * (255 - alpha)
    return ((mixed + np.uint16(127)) // np.uint16(255)).astype(np.uint8)


def _check_numbers(dtype: np.dtype, what: str) -> None:
    if dtype.kind == "O":
        raise UsageError(
            f"{what} is of objects, such as words, columns of two kinds, or a pickle; allowed: "
            "numbers; a table with words is read from a .csv file"
        )
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise UsageError(f"{what} is of {dtype}; allowed: integers, booleans, floats to 64 bits")


def _axes(shape: tuple[int, ...], what: str) -> tuple[str, str]:
    """The axes of one row, and what should be said of them."""
    if len(shape) == 3:
        return "HW", ""
    _, first, middle, last = shape
    ends, begins = last in (1, 3, 4), first in (1, 3)
    few = last <= MOST_CHANNELS and last < min(first, middle)
    if begins and not ends:
        return "CHW", f"{shape[1:]} is read as channels first: stored as {(middle, last, first)}"
    if (ends or few) and not begins:
        many = f"the last axis of {shape} is read as {last} channels"
        notes = {1: "", 3: "", 4: "4 channels are read as RGBA, laid over white"}
        return "HWC", notes.get(last, many)
    if begins:
        raise UsageError(
            f"{what} of shape {shape} can be (N, H, W, C) of {last} channels, or (N, C, H, W) of "
            f"{first}; allowed: a shape with one meaning: transpose it, or leave out an axis of 1"
        )
    raise UsageError(
        f"{what} of shape {shape}; allowed: (N, H, W, C) of 1 to {MOST_CHANNELS} channels, fewer "
        "than rows and columns, or (N, C, H, W) of 1 or 3; volumes are not read"
    )


def _image_dtype(x: Array, what: str) -> tuple[str, str]:
    """How images are stored, and what should be said of their values."""
    if x.dtype.kind == "b":
        return "uint8", ""
    low, high = _extent(x, what)
    if x.dtype.kind == "f":
        if low < 0 or high > 1:
            raise UsageError(
                f"{what} is of floats from {low} to {high}; allowed for images: floats from 0 to "
                "1 (divide by 255 what goes to 255), or uint8"
            )
        return "float32", ""
    if low < 0 or high > 255:
        value, place = _first(x, _outside(0, 255))
        raise UsageError(
            f"{what} is of {x.dtype} with {value} at {place}; allowed for images: 0 to 255, or "
            "floats from 0 to 1"
        )
    dark = "no value is above 1 of 255: all is nearly black; if 1 is white, give floats"
    return "uint8", dark if high <= 1 else ""


def _check_exact(x: Array, what: str) -> None:
    """Refuses integers that float64 does not have, and floats that are not finite."""
    low, high = _extent(x, what)
    if x.dtype.kind in "iu" and (low < -LARGEST_EXACT or high > LARGEST_EXACT):
        value, place = _first(x, _outside(-LARGEST_EXACT, LARGEST_EXACT))
        raise UsageError(
            f"{what} has {value} at {place}, which float64 cannot hold exactly; allowed: integers "
            "from -2^53 to 2^53"
        )


def _extent(x: Array, what: str) -> tuple[Any, Any]:
    """The smallest and the largest value; refuses NaN and infinity."""
    lows, highs = [], []
    for rows in blocks(x):
        block = x[rows]
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            value, place = _first(x, lambda values: ~np.isfinite(values))
            raise UsageError(f"{what} has {value} at {place}; allowed: finite numbers")
        lows.append(block.min().item())
        highs.append(block.max().item())
    return min(lows), max(highs)


def _outside(low: int, high: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: (values < low) | (values > high)


def _first(x: Array, wrong: Callable[[np.ndarray], np.ndarray]) -> tuple[Any, list[int]]:
    """The first value that is wrong, and its place."""
    for rows in blocks(x):
        block = x[rows]
        if len(places := np.argwhere(wrong(block))):
            row, *rest = places[0].tolist()
            return block[tuple(places[0])].item(), [rows.start + row, *rest]
    raise AssertionError("asked only where there is one")
