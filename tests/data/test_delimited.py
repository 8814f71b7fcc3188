"""Delimited text files: which delimiter, what quotes hold, and each way in which one is wrong."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from conftest import refusal

from reprlearn.data import tables

ROWS = "width,colour\n1.5,red\n-2.25,blue\n0.1,red\n"


def names_of(name):
    return tuple(tables.read(name).columns)


def test_quotes_hold_delimiters_quotes_and_lines(write):
    name = write('a,"the ""b"", of, all"\n1,"x, ""y""\nz"\n2,w\n')
    read = tables.read(name)
    assert list(read.columns) == ["a", 'the "b", of, all']
    assert read.lines.tolist() == [2, 4]
    assert read.columns['the "b", of, all'].values == ('x, "y"\nz', "w")


def test_spaces_around_cells(write):
    read = tables.read(write('a, "b"\n1, "x, y"\n 2 ,\tz \n')).columns
    assert read["b"].values == ("x, y", "z") and read["a"].values.tolist() == [1, 2]
    read = tables.read(write('a b c\n1  "x y"\n'), " ").columns
    assert read["b"].missing.all() and read["c"].values == ("x y",)


def test_the_delimiter_cuts_all_rows_alike(write):
    # Two commas in the header and none in the rows.
    assert names_of(write("a, of x, y;b\n1;2\n")) == ("a, of x, y", "b")
    # Semicolons in each row, but more commas.
    assert names_of(write("a,b,c;d\n1,2,x;y\n")) == ("a", "b", "c;d")
    # The quotes of another delimiter.
    assert names_of(write('"a";"b"\n1;2\n')) == ("a", "b")


def test_one_column_is_a_table(write):
    assert tables.read(write("height\n2\n4.5\n")).columns["height"].values.tolist() == [2, 4.5]
    assert tables.read(write("body height\nvery tall\n")).columns["body height"].values == (
        "very tall",
    )


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("\ufeff", "is empty"),
        ("a,b\n", "a header and no rows"),
        ("a,b\n\n\n", "a header and no rows"),
        (
            "5.1,3,-2e4\n4.9,3,1\n",
            "numbers in its first row, 5.1, 3, -2e4; a header with the names",
        ),
        ("1,2,3,4\n4,3,1,1\n", "numbers in its first row, 1, 2, 3, ...; a header"),
        ("a,b, a\n1,2,3\n", "two columns 'a', fields 1 and 3 of its header"),
        ("a,b,c\n1,2,3\n\n4,5\n", "2 fields in line 4 where its header has 3"),
        ("a,b\n1,2\n4\n", "has 1 field in line 3 where its header has 2"),
        ("a,b\n1,2\n4,5,6\n", "3 fields in line 3 where its header has 2; a field that holds"),
        (b"a,b\n1,2\nm\xe9t,3\n", "not UTF-8: byte 0xe9 at offset 9, line 3; convert it to UTF-8"),
        (b"\n\xff", "byte 0xff at offset 1, line 2"),
        (b"a,b\n1,\x002\n", "not text: it has a zero byte at offset 6"),
        ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16; save it in UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-be"), "zero byte at offset 0"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a spreadsheet; save the table as CSV"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-20], "cannot be read: Compressed file ended"),
        ('a,b\n1,2\n3,"4\n5,6\n', "a quote too many or too few in the row of line 3"),
        ('a,b\n1,2\n"3"x,4\n', "a quote too many or too few in the row of line 3"),
        ("a,b\n1," + "x" * 140_000 + "\n", "in the row of line 2: field larger than"),
    ],
)
def test_what_is_no_table(write, content, wanted):
    message = refusal(tables.read, write(content))
    assert message.startswith("data.name is 't.csv', which ")
    assert wanted in message


def test_a_zip_archive(write):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "...")
    assert "a zip archive or a spreadsheet" in refusal(tables.read, write(packed.getvalue()))


def test_paths_that_are_no_files(write, monkeypatch):
    write(ROWS, "measurements.csv")
    Path("folder.csv").mkdir()
    message = refusal(tables.read, "mesurements.csv")
    assert message == (
        "data.name is 'mesurements.csv', which does not exist. Did you mean 'measurements.csv'?"
    )
    assert "There is no folder 'away'" in refusal(tables.read, "away/measurements.csv")
    assert "is a folder" in refusal(tables.read, "folder.csv")
    assert "cannot be read: " in refusal(tables.read, "a\0b.csv")
    assert "cannot be read: Not a directory" in refusal(tables.read, "measurements.csv/b.csv")

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert "cannot be read: Permission denied" in refusal(tables.read, "measurements.csv")


def test_the_home_folder(write, tmp_path, monkeypatch):
    write(ROWS, "home.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(tables.read("~/home.csv").lines) == 3


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "\0", "comma", 3])
def test_delimiters_that_cannot_be(write, delimiter):
    message = refusal(tables.read, write(ROWS), delimiter)
    assert message.startswith(f"data.delimiter is {delimiter!r}; allowed: 'auto', 'tab' or")


@pytest.mark.parametrize(
    ("content", "delimiter", "right", "count"),
    [
        ("a,b,c\n1,2,3\n", ";", ",", 3),
        ("a;b\n1;2\n", ",", ";", 2),
        ("a\tb\n1\tx\n", ",", "\t", 2),
        ("a b c d\n1 2 x y\n", "auto", " ", 4),
    ],
)
def test_one_column_by_the_wrong_delimiter(write, content, delimiter, right, count):
    message = refusal(tables.read, write(content), delimiter)
    assert "has one column" in message
    assert f"with data.delimiter={right!r} it has {count}" in message
