"""The arrays of an .npz file are known by their names: examples, labels and splits."""

import numpy as np
import pytest
from small import IMAGES, LABELS, VECTORS, all_of, save

from reprlearn import columns
from reprlearn.data.sets import arrays
from reprlearn.errors import UsageError


@pytest.mark.parametrize(
    ("x", "y"),
    [("x", "y"), ("X", "Y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1"),
     ("features", "targets"), ("Inputs", "label"), ("image", "y")],
)  # fmt: skip
def test_the_arrays_of_an_npz_file_are_known_by_name(tmp_path, x, y):
    found = arrays.contents(save(tmp_path / "a.npz", **{x: IMAGES, y: LABELS}))
    assert found.columns == {"x": columns.image((5, 4, 1)), "y": columns.classes(("1", "3", "7"))}
    assert found.labels.tolist() == [1, 0, 1, 1, 2, 0]
    held = all_of(found)
    assert held["x"][..., 0].tolist() == IMAGES.tolist()
    assert held["y"].tolist() == found.labels.tolist()
    assert found.given is None
    assert len(set(found.keys)) == 6


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val"),
        ("X_train", "y_train", "X_test", "y_test", "X_valid", "y_valid"),
        ("train_images", "train_labels", "test_images", "test_labels", "val_images", "val_labels"),
        ("training_data", "training_label", "test_data", "test_label", "data_val", "val_label"),
    ],
)
def test_the_splits_of_a_file_are_known_by_name(tmp_path, names):
    parts = (IMAGES[:3], LABELS[:3], IMAGES[3:4], LABELS[3:4], IMAGES[4:], LABELS[4:])
    found = arrays.contents(save(tmp_path / "a.npz", **dict(zip(names, parts, strict=True))))
    assert found.given == ["train"] * 3 + ["validation"] * 2 + ["test"]
    assert found.labels.tolist() == [1, 0, 1, 2, 0, 1]
    assert all_of(found)["x"][..., 0].tolist() == IMAGES[[0, 1, 2, 4, 5, 3]].tolist()
    names = ["train/0", "train/1", "train/2", "validation/0", "validation/1", "test/0"]
    assert found.names == names


def test_what_is_not_used_is_told(tmp_path):
    found = arrays.contents(save(tmp_path / "a.npz", x=IMAGES, zeta=LABELS, ids=LABELS))
    assert found.notes == ("not used: ids, zeta",)
    assert found.labels is None


def test_notes_on_several_splits_are_told_once(tmp_path):
    x = IMAGES.reshape(2, 3, 5, 4)[:, :, :, [0, 1, 2, 3, 0]]
    found = arrays.contents(save(tmp_path / "a.npz", x_train=x, x_test=x))
    assert found.notes == ("(3, 5, 5) is read as channels first: stored as (5, 5, 3)",)
    assert found.keys[:2] == found.keys[2:]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"x": IMAGES, "X": IMAGES}, "x and X can both be x; it has x, X; allowed: examples"),
        ({"x": IMAGES, "y": LABELS, "label": LABELS}, "y and label can both be y; it has x, y"),
        ({"x_train": IMAGES, "images_train": IMAGES}, "x_train and images_train can both be x"),
        ({"faces": IMAGES}, "no array is known as examples; it has faces; allowed: .* x, images"),
        ({"y": LABELS}, "y has no examples beside it; it has y"),
        ({"x_train": IMAGES, "y_test": LABELS}, "y_test has no examples beside it"),
        ({"x": IMAGES, "x_test": IMAGES}, "x is there beside arrays of single splits"),
        ({"x_test": IMAGES}, "x_test without training examples"),
        ({"x": IMAGES, "y": LABELS[:4]}, r"x of shape \(6, 5, 4\) and .*y of shape \(4,\); allow"),
        ({"x": IMAGES, "y": 3}, r"y of shape \(\)"),
        (
            {"x_train": IMAGES, "x_test": IMAGES[:, :4]},
            r"x_train is uint8 \(6, 5, 4\), .*x_test is uint8 \(6, 4, 4\); allowed: the same",
        ),
        ({"x_train": IMAGES, "x_test": IMAGES / 255}, "x_test is float64 .*; allowed: the same"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES}, "only one has labels"),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS.astype(str)},
            "y_train and .*y_test have words and numbers",
        ),
        ({"x": VECTORS, "y": np.full(6, np.inf)}, "y has labels such as inf"),
        ({"x": np.array([{}])}, "x: cannot read it: it holds objects, which are pickles"),
    ],
)  # fmt: skip
def test_files_that_are_no_data_set_are_refused(tmp_path, monkeypatch, named, message):
    monkeypatch.chdir(tmp_path)
    save("a.npz", **named)
    with pytest.raises(UsageError, match=rf"^data\.name is 'a\.npz': .*{message}"):
        arrays.contents("a.npz")


def test_labels_of_fractions_are_numbers(tmp_path):
    found = arrays.contents(save(tmp_path / "a.npz", x=VECTORS, y=VECTORS[:, 1:2]))
    assert found.columns["v"] == columns.numeric() and "y" not in found.columns
    np.testing.assert_array_equal(found.examples.arrays["v"], VECTORS[:, 1])
    named = {"x_train": VECTORS, "y_train": VECTORS[:, 1], "x_test": VECTORS, "y_test": LABELS}
    found = arrays.contents(save(tmp_path / "b.npz", **named))
    np.testing.assert_array_equal(found.examples.arrays["v"][6:], LABELS)  # whole ones beside
    assert "are numbers, such as 0.125" in found.notes[-1]


def test_the_table_in_the_docstring_is_the_one_in_the_code():
    for names in arrays.ROLES.values():
        assert f"| {', '.join(names)} |" in arrays.__doc__
    for words in arrays.PARTS.values():
        assert all(word in arrays.__doc__ for word in words)
