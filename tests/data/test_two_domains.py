"""Two data sets as two domains: what is joined, what is left out, what does not fit."""

import dataclasses

import numpy as np
import pytest

from reprlearn import columns, data, roles
from reprlearn.data import domains
from reprlearn.data.dataset import Dataset, Rows, whole
from reprlearn.data.options import Options
from reprlearn.errors import UsageError


def dataset(name, classes, count=4, width=2, first=0, **fields):
    """Rows that carry their number, and classes in turn."""

    def open_split(split, seed=0, draw=0):
        rows = first + 100.0 * draw + np.arange(count, dtype=np.float32)
        arrays = {"x": rows[:, None] * np.ones((1, width), np.float32)}
        if classes:
            arrays["y"] = np.arange(count, dtype=np.int32) % len(classes)
        return Rows(arrays)

    roles = {"x": columns.vector(width)} | ({"y": columns.classes(classes)} if classes else {})
    return Dataset(name, roles, open_split, lambda: {"examples": count, "of": name}, **fields)


def test_classes_are_the_same_by_their_names_and_domains_differ_in_length():
    joined = domains.join(dataset("a", ("cat", "dog", "emu")), dataset("b", ("emu", "cat"), 5))
    test = whole(joined.open("test"))
    assert test["source/y"].tolist() == [0, 1, 2, 0]
    assert test["target/y"].tolist() == [2, 0, 2, 0, 2]
    assert test["target/x"][:, 0].tolist() == [100, 101, 102, 103, 104]  # a draw of its own
    assert joined.columns["target/y"].names == ("cat", "dog", "emu")
    assert joined.name == "a and b"
    assert {role: len(array) for role, array in whole(joined.open("test"), 3).items()} == {
        "source/x": 3, "source/y": 3, "target/x": 3, "target/y": 3
    }  # fmt: skip


def test_nothing_can_be_selected_by_the_targets_labels():
    joined = domains.join(dataset("a", "ab"), dataset("b", "ab"))
    found = whole(joined.open("validation"))
    assert set(found) == {"source/x", "source/y", "target/x", "oracle/y"}
    assert set(roles.domain(found, "target")) == {"x"}
    assert found["oracle/y"].tolist() == [0, 1, 0, 1]
    assert "target/y" in whole(joined.open("train"))


def test_a_target_without_labels_and_unlabelled_examples():
    joined = domains.join(dataset("a", "ab"), dataset("b", ""))
    assert set(joined.columns) == {"source/x", "source/y", "target/x"}
    arrays = {"x": np.zeros((2, 2), np.float32), "y": np.array([-1, 1], np.int32)}
    split = domains.Joined({"target": Rows(arrays)}, np.array([1, 0]))
    assert split.whole(None)["target/y"].tolist() == [-1, 0]


def test_what_is_known_of_both_and_whether_one_is_drawn():
    joined = domains.join(dataset("a", "ab"), dataset("b", "ab", 7))
    assert joined.fingerprint()["examples"] == {"source": 4, "target": 7}
    assert joined.fingerprint()["target"]["of"] == "b"
    assert not joined.drawn
    drawn = domains.join(dataset("a", "ab"), dataset("b", "ab", drawn=True))
    assert drawn.drawn


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (dataset("b", "ab", width=3), r"'b', with vectors of shape \(3,\); data.name 'a' has .*2"),
        (dataset("b", "abz"), "'b', with the class z, which 'a' lacks; allowed: the same class"),
        (dataset("b", "ay"), "the class y, which 'a' lacks, and without b; allowed"),
        (dataset("b", "axy"), "the classes x, y, which 'a' lacks, and without b; allowed"),
        (dataset("b", "xyz"), "the classes x, y, z, which 'a' lacks, and without a, b; allowed"),
    ],
)
def test_what_does_not_fit_is_told(target, message):
    with pytest.raises(UsageError, match=message):
        domains.join(dataset("a", "ab"), target)


def test_both_are_scaled_alike():
    """Else what a model learned of the target would not be what it is asked of it."""
    near = columns.vector(2)._replace(offset=(1.0, 2.0), scale=(3.0, 4.0))
    far = columns.vector(2)._replace(offset=(9.0, 9.0), scale=(9.0, 9.0), unit=True)
    one, other = dataset("a", "ab"), dataset("b", "ab")
    joined = domains.join(
        dataclasses.replace(one, columns=one.columns | {"x": near}),
        dataclasses.replace(other, columns=other.columns | {"x": far}),
    )
    assert joined.columns["target/x"] == joined.columns["source/x"] == near


def test_two_tables_are_scaled_by_the_source_and_may_order_their_columns_otherwise(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(rng.normal(5, 2), rng.normal(-3, 9), "uv"[i % 2]) for i in range(40)]
    for name, order, shift in (("a", (0, 1, 2), 0), ("b", (1, 2, 0), 50)):
        head = np.array(["near", "far", "kind"])[list(order)]
        lines = [",".join(head)]
        for near, far, kind in rows:
            cells = (str(near), str(far + shift), kind)
            lines.append(",".join(cells[i] for i in order))
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    asked = Options(str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), label="kind")
    joined = data.open_dataset(asked)
    assert joined.columns["target/x"].names == ("near", "far")
    assert joined.columns["target/x"] == joined.columns["source/x"]
    train = whole(joined.open("train"))
    assert train["target/x"][:, 1].mean() > train["source/x"][:, 1].mean() + 40
    again = data.open_dataset(asked, joined.columns)  # as a restored run opens it
    assert again.columns == joined.columns
    for role, array in whole(again.open("test")).items():
        np.testing.assert_array_equal(array, whole(joined.open("test"))[role])
