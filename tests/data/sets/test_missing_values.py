"""Missing values of a table: refused, their rows dropped, or left for the mean."""

import math

import numpy as np
import pytest
from conftest import refusal
from flowers import fields_of, notes_of, options, x_of

from reprlearn.data.sets import table

HOLES = """a,c,b,k
1,red,5,u
,red,6,v
3,NA,?,w
4,blue,8,v
"""


def test_missing_values_are_refused(write):
    message = refusal(table.contents, write(HOLES), options(ignore=("k",)))
    assert message == (
        "data.name is 't.csv': column 'a' lacks 1 of 4 values, the first in line 3; "
        "values are missing too in c, b; "
        "data.missing=drop leaves out rows, data.missing=mean fills in means; "
        "data.ignore=a leaves it out"
    )
    message = refusal(table.contents, write(HOLES), options(columns=("c", "b")))
    assert (
        "column 'c' lacks 1 of 4 values, the first in line 4; values are missing too in b; data"
        in message
    )
    assert "lacks 2 of 3 values, the first in line 3; data" in refusal(
        table.contents, write("two words,b\n1,2\n,3\n,4\n"), options()
    )


def test_rows_with_missing_values_are_dropped(write):
    found = table.contents(write(HOLES), options(missing="drop", label="k"))
    assert found.columns["x"].names == ("a", "c=blue", "c=red", "b")
    assert found.examples.arrays["x"].tolist() == [[1, 0, 1, 5], [4, 1, 0, 8]]
    assert found.labels.tolist() == [0, 1] and found.columns["y"].names == ("u", "v")
    assert list(found.names) == ["0", "3"] and len(found.keys) == 2
    assert list(found.notes) == ["'t.csv': 2 of 4 rows lack a value, left out"]


def test_values_of_dropped_rows_are_not_fields(write):
    name = write("a,c,d\n1,x,7\n,y,7\n3,z,6\n")
    assert fields_of(name, missing="drop") == ("a", "c=x", "c=z", "d")


def test_missing_values_for_the_mean(write):
    found = table.contents(write(HOLES), options(missing="mean", ignore=("k",)))
    wanted = [[1, 0, 1, 5], [math.nan, 0, 1, 6], [3, 0, 0, math.nan], [4, 1, 0, 8]]
    assert np.array_equal(found.examples.arrays["x"], wanted, equal_nan=True)
    assert len(found.notes) == 2 and "3 values are missing in a, c, b;" in found.notes[0]


def test_missing_values_where_nobody_looks(write):
    assert x_of(write(HOLES), columns=("k",))[2] == [0, 0, 1]
    assert notes_of(write(HOLES), columns=("k",)) == []


def test_nothing_is_left_by_dropping(write):
    name = write("a,b\n,1\n2,\n")
    message = refusal(table.contents, name, options(missing="drop"))
    assert message == (
        "data.missing is 'drop', and every row of 't.csv' lacks a value in one of: a, b"
    )


@pytest.mark.parametrize("missing", ("refuse", "drop", "mean"))
def test_a_column_without_values(write, missing):
    message = refusal(table.contents, write("a,b b\n1,\n2,NA\n"), options(missing=missing))
    assert message == (
        "data.name is 't.csv': column 'b b' has no values; data.ignore='b b' leaves it out"
    )


def test_another_way_with_missing_values():
    message = refusal(options, missing="zero")
    assert message == "data.missing is 'zero'. Choices: refuse, drop, mean"


def test_classes_of_dropped_rows_are_none(write):
    found = table.contents(write("k,a\nu,1\nv,\nw,3\n"), options(label="k", missing="drop"))
    assert found.columns["y"].names == ("u", "w") and found.labels.tolist() == [0, 1]
