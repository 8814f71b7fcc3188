"""The fields of a run, found again in another table: by name, and of what the run has learned."""

import math

import numpy as np
from conftest import refusal
from flowers import FLOWER_FIELDS, FLOWER_X, FLOWERS, fields_of, notes_of, options, x_of

from reprlearn.data.sets import table


def test_the_same_fields_from_another_table(write):
    name = write("height,note,colour,width\n4,x,red,2\n5,y,red,3\n")
    found = table.contents(name, options(label="species"), FLOWER_FIELDS)
    assert found.columns["x"].names == FLOWER_FIELDS
    assert found.examples.arrays["x"].tolist() == [[2, 0, 1, 4], [3, 0, 1, 5]]
    assert set(found.columns) == {"x"} and found.labels is None
    assert list(found.notes) == ["'t.csv': the run did not learn from these columns: note"]
    assert notes_of(name, FLOWER_FIELDS, ignore=("note",)) == []
    assert notes_of(name, FLOWER_FIELDS, columns=("height", "colour", "width")) == []


def test_the_labels_of_another_table(write):
    found = table.contents(write(FLOWERS), options(label="species"), FLOWER_FIELDS)
    assert found.examples.arrays["x"].tolist() == FLOWER_X
    assert found.labels.tolist() == [1, 0, -1]
    assert found.keys == table.contents(write(FLOWERS), options(label="species")).keys
    bare = table.contents(write("a,k\n1,\n"), options(label="k"), ("a",))
    assert bare.labels is None and set(bare.columns) == {"x"}


def test_numbers_that_are_text_in_the_run(write):
    name = write("a,b\n07,1\n12,2\n")
    assert x_of(name, ("a=07", "a=12", "a=x", "b")) == [[1, 0, 0, 1], [0, 1, 0, 2]]


def test_columns_whose_names_look_like_fields(write):
    name = write("a,a=b,b=\nc,5,6\nb=c,7,8\n")
    fields = ("a=c", "a=b=c", "a=b", "b=")
    assert x_of(name, fields) == [[1, 0, 5, 6], [0, 1, 7, 8]]
    assert fields_of(name) == ("a=b=c", "a=c", "a=b", "b=")
    assert x_of(write("a,a=b\n1,c\n2,d\n"), ("a", "a=b=c", "a=b=d")) == [[1, 1, 0], [2, 0, 1]]


def test_fields_without_a_column(write):
    name = write("height,color,width\n4,red,2\n")
    message = refusal(table.contents, name, options(), FLOWER_FIELDS)
    assert message == (
        "data.name is 't.csv', which lacks columns that the run learned from: colour. "
        "Did you mean 'color'? Columns: height, color, width"
    )


def test_text_that_the_run_does_not_know(write):
    name = write("width,colour,height\n1,red,2\n2,,4\n3,green,4\n4,pink,4\n")
    message = refusal(table.contents, name, options(missing="mean"), FLOWER_FIELDS)
    assert message == (
        "data.name is 't.csv': column 'colour' holds 'green' in line 4; the run learned from "
        "text: blue, red"
    )
    name = write("width,colour,height\n1,red,2\n,green,4\n")
    assert x_of(name, FLOWER_FIELDS, missing="drop") == [[1, 0, 1, 2]]


def test_text_where_the_run_had_numbers(write):
    name = write("width,colour,height\n1,red,2\n2,red,tall\n3,red,small\n")
    message = refusal(table.contents, name, options(), FLOWER_FIELDS)
    assert message == (
        "data.name is 't.csv': column 'height' holds 'tall' in line 3; the run learned from numbers"
    )
    dropped = refusal(
        table.contents,
        write("width,colour,height\n1,red,2\n,red,tall\n"),
        options(missing="drop"),
        FLOWER_FIELDS,
    )
    assert "holds 'tall' in line 3" in dropped
    mixed = write("a;b\n1,5;1\n2.5;2\n")
    assert "'a' holds '1,5' in line 2" in refusal(table.contents, mixed, options(), ("a", "b"))


def test_a_label_that_the_run_learned_from(write):
    message = refusal(table.contents, write("a,b\n1,2\n"), options(label="b"), ("b", "a"))
    assert message == "data.label is 'b', a column that the run learned from"


def test_missing_values_in_another_table(write):
    name = write("width,colour,height\n1,,\n2,red,\n")
    message = refusal(table.contents, name, options(), FLOWER_FIELDS)
    assert "column 'colour' lacks 1 of 2 values" in message and "data.ignore" not in message
    x = x_of(name, FLOWER_FIELDS, missing="mean")
    assert np.array_equal(x, [[1, 0, 0, math.nan], [2, 0, 1, math.nan]], equal_nan=True)


def test_a_run_on_vectors_without_names(write):
    assert x_of(write("a,b\n1,2\n"), ()) == [[1, 2]]
