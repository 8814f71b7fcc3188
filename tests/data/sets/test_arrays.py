"""Array files as data sets: .npy and .npz, damaged ones, and paths that are none."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from conftest import refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import IMAGES, LABELS, VECTORS, all_of, save

from reprlearn import columns
from reprlearn.data.layouts import Mapped
from reprlearn.data.sets import arrays
from reprlearn.errors import UsageError


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a.npy", True), ("b/A.NPZ", True), ("a.npy.gz", False), ("npz", False), ("digits", False)],
)
def test_the_family_answers_by_suffix(name, answer):
    assert arrays.answers(name) == answer


def test_an_npy_file_holds_examples(tmp_path):
    np.save(tmp_path / "x.npy", VECTORS.astype(np.float32))
    found = arrays.contents(str(tmp_path / "x.npy"))
    assert found.columns == {"x": columns.vector(2, dtype="float64")}
    assert found.labels is None
    assert found.given is None
    assert found.notes == ()
    assert found.names == ["0", "1", "2", "3", "4", "5"]
    assert isinstance(found.examples.arrays["x"], Mapped)
    assert all_of(found)["x"].tolist() == VECTORS.tolist()
    there = pickle.loads(pickle.dumps(found.examples)).read([4, 1])
    assert there["x"].tolist() == VECTORS[[4, 1]].tolist()


def test_an_npy_file_is_found_again_from_another_folder(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", VECTORS)
    monkeypatch.chdir(tmp_path)
    found = arrays.contents("x.npy")
    monkeypatch.chdir("/")
    assert pickle.loads(pickle.dumps(found.examples)).read([0])["x"].tolist() == [[0.0, 0.125]]


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz_bytes(**named):
    file = io.BytesIO()
    np.savez_compressed(file, **named)
    return file.getvalue()


def zip_bytes(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npy", b"", ", which is empty; allowed: a file that NumPy saved"),
        ("a.npz", b"", ", which is empty"),
        ("a.npy", b"<html>not found</html>", ", whose content is something else; allowed"),
        ("a.npy", npz_bytes(x=IMAGES), ", whose content is something else"),
        ("a.npz", npy_bytes(IMAGES), ", whose content is something else"),
        ("a.npy", pickle.dumps([1, 2]), ", whose content is something else"),
        ("a.npy", npy_bytes(IMAGES)[:-7], ": cannot read it: it is cut off"),
        ("a.npy", npy_bytes(IMAGES)[:40], ": cannot read it"),
        ("a.npy", npy_bytes(np.array([{}])), ": cannot read it: it holds objects"),
        ("a.npz", npz_bytes(x=IMAGES)[:-30], ": cannot read it: it is damaged or cut off"),
        ("a.npz", zip_bytes(notes="a"), ", a zip file without arrays: it has notes; allowed: .npz"),
        ("a.npz", zip_bytes(), ", a zip file without arrays: it has nothing"),
        ("a.npz", zip_bytes(**{"x.npy": "no array"}), ": x is of |S8; allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_and_other_files_are_refused(tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    assert refusal(arrays.contents, name).startswith(f"data.name is {name!r}{message}")


def test_paths_that_are_no_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "faces.npz").touch()
    os.mkfifo(tmp_path / "pipe.npy")
    for path, message in (
        ("folder.npy", "data.name is 'folder.npy', which is no file; allowed: a .npy or .npz file"),
        ("pipe.npy", "data.name is 'pipe.npy', which is no file; allowed: a .npy or .npz file"),
        ("face.npz", "data.name is 'face.npz', no such file. Did you mean 'faces.npz'?"),
        ("zz.npy", "data.name is 'zz.npy', no such file."),
        ("no/x.npy", "data.name is 'no/x.npy': cannot read it: No such file or directory"),
        ("x" * 999 + ".npy", f"data.name is '{'x' * 999}.npy': cannot read it: File name too long"),
    ):
        assert refusal(arrays.contents, path) == message
    near = str(tmp_path / "face.npz")
    assert refusal(arrays.contents, near).endswith(f"Did you mean {str(tmp_path / 'faces.npz')!r}?")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    (tmp_path / "x.npy").chmod(0)
    assert refusal(arrays.contents, str(tmp_path / "x.npy")).endswith("Permission denied")


def test_permission_is_said_in_one_line(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", IMAGES)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(arrays.Path, "open", denied)
    message = refusal(arrays.contents, str(tmp_path / "x.npy"))
    assert message.endswith("x.npy': cannot read it: Permission denied")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([".npy", ".npz"]), st.integers(0, 2**16), st.binary(min_size=1, max_size=4))
def test_bytes_that_are_overwritten_are_harmless_or_refused(tmp_path, suffix, place, damage):
    whole = npy_bytes(IMAGES) if suffix == ".npy" else npz_bytes(x=IMAGES, y=LABELS)
    place %= len(whole)
    path = tmp_path / f"a{suffix}"
    path.write_bytes((whole[:place] + damage + whole[place + len(damage) :])[: len(whole)])
    try:
        found = arrays.contents(str(path))
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert len(all_of(found)["x"]) == len(found.keys)


def test_a_file_and_the_same_arrays_in_memory_are_one_data_set(tmp_path):
    named = {
        "x_train": IMAGES[:4],
        "y_train": LABELS[:4],
        "x_test": IMAGES[4:],
        "y_test": LABELS[4:],
    }
    file, memory = arrays.contents(save(tmp_path / "a.npz", **named)), arrays.from_memory(named)
    assert (file.keys, file.given) == (memory.keys, memory.given)
    for role, array in all_of(memory).items():
        np.testing.assert_array_equal(all_of(file)[role], array)
    np.save(tmp_path / "a.npy", IMAGES)
    found = arrays.contents(str(tmp_path / "a.npy"))
    np.testing.assert_array_equal(all_of(found)["x"], all_of(arrays.from_memory(IMAGES))["x"])
