"""Columns: what a model sees of a person's values, and what is said of those that do not fit."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import columns, roles
from reprlearn.columns import Column
from reprlearn.errors import UsageError
from reprlearn.roles import Takes

TABLE = columns.vector(2, ("a", "b"))._replace(offset=(10.0, 1.7e9), scale=(4.0, 0.5))


def test_a_column_goes_through_json_unchanged():
    for column in (TABLE, columns.image((3, 4, 1)), columns.classes(("x", "y"))):
        assert Column.from_json(json.loads(json.dumps(column.to_json()))) == column


def test_images_are_seen_in_the_unit_interval_by_numpy_and_by_jax():
    levels = np.arange(256, dtype=np.uint8)
    exact = (np.arange(256) / 255).astype(np.float32)
    np.testing.assert_array_equal(columns.unit_floats(levels), exact)
    # XLA multiplies by the reciprocal.
    np.testing.assert_allclose(columns.unit_floats(jnp.asarray(levels)), exact, rtol=2e-7)
    assert columns.unit_floats(exact) is exact
    assert columns.to_model(columns.image((1, 1, 1)), levels).dtype == np.float32


def test_vectors_are_scaled_in_float64_and_come_back():
    values = np.array([[14.0, 1.7e9 + 1], [8.0, 1.7e9 - 0.25]])
    seen = columns.to_model(TABLE, values)
    assert seen.dtype == np.float32
    assert seen.tolist() == [[1.0, 2.0], [-0.5, -0.5]]
    assert columns.from_model(TABLE, seen).tolist() == values.tolist()
    whole = columns.to_model(TABLE, np.array([[14, 1_700_000_001]]))
    assert whole.tolist() == [[1.0, 2.0]]
    plain = columns.vector(2)
    assert columns.from_model(plain, seen) is seen
    assert columns.to_model(plain, seen) is seen  # no copy of what is as a model sees it


def test_only_vectors_change_on_the_way_to_a_device():
    arrays = {
        "x": np.array([[14.0, 1.7e9]]),
        "y": np.array([1], np.int32),
        "other": np.array([[1.0, 2.0]]),
    }
    seen = columns.for_model(arrays, {"x": TABLE, "y": columns.classes("ab")})
    assert seen["x"].tolist() == [[1.0, 0.0]]
    assert seen["y"] is arrays["y"] and seen["other"] is arrays["other"]


def test_the_domain_of_what_is_encoded():
    assert roles.input_role({"x": 1, "y": 2}) == "x"
    assert roles.input_role({"source/x": 1, "target/x": 2}) == "source/x"
    assert roles.domain({"source/x": 1, "source/y": 2, "target/x": 3}, "source") == {
        "x": 1, "y": 2
    }  # fmt: skip
    assert Takes(("x", "y")).needs_labels and Takes(("source/y",)).needs_labels
    assert not Takes(("x", "target/x")).needs_labels


@pytest.mark.parametrize(
    ("have", "role", "message"),
    [
        (("x",), "y", "vae needs y, classes: .* data.label; .* sub-folder .*; the data have x$"),
        (
            ("x", "y"),
            "target/x",
            "needs a source and a target: set data.target; the data have x, y",
        ),
        (
            ("source/x", "target/x"),
            "x",
            "needs x, one data set: leave out data.target; the data have source/x",
        ),
    ],
)
def test_what_the_data_lack_is_told_with_what_to_do(have, role, message):
    with pytest.raises(UsageError, match=message):
        roles.need(dict.fromkeys(have, TABLE), role, "vae")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((4, 3)), r"vectors have shape \(4, 3\); the run takes \(N, 2\)"),
        (np.zeros(2), r"vectors have shape \(2,\)"),
        (np.array([["a", "b"]]), "vectors are <U1; allowed: numbers"),
        (np.array([[True, False]]), "vectors are bool; allowed: numbers"),
        (np.array([[1.0, np.nan]]), r"vectors hold nan at \(0, 1\)"),
        (np.array([[1e300, 1.0]]), r"vectors hold inf at \(0, 0\)"),
    ],
)
def test_vectors_that_do_not_fit(x, message):
    with pytest.raises(UsageError, match=message):
        columns.as_given(TABLE, x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 3, 2)), r"images have shape \(2, 3, 2\); the run takes \(N, 2, 2, 1\)"),
        (np.zeros((1, 2, 2, 1), np.int64), r"images are int64; allowed: uint8, or floats in \[0"),
        (np.full((1, 2, 2, 1), 1.5), "images range from 1.5 to 1.5"),
        (np.full((1, 2, 2, 1), -0.5), "images range from -0.5"),
        (np.full((1, 2, 2, 1), np.nan), "images range from nan"),
    ],
)
def test_images_that_do_not_fit(x, message):
    with pytest.raises(UsageError, match=message):
        columns.as_given(columns.image((2, 2, 1)), x)


def test_images_that_fit():
    image = columns.image((2, 2, 1))
    assert columns.as_given(image, np.full((1, 2, 2, 1), 255, np.uint8)).max() == 1.0
    assert columns.as_given(image, np.ones((1, 2, 2, 1), np.float64)).dtype == np.float32
    assert columns.as_given(image, np.full((1, 2, 2, 1), 0.5)).min() == 0.5
    assert columns.as_given(image, np.zeros((0, 2, 2, 1))).shape == (0, 2, 2, 1)
    assert columns.as_given(image, np.zeros((5, 2, 2))).shape == (5, 2, 2, 1)  # without channels


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((0, 2))}, "the test split has no examples; allowed: at least one"),
        ({"x": np.zeros((3, 4))}, r"of shape \(4,\); the run was trained on \(2,\)"),
        ({"x": np.full((3, 2), np.inf)}, r"the test split: x hold inf at \(0, 0\)"),
    ],
)
def test_splits_that_do_not_fit(arrays, message):
    with pytest.raises(UsageError, match=message):
        columns.check_arrays(arrays, {"x": TABLE}, "the test split")
    columns.check_arrays({"x": np.zeros((3, 2)), "more": np.zeros(3)}, {"x": TABLE}, "a")
