"""Tables as data sets: files of every format, the columns that are chosen, labels and keys."""

import gzip

import numpy as np
import pytest
from conftest import refusal
from flowers import FLOWER_FIELDS, FLOWER_X, FLOWERS, fields_of, options, x_of
from hypothesis import given
from hypothesis import strategies as st

from reprlearn.data import tables
from reprlearn.data.sets import table
from reprlearn.errors import UsageError


@pytest.mark.parametrize("name", ["a.csv", "B.TSV", "dir/c.csv.gz", "~/d.Tsv.GZ"])
def test_answers_to_tables(name):
    assert table.answers(name)


@pytest.mark.parametrize("name", ["csv", "a.txt", "a.csv.zip", "mnist", "a.npz", "a.gz"])
def test_answers_to_nothing_else(name):
    assert not table.answers(name)


FORMATS = {
    "plain": FLOWERS.encode(),
    "no newline at the end": FLOWERS.rstrip().encode(),
    "BOM": FLOWERS.encode("utf-8-sig"),
    "CRLF": FLOWERS.replace("\n", "\r\n").encode(),
    "CR": FLOWERS.replace("\n", "\r").encode(),
    "gzip": gzip.compress(FLOWERS.encode()),
    "tabs": FLOWERS.replace(",", "\t").encode(),
    "bars": FLOWERS.replace(",", "|").encode(),
    "decimal comma": FLOWERS.replace(",", ";").replace(".", ",").encode(),
    "spaces": FLOWERS.replace(",", " , ").encode(),
    "quotes": FLOWERS.replace("red", '"red"').replace("1.5", '"1.5"').encode(),
    "blank lines": ("\n  \n" + FLOWERS.replace("\n", "\n\n \n")).encode(),
}


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS)
def test_a_table_in_every_format(write, content):
    found = table.contents(write(content), options(label="species"))
    assert found.columns["x"].names == FLOWER_FIELDS
    assert found.columns["x"].shape == (4,)
    assert found.examples.arrays["x"].dtype == np.float64
    assert found.examples.arrays["x"].tolist() == FLOWER_X
    assert found.columns["y"].names == ("setosa", "virginica")
    assert found.labels.dtype == np.int32 and found.labels.tolist() == [1, 0, -1]
    assert found.examples.arrays["y"] is found.labels
    assert list(found.names) == ["0", "1", "2"]
    assert found.given is None
    assert [note for note in found.notes if "decimal sign" not in note] == []


def test_a_decimal_comma_is_told(write):
    found = table.contents(write("price;b\n1,5;1\n2,25;2\n"), options())
    assert found.notes[0] == "'t.csv': the comma is a decimal sign, as 0,5 is, in: price"


def test_a_delimiter_that_is_given(write):
    name = write("a b\n1 2\n")
    assert x_of(name, delimiter=" ") == [[1, 2]]
    assert x_of(write("a\tb\n1,5\t2\n"), delimiter="tab") == [[1.5, 2]]
    assert x_of(write("a\tb\n1,5\t2\n"), delimiter="\\t") == [[1.5, 2]]
    assert fields_of(write("a;b,c\n1;2,3\n"), delimiter=";", ignore=["b,c"]) == ("a",)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("inf", "holds inf in line 3; allowed: finite numbers"),
        ("-Infinity", "holds -Infinity in line 3; allowed: finite numbers"),
        ("1e999", "holds 1e999 in line 3; allowed: finite numbers"),
        ("-9007199254740993", "holds -9007199254740993 in line 3; allowed: integers up to 2**53"),
        ("9007199254740994", "holds 9007199254740994 in line 3; allowed: integers up to 2**53"),
    ],
)
def test_numbers_that_are_refused_where_they_are_used(write, cell, wanted):
    name = write(f"mass,b\n1,2\n{cell},4\ninf,5\n")
    message = refusal(table.contents, name, options())
    assert message.startswith(f"data.name is 't.csv': column 'mass' {wanted}")
    assert message.endswith("; data.ignore=mass leaves it out")
    assert x_of(name, ignore=("mass",)) == [[2], [4], [5]]
    assert "data.ignore" not in refusal(table.contents, name, options(), ("mass",))


def test_a_long_number_is_cut_in_the_message(write):
    message = refusal(table.contents, write(f"a\n{'12' * 99}\n"), options())
    assert f"holds {'12' * 20} in line 2" in message


def test_large_integers_as_labels(write):
    name = write("id,b\n9007199254740993,1\n9007199254740992,2\n123456789012345678901234,3\n")
    found = table.contents(name, options(label="id"))
    assert found.labels.tolist() == [1, 0, 2]
    wanted = ("9007199254740992", "9007199254740993", "123456789012345678901234")
    assert found.columns["y"].names == wanted


def test_large_floats_are_numbers(write):
    assert x_of(write("a\n9007199254740993.0\n-1e300\n")) == [[2.0**53], [-1e300]]


def test_inf_among_words_is_a_word(write):
    assert fields_of(write("a,b\ninf,1\nsup,2\n"), ignore=("b",)) == ("a=inf", "a=sup")


def test_decimal_commas_and_points_in_one_file(write):
    name = write("price;b;size\n1,5;1;1.234\n2;2;7.5\n")
    message = refusal(table.contents, name, options())
    assert "column 'size' has decimal points where column 'price' has decimal commas" in message
    assert x_of(name, ignore=("size",)) == [[1.5, 1], [2, 2]]
    mixed = tables.read(write("price;b\n1,5;1\n2.5;2\n")).columns["price"]
    assert mixed.values == ("1,5", "2.5")


def test_columns_and_ignore(write):
    name = write(FLOWERS)
    assert fields_of(name, columns=("height", "width", "height")) == ("height", "width")
    assert x_of(name, columns=("height", "width")) == [[3, 1.5], [10, -2.25], [-7, 0.1]]
    assert fields_of(name, ignore=("species", "colour")) == ("width", "height")


def test_names_that_are_not_columns(write):
    name = write(FLOWERS)
    for field, names in (("label", "specis"), ("columns", ("specis",)), ("ignore", ["specis"])):
        message = refusal(table.contents, name, options(**{field: names}))
        assert message == (
            f"data.{field}: 't.csv' has no column 'specis'. Did you mean 'species'? "
            "Columns: width, colour, species, height"
        )


def test_a_column_with_two_roles(write):
    name = write(FLOWERS)
    asked = {"label": "species", "columns": ("width",), "ignore": ("height",)}
    for field, names in (("columns", ("species",)), ("ignore", ("species",))):
        message = refusal(table.contents, name, options(**asked | {field: names}))
        assert message == f"data.label and data.{field} both have 'species'; allowed: one"
    message = refusal(table.contents, name, options(columns=("width",), ignore=("width",)))
    assert message == "data.columns and data.ignore both have 'width'; allowed: one"


def test_no_column_is_left(write):
    message = refusal(table.contents, write("a,b\n1,2\n"), options(label="a", ignore=("b",)))
    assert "no column is left" in message


@pytest.mark.parametrize(
    ("cells", "names", "y"),
    [
        (["10", "9", "", "10"], ("9", "10"), [1, 0, -1, 1]),  # by size, not as text
        (["-1", "0", "3", "0"], ("0", "3"), [-1, 0, 1, 0]),
        (["-1", "-2", "?", "-1"], ("-2", "-1"), [1, 0, -1, 1]),
        (["2.0", "1", "2", "1.0"], ("1", "2"), [1, 0, 1, 0]),
        (["007", "x", "7", "x"], ("007", "7", "x"), [0, 2, 1, 2]),
        (["true", "NULL", "false", "true"], ("false", "true"), [1, -1, 0, 1]),
    ],
)
def test_labels_of_any_kind(write, cells, names, y):
    name = write("k,a\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells)))
    found = table.contents(name, options(label="k"))
    assert found.columns["y"].names == names
    assert found.labels.tolist() == y and found.labels.dtype == np.int32


def test_labels_that_are_none(write):
    message = refusal(table.contents, write("w,a\n,2\nNA,3\n"), options(label="w"))
    assert message == "data.label is 'w', a column of 't.csv' without values"


def test_a_label_of_fractions_is_a_number_for_each_example(write):
    name = write("w,a\n1.5,2\n,3\n-2,4\n1e3,5\n")
    found = table.contents(name, options(label="w"))
    assert found.columns["v"].kind == "number" and "y" not in found.columns
    np.testing.assert_array_equal(found.examples.arrays["v"], [1.5, np.nan, -2, 1000])
    assert found.labels is None and found.columns["x"].names == ("a",)
    assert "the values of data.label 'w' are numbers, such as 1.5" in found.notes[-1]
    whole = table.contents(write("w,a\n1.0,2\n3,4\n", "u.csv"), options(label="w"))
    assert whole.columns["y"].names == ("1", "3")


def test_without_a_label_there_is_no_y(write):
    found = table.contents(write("a,b\n1,2\n3,5\n"), options())
    assert set(found.columns) == set(found.examples.arrays) == {"x"} and found.labels is None


def test_keys_are_of_the_row_alone(write):
    rows = ["1.5,red,u", "2,blue,v", "1.5,red,u", "1.5,red,v", "2.5,red,u", "1.5,?,u"]
    given = options(label="k", missing="mean")

    def keys(chosen):
        return table.contents(write("a,c,k\n" + "\n".join(chosen)), given).keys

    found = keys(rows)
    assert found[0] == found[2] == found[3] and len(set(found)) == 4  # whatever the label
    # Other values come and go: other fields, other class numbers, longer text.
    assert keys([rows[1], "7,a long colour,a", rows[0]])[::2] == [found[1], found[0]]
    assert keys([rows[5], "-nan,blue,v", "nan,blue,v"])[1:] == [keys([",blue,v", *rows])[0]] * 2


GARBAGE = st.binary(max_size=60) | st.text('ab1.,;"\n\r\t |=?-e', max_size=60).map(str.encode)


@given(content=GARBAGE | GARBAGE.map(gzip.compress), label=st.none() | st.just("a"))
def test_garbage_is_a_table_or_refused_in_a_line(tmp_path_factory, content, label):
    path = tmp_path_factory.getbasetemp() / "garbage.csv"
    path.write_bytes(content)
    try:
        found = table.contents(str(path), options(label=label, missing="mean"))
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert found.examples.arrays["x"].shape[0] == len(found.keys) == len(found.names)
        assert all(len(note.splitlines()) == 1 for note in found.notes)
