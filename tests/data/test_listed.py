"""Pairs that a person lists: read, and split so that no test example is in training."""

import numpy as np
import pytest

from reprlearn import data
from reprlearn.columns import vector
from reprlearn.data import listed, own
from reprlearn.data.dataset import Contents, Rows
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

NAMES = ("a.png", "b.png", "c.png", "d.png")
PAIRS = ("left/x", "right/x", "similar")


@pytest.fixture
def table(tmp_path):
    def write(text, names=NAMES):
        (tmp_path / "p.csv").write_text(text)
        return listed.read(str(tmp_path / "p.csv"), names, "photos/")

    return write


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1", "0", "1"), [1, 0, 1]),
        (("-1", "1", "-1"), [0, 1, 0]),
        (("True", "false", "TRUE"), [1, 0, 1]),
    ],
)
def test_a_file_names_two_examples_and_whether_they_are_similar(table, values, expected):
    rows = zip(("b.png", "a.png", "d.png"), ("c.png", "b.png", "d.png"), values, strict=True)
    text = "similar,left,right\n" + "".join(f"{s},{left},{right}\n" for left, right, s in rows)
    found = table(text)
    assert found.left.tolist() == [1, 0, 3]
    assert found.right.tolist() == [2, 1, 3]
    assert found.similar.tolist() == expected


def test_without_a_column_of_kinds_all_pairs_are_similar_and_names_may_be_row_numbers(table):
    found = table("left,right\n2,0\n1,3\n", names=("0", "1", "2", "3"))
    assert [array.tolist() for array in found] == [[2, 1], [0, 3], [1, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left,right\na.png,e.png\n", "whose right in line 2 is 'e.png', no example of 'photos/'"),
        ("left,right\na.png,B.PNG\n", "Did you mean 'b.png'"),
        ("left,right\na.png,b.png\n,b.png\n", "whose left in line 3 is ''"),
        ("left,right,similar\na.png,b.png,2\n", "similar in line 2 is '2', allowed: 0 and 1"),
        (
            "left,right,similar\na.png,b.png,0\na.png,c.png,-1\n",
            "whose similar is 0 and also -1; allowed: 0 and 1, -1 and 1",
        ),
        ("left,other\na.png,b.png\n", "without the column right; its columns: left, other"),
        ("a,b\na.png,b.png\n", "without the columns left and right"),
        ("left,right\n", "data.pairs is .*p.csv', which has a header and no rows"),
    ],
)
def test_a_bad_file_of_pairs_is_refused(table, text, message):
    with pytest.raises(UsageError, match=message):
        table(text)


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match=r"data.pairs is '/no/where.csv', which does not exist"):
        listed.read("/no/where.csv", NAMES, "photos/")


def test_an_array_has_two_places_and_perhaps_a_kind():
    found = listed.from_array(np.array([[2, 0, 1], [1, 1, -1]]), 3, "data: pairs")
    assert [array.tolist() for array in found] == [[2, 1], [0, 1], [1, 0]]
    found = listed.from_array(np.array([[2, 0], [1, 1]], np.uint8), 3, "data: pairs")
    assert found.similar.tolist() == [1, 1]
    assert found.left.dtype == np.int64


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([[0, 1, 1], [0, 3, 0]], "data: pairs has right 3 in row 1; allowed: 0 to 2"),
        ([[-1, 1, 1]], "has left -1 in row 0"),
        ([[0, 1, 2]], "has similar 2; allowed: 0 and 1, -1 and 1"),
        ([[0, 1, 0], [0, 1, -1]], "has similar -1, 0; allowed"),
        ([[0.0, 1.0]], "float64 of shape"),
        ([[0, 1, 1, 1]], "of shape .1, 4.; allowed: integers .P, 3."),
        (np.zeros((0, 3), int), "has no pairs"),
    ],
)
def test_a_bad_array_of_pairs_is_refused(pairs, message):
    with pytest.raises(UsageError, match=message):
        listed.from_array(np.array(pairs), 3, "data: pairs")


def keys_of(*names):
    return [name.encode() for name in names]


def test_pairs_link_examples_to_units_but_not_to_one_that_fills_a_split():
    keys = keys_of(*"dcbaefgh")
    pairs = listed.Pairs(np.array([0, 1, 4]), np.array([1, 2, 5]), np.array([1, 0, 1]))
    # d-c-b and e-f are linked; a, g and h are in no pair.
    assert listed.units(keys, pairs, most=0.6) == keys_of(*"bbbaeegh")
    # Three of the five are more than half: similar pairs alone link, and b is left alone.
    assert listed.units(keys, pairs, most=0.5) == keys_of(*"ccbaeegh")
    assert listed.units(keys, pairs, most=0.3) == keys
    # Equal content is one example.
    keys[2] = b"e"
    assert listed.units(keys, pairs, most=1.0) == keys_of(*"cccaccgh")


def clustered(count=400, seed=0, similar_share=0.5):
    """Examples of one number, in hundreds by their group of ten, and pairs of them."""
    rng = np.random.default_rng(seed)
    x = np.arange(count, dtype=np.float64)[:, None]
    left = rng.integers(count, size=3 * count)
    near = rng.random(len(left)) < similar_share
    right = np.where(near, left // 10 * 10 + rng.integers(10, size=len(left)), 0)
    right = np.where(near, right, (left + 10 + rng.integers(count - 20, size=len(left))) % count)
    return x, np.stack([left, right, near], axis=1).astype(np.int64)


def sides(dataset, split):
    arrays = data.whole(dataset.open(split))
    return {side: np.round(arrays[f"{side}/x"][:, 0]).astype(int) for side in ("left", "right")} | {
        "similar": arrays["similar"]
    }


def test_no_test_example_is_in_training_and_what_is_left_out_is_told():
    x, pairs = clustered()
    dataset = data.from_memory({"x": x, "pairs": pairs}, Options("memory", scaling="none"))
    assert list(dataset.columns) == list(PAIRS)
    of = {split: sides(dataset, split) for split in data.SPLITS}
    examples = [set(of[s]["left"]) | set(of[s]["right"]) for s in data.SPLITS]
    assert not examples[0] & examples[2] and not examples[0] & examples[1]
    assert not examples[1] & examples[2]
    kept = sum(len(of[split]["left"]) for split in data.SPLITS)
    assert dataset.notes[-1] == (
        f"pairs left out, as their two are in different splits: {1200 - kept:,} of 1,200"
    )
    # Similar pairs link groups of ten, so none of them is left out.
    assert sum(of[split]["similar"].sum() for split in data.SPLITS) == pairs[:, 2].sum()
    told = {(left, right): near for left, right, near in pairs}
    for split in data.SPLITS:
        for left, right, near in zip(*of[split].values(), strict=True):
            assert told[left, right] == near


def test_pairs_that_touch_no_others_are_all_kept():
    x = np.arange(600, dtype=np.float64)[:, None]
    pairs = np.stack([np.arange(0, 600, 2), np.arange(1, 600, 2), np.arange(300) % 2], axis=1)
    dataset = data.from_memory({"x": x, "pairs": pairs}, Options("memory"))
    assert sum(len(dataset.open(split)) for split in data.SPLITS) == 300
    assert not [note for note in dataset.notes if "left out" in note]


def test_pairs_may_be_split_whatever_examples_are_in_them():
    x, pairs = clustered()
    twice = np.concatenate([pairs, pairs[:, [1, 0, 2]]])
    asked = Options("memory", scaling="none", split_by="pair")
    dataset = data.from_memory({"x": x, "pairs": twice}, asked)
    of = {split: sides(dataset, split) for split in data.SPLITS}
    assert sum(len(one["left"]) for one in of.values()) == len(twice)
    ends = [{frozenset(p) for p in zip(o["left"], o["right"], strict=True)} for o in of.values()]
    assert not ends[0] & ends[1] and not ends[0] & ends[2] and not ends[1] & ends[2]
    examples = [set(one["left"]) | set(one["right"]) for one in of.values()]
    assert examples[0] & examples[2]


def test_splits_of_the_data_have_pairs_of_their_own():
    x, pairs = clustered(60)
    given = {
        name: {"x": x + start, "pairs": pairs}
        for name, start in zip(data.SPLITS, (0, 100, 200), strict=True)
    }
    dataset = data.from_memory(given, Options("memory", scaling="none"))
    for start, split in zip((0, 100, 200), data.SPLITS, strict=True):
        of = sides(dataset, split)
        rows = {
            (left - start, right - start, near)
            for left, right, near in zip(*of.values(), strict=True)
        }
        assert rows == set(map(tuple, pairs.tolist()))
    assert not [note for note in dataset.notes if "left out" in note]
    del given["test"]["pairs"]
    with pytest.raises(UsageError, match="only one has pairs; allowed: pairs of all splits, or"):
        data.from_memory(given, Options("memory"))


def test_both_sides_have_one_scale_that_of_all_training_examples_in_pairs():
    x = np.array([[0.0], [2.0], [10.0], [12.0], [7.0], [8.0]])
    pairs = np.array([[0, 1, 1], [2, 3, 0], [4, 5, 1]])
    parts = ("train", "validation", "test")
    given = {p: {"x": x, "pairs": pairs[:2] if p == "train" else pairs} for p in parts}
    columns = data.from_memory(given, Options("memory")).columns
    assert columns["left/x"] == columns["right/x"]
    assert columns["left/x"].offset == (6.0,)  # of 0, 2, 10 and 12
    assert columns["left/x"].scale == pytest.approx((np.sqrt(26),))


def test_pairs_of_two_splits_of_the_data_are_left_out_and_counted():
    x = np.arange(9, dtype=np.float64)[:, None]
    splits = [name for name in data.SPLITS for _ in range(3)]
    keys = [bytes([i]) for i in range(9)]
    items = Contents({"x": vector(1)}, Rows({"x": x}), None, keys, splits, splits)
    pairs = listed.from_array(np.array([[0, 1, 1], [3, 4, 0], [6, 8, 1], [2, 3, 1]]), 9, "pairs")
    found = listed.of_items(items, pairs, Options("x"))
    assert list(found.given) == ["train", "validation", "test", ""]
    assert found.notes == ["pairs left out, as their two are in different splits: 1 of 4"]
    dataset = own.dataset(found, Options("x", scaling="none"))
    assert [len(dataset.open(split)) for split in data.SPLITS] == [1, 1, 1]
