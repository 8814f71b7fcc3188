"""Delimited text files: their bytes as records of cells, or one line that says what is wrong."""

import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from reprlearn.errors import UsageError, suggestion

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
DELIMITERS = (",", ";", "\t", "|")
_NOT_TEXT = {
    b"PK\x03\x04": "is a zip archive or a spreadsheet; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet; save the table as CSV",
    b"\xff\xfe": "is in UTF-16; save it in UTF-8",
    b"\xfe\xff": "is in UTF-16; save it in UTF-8",
}


def failure(path: str, what: str) -> UsageError:
    """The error that says what is wrong with a file."""
    return UsageError(f"data.name is {path!r}, which {what}")


def open_file(path: str, delimiter: str) -> "File":
    """The text in a file, gzipped or not; see `tables.read`.

    Raises:
      UsageError: there is no such file, it is not text, or the delimiter is none.
    """
    content = _content(path)
    return File(path, content, _delimiter(path, content, delimiter))


class File(NamedTuple):
    """The text of a file, which can be read again and again."""

    path: str
    content: bytes
    delimiter: str

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """All records that are not blank, each with the line in which it begins."""
        stream = io.TextIOWrapper(io.BytesIO(self.content), "utf-8-sig", newline="")
        reader = csv.reader(
            stream,
            delimiter=self.delimiter,
            strict=True,
            skipinitialspace=self.delimiter != " ",
        )
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                what = f"has a quote too many or too few in the row of line {line}: {error}"
                raise failure(self.path, what) from None
            if cells is None:
                return
            if cells:
                yield line, cells

    def rows(self, width: int) -> Iterator[tuple[int, list[str]]]:
        """The records below the header; one of another width is refused."""
        records = self.records()
        next(cells for _, cells in records if not is_blank(cells))
        for line, cells in records:
            if len(cells) == width:
                yield line, cells
            elif not is_blank(cells):
                found = f"{len(cells)} field{'s' * (len(cells) > 1)}"
                hint = "; a field that holds the delimiter needs quotes" * (len(cells) > width)
                raise failure(
                    self.path, f"has {found} in line {line} where its header has {width}{hint}"
                )


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a record is an empty line."""
    return len(cells) == 1 and not cells[0].strip()


def _content(path: str) -> bytes:
    """The bytes of a file, unpacked; refused where they are not UTF-8."""
    file = Path(path).expanduser()
    try:
        content = file.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise failure(path, f"does not exist.{_sibling(file)}") from None
    except IsADirectoryError:
        raise failure(path, "is a folder; allowed: a file") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise failure(path, f"cannot be read: {getattr(error, 'strerror', '') or error}") from error
    for start, what in _NOT_TEXT.items():
        if content.startswith(start):
            raise failure(path, what)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        at, line = error.start, content.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{content[at]:02x} at offset {at}, line {line}"
        raise failure(path, f"is not UTF-8: {what}; convert it to UTF-8") from None
    if (zero := content.find(0)) >= 0:
        raise failure(path, f"is not text: it has a zero byte at offset {zero}")
    return content


def _sibling(file: Path) -> str:
    """' Did you mean X?' where a table of a similar name lies in the same folder."""
    if not file.parent.is_dir():
        return f" There is no folder {str(file.parent)!r}"
    tables = [name for name in os.listdir(file.parent) if name.lower().endswith(SUFFIXES)]
    return suggestion(file.name, tables)


def _delimiter(path: str, content: bytes, given: str) -> str:
    """The delimiter that is given, or that cuts the first rows alike and into most fields."""
    if given != "auto":
        chosen = {"tab": "\t", "\\t": "\t"}.get(given, given)
        if not isinstance(chosen, str) or len(chosen) != 1 or chosen in '"\r\n\0':
            allowed = "allowed: 'auto', 'tab' or a character"
            raise UsageError(f"data.delimiter is {given!r}; {allowed}")
        return chosen

    def fit(delimiter: str) -> tuple[bool, int]:
        widths = []
        try:
            for _, cells in islice(File(path, content, delimiter).records(), 20):
                widths += [] if is_blank(cells) else [len(cells)]
        except UsageError:  # quotes that make no sense: it may be another delimiter
            widths.append(0)
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    return max(DELIMITERS, key=fit)
