"""The columns of a table: which are numbers, which are text, and that nothing is lost."""

import csv
import gzip
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprlearn.data import tables
from reprlearn.data.options import Options
from reprlearn.data.sets import table


def test_numbers_have_all_their_bits(write):
    cells = ["0.1", "1e-320", "-1.7976931348623157e308", "9007199254740992", "+.5", "3.", "1E+2"]
    name = write("a\n" + "\n".join(cells))
    column = tables.read(name).columns["a"]
    assert column.values.tolist() == [float(cell) for cell in cells] and column.fault is None


@pytest.mark.parametrize("cell", ["1_000", "٣", "0x10", "1e", "true", "1 2", "1,5", "--1"])
def test_what_is_no_number(write, cell):
    column = tables.read(write(f'a,b\n1,2\n"{cell}",3\n')).columns["a"]
    assert column.values == ("1", cell) and column.codes.tolist() == [0, 1]


def test_text_after_many_numbers(write):
    rows = ["7"] * 9_000
    rows[8_500] = "n.a."
    column = tables.read(write("a,b\n" + "".join(f"{row},1\n" for row in rows))).columns["a"]
    assert column.values == ("7", "n.a.") and np.flatnonzero(column.codes).tolist() == [8_500]


def test_many_rows_keep_their_order(write):
    values = [i * 0.37 for i in range(9_001)]
    read = tables.read(write("a,b\n" + "".join(f"{value},x\n" for value in values)))
    assert read.columns["a"].values.tolist() == values
    assert read.lines.tolist() == list(range(2, 9_003))


def test_a_missing_cell_of_one_column(write):
    column = tables.read(write('a\n1\n""\n3\n')).columns["a"]
    assert column.values[[0, 2]].tolist() == [1, 3] and column.missing.tolist() == [0, 1, 0]


@pytest.mark.parametrize("cell", sorted(tables.MISSING))
def test_every_sign_of_a_missing_value(write, cell):
    read = tables.read(write(f"a,c\n1.5,x\n{cell}, {cell}\n2,y\n"))
    assert read.columns["a"].missing.tolist() == read.columns["c"].missing.tolist() == [0, 1, 0]
    assert read.columns["a"].values[[0, 2]].tolist() == [1.5, 2]
    assert read.columns["c"].values == ("x", "y")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n,;"\t|'))
CELLS = WORDS.map(str.strip).filter(lambda word: word not in tables.MISSING)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
WRITERS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(tables.DELIMITERS),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def written(header, rows, how, packed, mark):
    text = io.StringIO(newline="")
    writer = csv.writer(text, **how)
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8-sig" if mark else "utf-8")
    return gzip.compress(content) if packed else content


@given(
    rows=st.lists(st.tuples(FINITE, CELLS, FINITE), min_size=1, max_size=8),
    how=WRITERS,
    packed=st.booleans(),
    mark=st.booleans(),
)
def test_what_is_written_is_read(tmp_path_factory, rows, how, packed, mark):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(written(("a", "the words", "b"), rows, how, packed, mark))
    first, words, last = zip(*rows, strict=True)
    read = tables.read(str(path), how["delimiter"], text=("the words",)).columns
    assert list(read) == ["a", "the words", "b"]
    for name, values in (("a", first), ("b", last)):
        assert read[name].values.tobytes() == np.array(values).tobytes()
    assert [read["the words"].values[code] for code in read["the words"].codes] == list(words)


@given(
    rows=st.lists(st.tuples(FINITE, FINITE, FINITE), min_size=1, max_size=8),
    how=WRITERS,
    decimal=st.sampled_from(".,"),
)
def test_delimiter_and_decimal_sign_are_found(tmp_path_factory, rows, how, decimal):
    decimal = "." if how["delimiter"] == "," else decimal
    path = tmp_path_factory.getbasetemp() / "found.csv"
    cells = [[repr(value).replace(".", decimal) for value in row] for row in rows]
    path.write_bytes(written("abc", cells, how, False, False))
    found = table.contents(str(path), Options("t.csv")).examples.arrays["x"]
    faults = [column.fault for column in tables.read(str(path)).columns.values()]
    assert faults == [None] * 3
    assert found.tobytes() == np.array(rows).tobytes()
