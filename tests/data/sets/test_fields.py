"""From the columns of a table to the fields of vectors, and what is told of them."""

import pytest
from conftest import refusal
from flowers import fields_of, notes_of, options, x_of

from reprlearn.data.sets import table


def test_columns_without_a_name(write):
    name = write(",a,\n5,1,2\n5,2,3\n7,3,3\n")
    assert fields_of(name) == ("column 1", "a", "column 3")
    assert x_of(name, ignore=("column 3", "a")) == [[5], [5], [7]]


def test_two_fields_of_one_name(write):
    message = refusal(table.contents, write("a,a=x\nx,1\ny,2\n"), options())
    assert "whose columns make two fields 'a=x'" in message


def test_truth_values_are_text(write):
    name = write("flag,b\ntrue,1\nfalse,1\ntrue,2\n")
    assert fields_of(name) == ("flag=false", "flag=true", "b")
    assert x_of(name) == [[0, 1, 1], [1, 0, 1], [0, 1, 2]]


def test_up_to_fifty_values_of_text(write):
    fifty = "a,b\n" + "".join(f"v{i:02},{i % 7}\n" for i in reversed(range(50)))
    assert fields_of(write(fifty)) == (*(f"a=v{i:02}" for i in range(50)), "b")
    message = refusal(table.contents, write(fifty + "w,1\n"), options())
    assert message == (
        "data.name is 't.csv': column 'a' has 51 different values of text, such as 'v49'; "
        "allowed: 50; data.label would make it the label; data.ignore=a leaves it out"
    )


def test_text_among_numbers_is_shown(write):
    content = "a,b\n" + "".join(f"{i / 4},1\n" for i in range(60)) + "n.a.,1\n"
    message = refusal(table.contents, write(content), options())
    assert "has 61 different values of text, since line 62 holds 'n.a.'" in message
    few = write("grade,b\n1,5\n2,5.5\n-,7\n3,8\n")
    told = "column 'grade' is read as words, a field each, since line 4 holds '-'"
    assert notes_of(few) == [f"'t.csv': warning: {told}"]
    assert len(notes_of(write("grade,b\n1,5\n-,7\n3,8\n"))) == 1
    assert notes_of(write("grade,b\n1,5\n-,7\n")) == []
    thousands = "a,b\n" + "".join(f'"{i},000.5",{i}\n98.{i},{i}\n' for i in range(1, 60))
    message = refusal(table.contents, write(thousands), options())
    assert "different values of text, such as '1,000.5'" in message


@pytest.mark.parametrize(
    ("name", "cells", "noted"),
    [
        ("n", [0, 1, 2, 3], True),
        ("n", [1, 2, 3, 4], True),
        ("n", [2, 3, 4, 5], False),
        ("n", [1, 2, 3, 5], False),
        ("n", [0, 1], False),
        ("n", [0.0, 0.5, 1.0], False),
        ("ID", [40, 7, 13], True),
        ("id", [40, 7, 40], False),
        ("id", [1.5, 7, 40], False),
        ("idea", [40, 7, 13], False),
        ("Unnamed: 0", [9, 5, 6], True),
        ("", [9, 5, 6], True),
    ],
)
def test_columns_that_number_the_rows(write, name, cells, noted):
    written = write(f"{name},b\n" + "".join(f"{cell},{cell * cell}\n" for cell in cells))
    notes = notes_of(written, ignore=("b",))
    assert len(notes) == noted
    assert len(x_of(written)[0]) == 2
    if noted:
        called = name or "column 1"
        option = called if called.isidentifier() else repr(called)
        wanted = f"column {called!r} looks like a row number; data.ignore={option} leaves it out"
        assert notes == [f"'t.csv': {wanted}"]


def test_columns_that_are_constant(write):
    name = write("a,b,c,d\n7,1,x,3\n7,5,x,?\n7,4,x,3\n")
    assert notes_of(name, missing="mean")[1:] == ["'t.csv': the same in every row: a, c=x, d"]
    assert notes_of(write("a,b\n7,1\n7,5\n")) == ["'t.csv': the same in every row: a"]
    assert notes_of(write("a,b\n7,1\n")) == []


def test_a_label_that_was_not_named(write):
    name = write("a,Class\n7,u\n8,v\n")
    wanted = "'t.csv': column 'Class' is an input; if it is the class, set data.label=Class"
    assert notes_of(name) == [wanted]
    assert notes_of(name, label="Class") == []
    name = write("a,kind,land\n7,u,b\n8,v,c\n9,v,c\n")
    told = table.contents(name, options()).notes
    assert list(told) == [
        "'t.csv': one-hot inputs: kind, land; if one is the class, set data.label"
    ]
    assert not table.contents(name, options(label="kind")).notes


def test_numbers_as_names_of_columns(write):
    name = write("land,2019,2020\nu,1,2\nv,3,4\n")
    assert notes_of(name) == ["'t.csv': the first row names the columns, '2019' is one name"]
