"""A person's data as a data set: scales from the training split alone, splits as they are given."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprlearn import columns, data
from reprlearn.columns import from_model, to_model
from reprlearn.data import own
from reprlearn.data.dataset import Contents, Part, Rows
from reprlearn.data.options import Options
from reprlearn.errors import UsageError


def contents(x, labels=None, names=(), given=None):
    x = np.asarray(x, np.float64)
    roles, arrays = {"x": columns.vector(x.shape[1], dtype="float64")}, {"x": x}
    if labels is not None:
        roles["y"], arrays["y"] = columns.classes(names), np.array(labels, np.int32)
    keys = [row.tobytes() for row in x]
    return Contents(
        roles, Rows(arrays), arrays.get("y"), keys, [f"row {i}" for i in range(len(x))], given
    )


def fitted(x, way, train=None):
    train = np.arange(len(x)) if train is None else np.array(train)
    rows = Rows({"x": np.asarray(x, np.float64)})
    may_miss = bool(np.isnan(np.asarray(x)).any())
    return own.scaling(rows, train, columns.vector(len(x[0])), way, may_miss=may_miss)


def test_scales_are_of_the_training_examples():
    x = [[1, 10], [3, 10], [8, 40], [-100, 1e6]]
    column = fitted(x, "standard", [0, 1, 2])
    assert column.offset == (4.0, 20.0)
    np.testing.assert_allclose(column.scale, [np.sqrt(26 / 3), np.sqrt(200)])
    column = fitted(x, "minmax", [2, 0, 1])
    assert (column.offset, column.scale) == ((1.0, 10.0), (7.0, 30.0))
    assert to_model(column, np.array([[8.0, 25.0]])).tolist() == [[1.0, 0.5]]
    column = fitted(x, "none")
    assert (column.offset, column.scale, column.fill) == ((), (), ())


@pytest.mark.parametrize("way", ["standard", "minmax"])
def test_a_constant_field_is_zero_and_a_missing_value_is_the_training_mean(way):
    x = np.array([[0.1, 1.0, np.nan], [0.1, np.nan, np.nan], [0.1, 4.0, np.nan], [7.0, 9.0, 2.0]])
    column = fitted(x, way, [0, 1, 2])
    assert (column.offset[0], column.scale[0]) == (0.1, 1.0)
    assert column.fill[1] == 2.5
    assert (column.offset[2], column.scale[2]) == (0.0, 1.0)  # no training example has a value
    seen = to_model(column, x)
    assert seen[:3, 0].tolist() == [0, 0, 0]
    middle = {"standard": 0.0, "minmax": 0.5}[way]
    assert seen[1, 1] == pytest.approx(middle)
    assert np.isfinite(seen).all()


def test_missing_values_without_scaling_become_the_mean():
    column = fitted([[1.0, 5.0], [np.nan, 5.0], [4.0, 5.0]], "none")
    assert column.fill == (2.5, 5.0)
    assert to_model(column, np.array([[np.nan, 1.0]])).tolist() == [[2.5, 1.0]]
    assert fitted([[np.nan], [3.0], [np.nan]], "none").fill == (3.0,)


@given(
    st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=20),
    st.sampled_from(["standard", "minmax", "none"]),
)
def test_what_a_model_sees_comes_back_in_a_persons_units(values, way):
    x = np.array(values)[:, None]
    column = fitted(x, way)
    seen = to_model(column, x)
    assert seen.dtype == np.float32
    spread = np.ptp(x) if way != "none" else np.abs(x).max()
    np.testing.assert_allclose(from_model(column, seen), x, rtol=1e-6, atol=1e-6 * spread + 1e-37)
    if way == "minmax":
        assert seen.min() >= 0 and seen.max() <= 1 + 1e-6
    if way == "standard" and np.ptp(x) > 1e-9 * np.abs(x).max():
        assert abs(seen.mean()) < 1e-3


def test_large_blocks_and_small_ones_give_the_same_scales(monkeypatch):
    x = np.random.default_rng(0).normal(1e9, 1.0, (50, 3))
    whole = fitted(x, "standard")
    monkeypatch.setattr(own, "BLOCK", 7)
    np.testing.assert_allclose(fitted(x, "standard").scale, whole.scale, rtol=1e-9)
    np.testing.assert_allclose(whole.scale, x.std(axis=0), rtol=1e-9)


def test_whether_all_lies_in_the_unit_interval():
    x = np.linspace(0, 1, 40)[:, None]
    assert own.dataset(contents(x), Options("a", scaling="none")).columns["x"].unit
    for outside in (x - 0.1, 1.5 * x):
        assert not own.dataset(contents(outside), Options("a", scaling="none")).columns["x"].unit
    assert not own.dataset(contents(x), Options("a")).columns["x"].unit
    # Scaled to [0, 1] by the training split, another split may leave it.
    minmax = own.dataset(contents(x), Options("a", scaling="minmax"))
    parts = [data.whole(minmax.open(split))["x"] for split in data.SPLITS]
    seen = [to_model(minmax.columns["x"], x) for x in parts]
    assert minmax.columns["x"].unit == all(s.min() >= 0 and s.max() <= 1 for s in seen)


GIVEN = ["train"] * 20 + ["validation"] * 4 + ["test"] * 6


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (GIVEN, (20, 4, 6)),
        (["train"] * 24 + ["test"] * 6, (None, None, 6)),
        (["train"] * 26 + ["validation"] * 4, (None, None, 4)),  # the final test
        (["train"] * 30, None),
    ],
)
def test_splits_that_the_data_bring(given, sizes):
    x = np.arange(60.0).reshape(30, 2)
    if sizes is None:
        with pytest.raises(UsageError, match="without examples for the test split"):
            own.dataset(contents(x, given=given), Options("a"))
        return
    found = own.dataset(contents(x, given=given), Options("a"))
    names = {split: found.names(split) for split in data.SPLITS}
    assert sorted(name for part in names.values() for name in part) == sorted(
        f"row {i}" for i in range(30)
    )
    assert all(names.values())
    for split, size in zip(data.SPLITS, sizes, strict=True):
        assert size in (None, len(names[split]))
        assert len(found.open(split)) == len(names[split])
    assert found.names("all") == [f"row {i}" for i in range(30)]
    assert found.open("all").read(range(30))["x"].tolist() == x.tolist()


def test_a_part_for_a_quick_try_and_a_seed_of_its_own():
    x = np.arange(400.0).reshape(200, 2)
    small = own.dataset(contents(x), Options("a", max_examples=50))
    assert sum(len(small.open(split)) for split in data.SPLITS) == 50
    whole = own.dataset(contents(x), Options("a"))
    for split in data.SPLITS:
        assert set(small.names(split)) < set(whole.names(split))
    other = own.dataset(contents(x), Options("a", split_seed=1))
    assert set(other.names("test")) != set(whole.names("test"))


def test_the_first_examples_of_a_sorted_set_are_of_all_classes():
    labels = np.repeat([0, 1, 2], 100)
    found = own.dataset(contents(np.arange(600.0).reshape(300, 2), labels, "abc"), Options("a"))
    for split in data.SPLITS:
        assert set(found.open(split).read(range(12))["y"]) == {0, 1, 2}


def test_a_run_keeps_its_scales_and_its_class_numbers():
    x = np.arange(60.0).reshape(30, 2)
    found = own.dataset(contents(x, np.arange(30) % 3, "abc"), Options("a"))
    later = contents(x[:2] + 50, [1, -1], ("c", "a"))
    again = own.dataset(later, Options("b"), found.columns)
    assert again.columns == found.columns
    assert again.open("all").read(range(2))["y"].tolist() == [0, -1]
    later = contents(x[:2], [0, 1], ("c", "z"))
    with pytest.raises(UsageError, match="the classes z, which the run does not know; it knows a"):
        own.dataset(later, Options("b"), found.columns)
    with pytest.raises(UsageError, match=r"b has vectors of shape \(3,\); the run takes vectors"):
        own.dataset(contents(np.zeros((4, 3))), Options("b"), found.columns)


def test_unlabelled_examples_are_known_before_anything_is_read():
    labels = np.arange(30) % 3 - 1
    found = own.dataset(contents(np.arange(60.0).reshape(30, 2), labels, "ab"), Options("a"))
    assert any("10 examples have no label" in note for note in found.notes)
    part = found.open("train")
    known = part.where(part.labels >= 0)
    assert set(known.read(range(len(known)))["y"]) == {0, 1}
    assert len(pickle.loads(pickle.dumps(known))) == len(known)


def test_a_digest_is_of_the_training_split_alone():
    x = np.arange(60.0).reshape(30, 2)
    digests = []
    for place in (None, 0, 22, 29):
        changed = x.copy()
        if place is not None:
            changed[place] += 1
        digests.append(own.dataset(contents(changed, given=GIVEN), Options("a")).fingerprint())
    assert digests[0] == digests[2] == digests[3] != digests[1]
    assert digests[0]["examples"] == 20
    # Read in the order of the file, whatever the order of the split.
    ordered, turned = (own.digest(Part(Rows({"x": x}), np.array(o))) for o in ([0, 1], [1, 0]))
    assert ordered == turned != own.digest(Part(Rows({"x": x}), np.array([0, 2])))


def test_a_value_may_be_missing_where_no_training_example_misses_one():
    x = np.arange(60.0).reshape(30, 2)
    x[29, 0] = np.nan
    found = own.dataset(contents(x, given=GIVEN), Options("a", missing="mean", scaling="minmax"))
    assert found.columns["x"].fill == (19.0, 20.0)
    assert to_model(found.columns["x"], x)[29, 0] == np.float32(0.5)


def test_what_float32_or_float64_cannot_hold_is_refused():
    x = np.arange(60.0).reshape(30, 2)
    x[3, 1] = 1e300
    with pytest.raises(UsageError, match="vectors as the model sees them hold inf"):
        own.dataset(contents(x), Options("a", scaling="none"))
    with pytest.raises(UsageError, match="vectors as the model sees them hold"):
        own.dataset(contents(x, given=["test", *GIVEN[1:3], "test", *GIVEN[4:]]), Options("a"))
    x[[3, 4], 1] = 1.5e308, -1.5e308
    with pytest.raises(UsageError, match=r"field 1 ranges from -1.5e\+308 to 1.5e\+308; allowed"):
        own.dataset(contents(x, given=GIVEN), Options("a"))


@pytest.mark.parametrize(
    ("fields", "given", "message"),
    [
        (
            {"split": (50, 25, 25)},
            GIVEN,
            r"data\.split is \(50, 25, 25\); allowed where the data b",
        ),
        ({"scaling": "none"}, None, "data.scaling is 'none'; allowed on images: 'standard'"),
    ],
)
def test_a_field_that_these_data_do_not_use_is_refused(fields, given, message):
    found = contents(np.arange(60.0).reshape(30, 2), given=given)
    if given is None:
        found = found._replace(columns={"x": columns.image((1, 2, 1))})
    with pytest.raises(UsageError, match=message):
        own.dataset(found, dataclasses.replace(Options("a"), **fields))


def test_the_mark_of_an_unlabelled_example_stays_one_in_later_data():
    like = {"x": columns.vector(2, dtype="float64"), "y": columns.classes(("0", "1"))}
    later = contents(np.zeros((3, 2)), [0, 1, 1], ("-1", "1"))
    found = own.dataset(later, Options("b"), like)
    assert found.open("all").read(range(3))["y"].tolist() == [-1, 1, 1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scaling": "std"}, r"data\.scaling is 'std'"),
        ({"max_examples": -1}, r"data\.max_examples is -1"),
        ({"split_seed": -1}, r"data\.split_seed is -1"),
        ({"split": (1, 2)}, r"data\.split is \(1, 2\)"),
    ],
)
def test_fields_are_checked(fields, message):
    with pytest.raises(UsageError, match=message):
        own.dataset(contents(np.zeros((9, 2))), dataclasses.replace(Options("a"), **fields))
