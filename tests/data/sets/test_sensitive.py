"""A sensitive attribute of a table: groups beside the inputs, or among them."""

import numpy as np
import pytest
from conftest import PEOPLE, refusal

from reprlearn import data
from reprlearn.data.options import Options
from reprlearn.data.sets import table

ROWS = "a,sex,y\n" + "".join(f"{i},{'fm'[i % 3 == 0]},{i % 2}\n" for i in range(12))


def options(name="t.csv", **given):
    return Options(name, **{"label": "y", "sensitive": "sex"} | given)


def contents(name, groups=(), fields=None, **given):
    return table.contents(name, options(**given), fields, groups)


def test_groups_are_beside_the_inputs_and_called_as_fields(write):
    found = contents(write(ROWS))
    assert found.columns["x"].names == ("a",)
    assert found.columns["s"].names == ("sex=f", "sex=m")
    assert found.examples.arrays["s"].tolist() == [int(i % 3 == 0) for i in range(12)]
    assert found.examples.arrays["s"].dtype == np.int32


def test_on_request_they_are_inputs_too_and_the_split_stays(write):
    apart, among = (contents(write(ROWS), sensitive_input=on) for on in ("off", "on"))
    assert among.columns["x"].names == ("a", "sex=f", "sex=m")
    assert apart.keys == among.keys
    twins = contents(write(ROWS + "100,f,0\n100,m,0\n"))
    assert len(set(twins.keys)) == 14  # of another group is another row
    chosen = contents(write(ROWS), columns=("sex", "a"))
    assert chosen.columns["x"].names == ("a",)  # those that are named, but for the attribute


def test_numbers_are_groups_too(write):
    found = contents(write("a,sex,y\n" + "".join(f"{i},{i % 2},1\n" for i in range(9))))
    assert found.columns["s"].names == ("sex=0", "sex=1")


def test_another_table_may_lack_them_and_has_the_numbers_of_the_run(write):
    known = ("sex=f", "sex=m", "sex=n")
    found = contents(write(ROWS), known, ("a",))
    assert found.columns["s"].names == known and set(found.examples.arrays["s"]) == {0, 1}
    bare = contents(write("a,y\n1,0\n2,1\n"), known, ("a",))
    assert "s" not in bare.columns
    said = refusal(contents, write(ROWS), ("sex=m", "sex=n"), ("a",))
    assert said == "data.sensitive is 'sex', with sex=f; the run knows sex=m, sex=n"


@pytest.mark.parametrize(
    ("rows", "given", "told"),
    [
        (ROWS, {"sensitive": "sexx"}, "data.sensitive: 't.csv' has no column 'sexx'. Did you mean"),
        (ROWS, {"sensitive": "y"}, "data.label and data.sensitive both have 'y'; allowed: one"),
        (ROWS, {"ignore": ("sex",)}, "data.sensitive and data.ignore both have 'sex'"),
        (ROWS.replace("m", "f"), {}, "a column of 1 different value, sex=f; allowed: 2 to 20"),
        (
            "a,sex,y\n" + "".join(f"{i},{i},1\n" for i in range(30)),
            {},
            "of 30 different values, sex=0, sex=1, sex=10 and 27 more; allowed: 2 to 20",
        ),
        (ROWS.replace("m", ""), {}, "column 'sex' lacks 4 of 12 values, the first in line 2"),
        (
            ROWS.replace("m", ""),
            {"missing": "mean"},
            "data.sensitive is 'sex', a column without a value in 4 rows; allowed: data.missing=",
        ),
    ],
)
def test_what_makes_no_groups_is_refused(write, rows, given, told):
    assert told in refusal(contents, write(rows), **given)


def test_a_row_without_a_group_can_be_left_out(write):
    rows = ROWS + "".join(f"{i},,1\n" for i in range(3))
    assert len(contents(write(rows), missing="drop").keys) == 12


def test_what_would_change_nothing_is_refused(write):
    name = write(ROWS)
    said = refusal(table.read, Options(name, sensitive="sex", text=("a",)))
    assert said == "data.sensitive is 'sex'; allowed with data.text: None"
    said = refusal(table.read, Options(name, sensitive_input="on"))
    assert said == "data.sensitive_input is 'on'; allowed without data.sensitive: 'off'"


def test_the_splits_carry_the_groups():
    dataset = data.open_dataset(Options(str(PEOPLE), label="repaid", sensitive="sex"))
    assert dataset.columns["s"].names == ("sex=female", "sex=male")
    arrays = data.whole(dataset.open("train"))
    assert set(arrays) == {"x", "y", "s"} and len(arrays["s"]) == len(arrays["x"])
    said = refusal(data.open_dataset, Options("digits", sensitive="sex"))
    assert "data.sensitive is 'sex', which 'digits' does not use" in said
