"""Tables in text files, .csv and .tsv: a file's columns, or one line that says what is wrong."""

import dataclasses
from array import array
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from reprlearn.data.delimited import DELIMITERS, File, failure, is_blank, open_file
from reprlearn.data.labels import listed

_NONE = ("NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "None", "NULL", "null")
MISSING = frozenset(("", "?", "#NA", "#N/A", "#N/A N/A", *_NONE))  # those of pandas, and ?
LARGEST = 2**53  # not every integer above it is a float64
_BLOCK = 4096  # rows whose text is held at a time


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes:
      values: float64 `[N]`, NaN where a cell is missing.
      fault: why no model may have them, or None.
    """

    values: np.ndarray
    fault: str | None = None

    @property
    def missing(self) -> np.ndarray:
        """Where a cell is missing, bool `[N]`."""
        return np.isnan(self.values)


class Text(NamedTuple):
    """A column of text.

    Attributes:
      codes: int32 `[N]`, the place of each cell among the values, -1 where it is missing.
      values: all different values, in the order of the file.
    """

    codes: np.ndarray
    values: tuple[str, ...]

    @property
    def missing(self) -> np.ndarray:
        """Where a cell is missing, bool `[N]`."""
        return self.codes < 0


class Table(NamedTuple):
    """What a file holds.

    Attributes:
      columns: by name, in the order of the file.
      lines: int64 `[N]`, the line of the file in which a row begins, from 1 as in an editor.
      notes: what a person should be told once, a line each.
    """

    columns: dict[str, Numbers | Text]
    lines: np.ndarray
    notes: tuple[str, ...]


def read(
    path: str,
    delimiter: str = "auto",
    text: Collection[str] = (),
    verbatim: Collection[str] = (),
) -> Table:
    """The table in a file of UTF-8 text, gzipped or not, whose first row names the columns.

    Spaces around a cell are not part of it. Where every cell of a column is a number or missing
    (`MISSING`), the column is of numbers. A comma may be the decimal sign if it does not delimit.

    Args:
      path: of the file.
      delimiter: between cells; "auto": of `delimited.DELIMITERS` the one that fits the first rows.
      text: names of columns that are text, even if each of their cells is a number.
      verbatim: those of them in which a cell is missing only where it is empty, as in "NA".

    Raises:
      UsageError: there is no such file, or it is not such a table; with the line where that shows.
    """
    file = open_file(path, delimiter)
    names, notes = _header(file)
    columns = [_Column(name not in text, file.delimiter != ",") for name in names]
    lines = array("q")
    rows = file.rows(len(names))
    while block := list(islice(rows, _BLOCK)):
        starts, cells = zip(*block, strict=True)
        lines.extend(starts)
        for column, of_column in zip(columns, zip(*cells, strict=True), strict=True):
            column.add(starts, of_column)
    if not lines:
        raise failure(path, "has a header and no rows")
    _check_decimals(names, columns)
    of_text = {i: names[i] in verbatim for i, c in enumerate(columns) if not c.numeric}
    texts = _texts(file, len(names), of_text)
    found = [texts[i] if i in texts else column.numbers() for i, column in enumerate(columns)]
    commas = [n for n, c in zip(names, columns, strict=True) if c.numeric and c.decimal == ","]
    if commas:
        notes = (*notes, f"{path!r}: the comma is a decimal sign, as 0,5 is, in: {listed(commas)}")
    return Table(dict(zip(names, found, strict=True)), np.array(lines), notes)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number; a missing one does not."""
    return cell not in MISSING and _floats([cell]) is not None


def _header(file: File) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the columns, and what to tell of them."""
    records = (cells for _, cells in file.records() if not is_blank(cells))
    header, row = next(records, None), next(records, None)
    if header is None:
        raise failure(file.path, "is empty")
    cells = [cell.strip() for cell in header]
    numbers = [cell for cell in cells if is_number(cell)]
    if numbers and len(numbers) == sum(map(bool, cells)):
        first = ", ".join(numbers[:3]) + ", ..." * (len(numbers) > 3)
        needed = "a header with the names of the columns is needed"
        raise failure(file.path, f"has numbers in its first row, {first}; {needed}")
    names = tuple(cell or f"column {place}" for place, cell in enumerate(cells, 1))
    for place, name in enumerate(names):
        if name in names[:place]:
            where = f"fields {names.index(name) + 1} and {place + 1} of its header"
            raise failure(file.path, f"has two columns {name!r}, {where}; give each its own name")
    if len(names) == 1 and row is not None:
        _check_one_column(file, names[0], row[0])
    if not numbers:
        return names, ()
    return names, (f"{file.path!r}: the first row names the columns, {numbers[0]!r} is one name",)


def _check_one_column(file: File, name: str, cell: str) -> None:
    """Refuses a single column in which another delimiter stands."""
    for other in (*DELIMITERS, " "):
        pieces = cell.strip().split(other)
        fits = len(name.split(other)) == len(pieces) > 1 and other != file.delimiter
        if fits and (other != " " or any(map(is_number, pieces))):
            raise failure(
                file.path,
                f"has one column, {name!r}, if {file.delimiter!r} delimits; "
                f"with data.delimiter={other!r} it has {len(pieces)}",
            )


@dataclasses.dataclass
class _Column:
    """A column while it is read: of numbers until a cell is none."""

    numeric: bool
    comma: bool  # whether a comma may be the decimal sign
    decimal: str = ""  # the decimal sign that was seen
    fault: str | None = None
    parts: list[np.ndarray] = dataclasses.field(default_factory=list)

    def add(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        """The next cells, and the lines they stand in."""
        if not self.numeric:
            return
        every = "".join(cells)
        signs = {self.decimal, *(sign for sign in ".,"[: 1 + self.comma] if sign in every)} - {""}
        plain = [cell.replace(",", ".") for cell in cells] if "," in signs else cells
        values = _floats(plain) if len(signs) < 2 else None
        if values is None:
            self.numeric, self.parts = False, []
            return
        self.decimal = "".join(signs)
        self.fault = self.fault or _fault(lines, cells, values)
        self.parts.append(values)

    def numbers(self) -> Numbers:
        """The column, where it is of numbers."""
        return Numbers(np.concatenate(self.parts), self.fault)


def _floats(cells: Sequence[str]) -> np.ndarray | None:
    """The numbers in cells, NaN where one is missing; None where one is neither."""
    # What float() takes and no table means by a number: 1_000, and the digits of other scripts.
    every = "".join(cells)
    strict = not every.isascii() or "_" in every
    for number in (_number,) if strict else (float, _number):
        try:
            return np.fromiter(map(number, cells), np.float64, len(cells))
        except ValueError:
            pass
    return None


def _number(cell: str) -> float:
    cell = cell.strip()
    if cell in MISSING:
        return np.nan
    if not cell.isascii() or "_" in cell:
        raise ValueError
    return float(cell)


def _fault(lines: Sequence[int], cells: Sequence[str], values: np.ndarray) -> str | None:
    """What is wrong with the first number that is infinite, or that float64 rounds."""
    for place in np.flatnonzero(np.abs(values) >= LARGEST):  # what it rounds may have become 2**53
        cell = cells[place].strip()
        where = f"holds {cell[:40]} in line {lines[place]}"
        if np.isinf(values[place]):
            return f"{where}; allowed: finite numbers of float64"
        if cell.lstrip("+-").isdigit() and abs(int(cell)) > LARGEST:
            return f"{where}; allowed: integers up to 2**53, as float64 rounds others"
    return None


def _check_decimals(names: Sequence[str], columns: Sequence[_Column]) -> None:
    """Where some columns have decimal commas, the points in others may be of thousands."""
    commas = [name for name, column in zip(names, columns, strict=True) if column.decimal == ","]
    for column in columns if commas else ():
        if column.numeric and column.decimal == ".":
            what = f"has decimal points where column {commas[0]!r} has decimal commas"
            column.fault = column.fault or what


def _texts(file: File, width: int, places: Mapping[int, bool]) -> dict[int, Text]:
    """The columns at some places as text, verbatim or not, in a second reading of the file."""
    if not places:
        return {}
    missing = {place: {""} if verbatim else MISSING for place, verbatim in places.items()}
    codes, values = [array("i") for _ in places], [dict[str, int]() for _ in places]
    for _, cells in file.rows(width):
        for place, code, seen in zip(places, codes, values, strict=True):
            cell = cells[place].strip()
            code.append(-1 if cell in missing[place] else seen.setdefault(cell, len(seen)))
    columns = zip(places, codes, values, strict=True)
    return {place: Text(np.array(code), tuple(seen)) for place, code, seen in columns}
