"""Labels as people have them, and what can be no labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprlearn.data.labels import listed, match, number, number_parts
from reprlearn.errors import UsageError


@pytest.mark.parametrize(
    ("labels", "y", "names"),
    [
        ([3, 1, 10, 1], [1, 0, 2, 0], ("1", "3", "10")),
        ([5, -2, -1, 5], [2, 0, 1, 2], ("-2", "-1", "5")),
        ([4, -1, 0, -1], [1, -1, 0, -1], ("0", "4")),
        ([1, -1, -1, 1], [1, 0, 0, 1], ("-1", "1")),
        ([1, -1], [1, 0], ("-1", "1")),
        ([2, -1, -1, 2], [0, -1, -1, 0], ("2",)),
        ([-1, -1], [-1, -1], ()),
        ([True, False, True], [1, 0, 1], ("False", "True")),
        ([2.0, np.nan, -0.0, 1e30], [1, -1, 0, 2], ("0", "2", str(int(1e30)))),
        ([2.0, np.nan, -3.0, -1.0], [2, -1, 0, 1], ("-3", "-1", "2")),
        ([-1e30, -1.5e19, 2], [0, 1, 2], (str(int(-1e30)), str(int(-1.5e19)), "2")),
        (["b", "", "a", "10", "9"], [3, -1, 2, 0, 1], ("10", "9", "a", "b")),
        ([b"\xc3\xa4", b"b", b""], [1, 0, -1], ("b", "ä")),
        (np.array([2**63, 1, 2**64 - 1], np.uint64), [1, 0, 2], ("1", str(2**63), str(2**64 - 1))),
        (np.array(["u", "o", "u"], object), [1, 0, 1], ("o", "u")),
        (np.array([2**70, 7, -1], object), [1, 0, -1], ("7", str(2**70))),
        (np.array(["u", "o"], np.dtypes.StringDType()), [1, 0], ("o", "u")),
        ([[3], [1], [3]], [1, 0, 1], ("1", "3")),
        ([["u"], [""]], [0, -1], ("u",)),
        ([[0, 0, 1], [1, 0, 0], [0, 0, 1]], [1, 0, 1], ("0", "2")),
        ([[0.0, 1.0], [1.0, 0.0]], [1, 0], ("0", "1")),
        ([[False, True], [False, True]], [0, 0], ("1",)),
        ([], [], ()),
    ],
)  # fmt: skip
def test_labels_become_classes(labels, y, names):
    found = number(labels, "y")
    assert found.y.dtype == np.int32
    assert found.y.tolist() == y
    assert found.names == names


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1.0, 0.5], r"labels such as 0\.5; allowed: integers, words, or one-hot rows"),
        ([1.0, np.inf], "labels such as inf"),
        ([-np.inf, 1.0], "labels such as -inf"),
        ([1j], "labels of complex128"),
        (np.array(["2020-01-01"], "datetime64[D]"), "labels of datetime64"),
        ([[1, 1], [0, 1]], r"shape \(2, 2\), whose row 0 is not one 1"),
        ([[0, 1], [0, 0]], "whose row 1 is not one 1"),
        ([[0, 1], [2, 0]], "whose row 1 is not one 1"),
        ([[1, 2, -2]], "whose row 0 is not one 1"),
        ([[0.0, np.nan]], "whose row 0 is not one 1"),
        ([["a", "b"]], r"<U1 \(1, 2\)"),
        (np.zeros((3, 0)), r"float64 \(3, 0\)"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\); allowed: \(N,\)"),
        (3, r"shape \(\); allowed"),
        (np.array(["a", 2], object), "type int among objects"),
        (np.array([2, "a"], object), "type str among objects"),
        (np.array([2, True], object), "type bool among objects"),
        (np.array(["a", None], object), "type NoneType among objects"),
        ([b"\xff"], "not UTF-8"),
    ],
)
def test_what_names_no_classes_is_refused(labels, message):
    with pytest.raises(UsageError, match=f"^data: y .*{message}") as caught:
        number(labels, "data: y")
    assert "\n" not in str(caught.value)


integers = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 9), min_size=1, max_size=30)
words = st.lists(st.text(st.characters(exclude_characters="\0"), max_size=4), max_size=30)


@given(integers)
def test_integers_are_sorted_and_had_back_by_name(labels):
    found = number(np.array(labels, np.int64), "y")
    classes = [int(name) for name in found.names]
    assert classes == sorted(set(classes))
    back = [-1 if y < 0 else classes[y] for y in found.y]
    assert back == labels
    unknown = min(labels) == -1 and {-1, 1} != set(labels)
    assert (-1 in classes) == (-1 in labels and not unknown)


@given(words)
def test_words_are_sorted_and_had_back_by_name(labels):
    found = number(np.array(labels, np.str_), "y")
    assert list(found.names) == sorted(set(labels) - {""})
    assert ["" if y < 0 else found.names[y] for y in found.y] == labels
    assert number(np.array(labels, object), "y").y.tolist() == found.y.tolist() or not labels


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=20), st.sampled_from([bool, int, np.float16])
)
def test_one_hot_rows_are_their_columns(columns, dtype):
    rows = np.eye(7)[columns].astype(dtype)
    assert number(rows, "y").y.tolist() == number(columns, "y").y.tolist()
    assert number(rows, "y").names == number(columns, "y").names


def test_parts_are_numbered_together():
    found = number_parts([("train", [4, 2]), ("test", np.array([[7.0], [2.0]])), ("more", [-1, 4])])
    assert found.y.tolist() == [1, 0, 2, 0, -1, 1]
    assert found.names == ("2", "4", "7")


def test_parts_of_large_integers_stay_exact():
    large = 2**63
    found = number_parts(
        [("a", np.array([large + 1], np.uint64)), ("b", np.array([-5, large - 1]))]
    )
    assert found.names == ("-5", str(large - 1), str(large + 1))


def test_words_and_numbers_are_not_mixed():
    with pytest.raises(UsageError, match=r"^y_train and y_test have words and numbers; allowed"):
        number_parts([("y_train", ["1", "2"]), ("y_test", [1, 2])])


def test_classes_are_matched_by_name():
    assert match(("b", "c", "a"), ("a", "b", "c"), ("the target", "the run")).tolist() == [1, 2, 0]
    assert match((), (), ("x", "y")).dtype == np.int32


def test_classes_of_one_side_are_named():
    with pytest.raises(UsageError) as caught:
        match(("b", "e", "a"), ("c", "a", "d"), ("the target", "the run"))
    message = "classes differ: only in the target: b, e; only in the run: c, d"
    assert str(caught.value) == message
    with pytest.raises(UsageError, match=r"^classes differ: only in y: b$"):
        match(("a",), ("a", "b"), ("x", "y"))


def test_many_names_are_listed_in_part():
    assert listed(["a", "b\nc"]) == "a, 'b\\nc'"
    assert listed([str(i) for i in range(10)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed([str(i) for i in range(13)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
