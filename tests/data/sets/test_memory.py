"""Arrays in memory as data sets: one, two, or those of splits, and what else may come."""

import numpy as np
import pytest
from conftest import refusal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small import IMAGES, LABELS, VECTORS, all_of

from reprlearn.data.sets import arrays
from reprlearn.errors import UsageError


@pytest.mark.parametrize(
    ("data", "given_parts"),
    [
        (VECTORS, None),
        (VECTORS.tolist(), None),
        ((VECTORS, LABELS), None),
        ((VECTORS, None), None),
        ({"x": VECTORS, "y": LABELS}, None),
        ({"x_train": VECTORS[:5], "x_test": VECTORS[5:]}, ["train"] * 5 + ["test"]),
        ({"train": VECTORS[:5], "test": VECTORS[5:]}, ["train"] * 5 + ["test"]),
        (
            {"test": (VECTORS[5:], LABELS[5:]), "train": {"x": VECTORS[:4], "y": LABELS[:4]},
             "val": (VECTORS[4:5], LABELS[4:5])},
            ["train"] * 4 + ["validation", "test"],
        ),
    ],
)  # fmt: skip
def test_arrays_in_memory(data, given_parts):
    found = arrays.from_memory(data)
    assert all_of(found)["x"].tolist() == VECTORS.tolist()
    assert found.given == given_parts
    assert found.labels is None or found.labels.tolist() == [1, 0, 1, 1, 2, 0]
    assert (found.labels is None) == ("y" not in found.columns)


@pytest.mark.parametrize("x", [VECTORS, IMAGES, IMAGES[..., None], IMAGES / np.float32(255)])
def test_a_callers_arrays_are_neither_kept_nor_changed(x):
    mine, before = x.copy(), x.copy()
    y = LABELS.astype(np.int32)
    found = arrays.from_memory((mine, y))
    held = found.examples.arrays
    assert not np.shares_memory(held["x"], mine)
    assert not np.shares_memory(held["y"], y)
    assert (mine == before).all()
    mine[:] = 0
    y[:] = 9
    again = arrays.from_memory((before, LABELS)).examples.arrays
    for role in held:
        np.testing.assert_array_equal(held[role], again[role])
    assert held["x"].any()
    assert found.labels.tolist() == [1, 0, 1, 1, 2, 0]


def test_labels_that_say_nothing_are_no_labels():
    found = arrays.from_memory((VECTORS, [-1] * 6))
    assert found.labels is None
    assert "y" not in found.columns
    assert found.notes == ("no label is known: the data have no classes",)


def test_labels_of_all_splits_are_numbered_together():
    data = {"train": (VECTORS[:4], list("bdbd")), "test": (VECTORS[4:], ["c", ""])}
    found = arrays.from_memory(data)
    assert found.columns["y"].names == ("b", "c", "d")
    assert found.labels.tolist() == [0, 2, 0, 2, 1, -1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((VECTORS, LABELS, LABELS), "data is a tuple of 3; allowed: x, or (x, y)"),
        ([[1.0], [2.0, 3.0]], "data: x: cannot read it: setting an array element"),
        ("faces", "data is 'faces'; allowed: arrays; a path goes into data.name"),
        ({}, "data: no array is known as examples; it has nothing"),
        ({"train": VECTORS, "rest": VECTORS}, "data: no array is known as examples"),
        ({"test": VECTORS}, "data: test: x without training examples"),
        ({"train": {"y": LABELS}}, "data: train: y has no examples beside it"),
        ({"train": (VECTORS,)}, "data: train is a tuple of 1"),
        (
            {"train": {"x_train": VECTORS}},
            "data: train has splits of its own; allowed: x, or (x, y)",
        ),
        ({"val": VECTORS, "valid": VECTORS}, "data: valid is a second validation split; allowed"),
        ({3: VECTORS}, "data: no array is known as examples; it has 3;"),
        (np.ma.masked_less(VECTORS, 1), "data: x has masked values; allowed: all values present"),
    ],
)
def test_other_objects_are_refused(data, message):
    assert refusal(arrays.from_memory, data).startswith(message)


values = st.one_of(hnp.scalar_dtypes(), st.sampled_from(["O", "<U3", "i4,f4"]).map(np.dtype))
shapes = st.sampled_from([(6, 2), (6, 5, 4), (6, 5, 4, 3), (6,), (0, 2), ()]) | hnp.array_shapes()


@given(st.data())
def test_anything_is_a_data_set_or_is_refused_in_one_line(data):
    def draw(shape):
        dtype = data.draw(values)
        return np.empty(shape, "O") if dtype.hasobject else data.draw(hnp.arrays(dtype, shape))

    x = draw(data.draw(shapes))
    y = draw(x.shape[:1] if data.draw(st.booleans()) else data.draw(shapes))
    try:
        found = arrays.from_memory((x, y))
    except UsageError as error:
        assert "\n" not in str(error)
        return
    held = all_of(found)
    assert len(found.keys) == len(found.names) == len(x)
    assert held["x"].shape == (len(x), *found.columns["x"].shape)
    assert held["x"].dtype == found.columns["x"].dtype
    assert np.isfinite(held["x"]).all()
    if "y" in found.columns:
        assert set(held["y"].tolist()) - {-1} == set(range(len(found.columns["y"].names)))
