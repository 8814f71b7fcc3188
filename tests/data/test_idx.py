"""The idx family: real files in small, and every way in which they can be wrong."""

import gzip
import hashlib
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from reprlearn import data
from reprlearn.data import idx
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_family(folder, name, *, zipped=True, count=20):
    """The four files of a set with `count` and `count / 2` images; returns them by split."""
    source, arrays = idx.SOURCES[name], {}
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for split, size in (("train", count), ("test", count // 2)):
        images = rng.integers(0, 256, (size, 28, 28), dtype=np.uint8)
        labels = np.arange(size) % len(source.classes) + source.first_label
        arrays[split] = images, labels
        for file, array in zip(idx.file_names(source, split), (images, labels), strict=True):
            raw = idx_bytes(array)
            path = folder / (f"{file}.gz" if zipped else file)
            path.write_bytes(gzip.compress(raw) if zipped else raw)
    return arrays


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", ["mnist", "kmnist"])
def test_files_in_manual_dir_become_a_set(tmp_path, name, zipped):
    arrays = write_family(tmp_path / "files", name, zipped=zipped)
    where = {"data_dir": str(tmp_path / "data"), "manual_dir": str(tmp_path / "files")}
    test = data.load(name, "test", **where)
    assert np.array_equal(test["x"][..., 0], arrays["test"][0])
    assert test["y"].tolist() == list(range(10))
    train, validation = data.load(name, "train", **where), data.load(name, "validation", **where)
    both = np.concatenate([train["x"], validation["x"]])
    assert np.array_equal(both[..., 0], arrays["train"][0])
    assert len(validation["x"]) == 2


def test_a_prepared_set_needs_its_files_no_more(tmp_path):
    write_family(tmp_path / "files", "mnist")
    where = {"data_dir": str(tmp_path / "data")}
    first = data.load("mnist", "test", manual_dir=str(tmp_path / "files"), **where)
    again = data.load("mnist", "test", **where)
    assert np.array_equal(first["x"], again["x"])


def test_other_files_than_the_prepared_ones_are_refused(tmp_path):
    write_family(tmp_path / "files", "mnist")
    write_family(tmp_path / "others", "mnist", count=30)
    where = {"data_dir": str(tmp_path / "data")}
    data.load("mnist", "test", manual_dir=str(tmp_path / "files"), **where)
    data.load("mnist", "test", manual_dir=str(tmp_path / "files"), **where)
    with pytest.raises(UsageError, match="holds the set of other files"):
        data.load("mnist", "test", manual_dir=str(tmp_path / "others"), **where)


def test_emnist_letters_are_turned_and_counted_from_zero(tmp_path):
    arrays = write_family(tmp_path / "files", "emnist-letters", count=52)
    where = {"data_dir": str(tmp_path / "data"), "manual_dir": str(tmp_path / "files")}
    test = data.load("emnist-letters", "test", **where)
    assert np.array_equal(test["x"][..., 0], arrays["test"][0].swapaxes(1, 2))
    assert test["y"].tolist() == list(range(26))
    columns = data.open_dataset(Options("emnist-letters", data_dir=where["data_dir"])).columns
    assert columns["y"].names[25] == "z"


def break_folder(folder, how):
    images = folder / "train-images-idx3-ubyte.gz"
    labels = folder / "train-labels-idx1-ubyte.gz"
    if how == "missing":
        labels.unlink()
    elif how == "not gzip":
        images.write_bytes(b"not gzip at all")
    elif how == "cut gzip":
        images.write_bytes(images.read_bytes()[:-20])
    elif how == "cut idx":
        images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes())[:-5]))
    elif how == "not idx":
        images.write_bytes(gzip.compress(b"<html>not found</html>"))
    elif how == "too few labels":
        labels.write_bytes(gzip.compress(idx_bytes(np.zeros(3))))
    elif how == "corrupt gzip":
        raw = bytearray(images.read_bytes())
        raw[40:80] = bytes(40)
        images.write_bytes(raw)
    elif how == "small images":
        images.write_bytes(gzip.compress(idx_bytes(np.zeros((20, 20, 20)))))
    elif how == "no images":
        images.write_bytes(gzip.compress(idx_bytes(np.zeros((0, 28, 28)))))
        labels.write_bytes(gzip.compress(idx_bytes(np.zeros(0))))
    elif how == "other labels":
        labels.write_bytes(gzip.compress(idx_bytes(np.full(20, 17))))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", r"lacks train-labels-idx1-ubyte\.gz"),
        ("not gzip", r"cannot read .*train-images"),
        ("cut gzip", r"cannot read .*train-images"),
        ("cut idx", r"cut off"),
        ("not idx", r"not an idx file"),
        ("too few labels", r"do not belong together"),
        ("corrupt gzip", r"cannot read .*train-images"),
        ("small images", r"not \(N, 28, 28\)"),
        ("no images", r"not \(N, 28, 28\)"),
        ("other labels", r"labels of another set"),
    ],
)
def test_broken_files_are_named_and_nothing_is_written(tmp_path, how, message):
    write_family(tmp_path / "files", "mnist")
    break_folder(tmp_path / "files", how)
    with pytest.raises(UsageError, match=message):
        data.load(
            "mnist", "train", data_dir=str(tmp_path / "data"), manual_dir=str(tmp_path / "files")
        )
    assert not list((tmp_path / "data").rglob("*.array_record*"))


def test_manual_dir_must_be_a_folder_with_something_in_it(tmp_path):
    for folder, message in (("nowhere", "No such file"), ("empty", "is empty"), ("file", "Not a")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match=message):
            data.load("mnist", "train", manual_dir=str(tmp_path / folder))


def test_a_download_is_checked_against_its_sha256(tmp_path, monkeypatch):
    """Through file:// URLs: the code that downloads, without a network."""
    write_family(tmp_path / "upstream", "mnist")
    url = (tmp_path / "upstream").as_uri() + "/"
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.rglob("*.gz")}
    source = idx.SOURCES["mnist"]._replace(url=url, sha256=files)
    monkeypatch.setitem(idx.SOURCES, "mnist", source)
    assert len(data.load("mnist", "test", data_dir=str(tmp_path / "data"))["y"]) == 10

    (tmp_path / "upstream" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"tampered")
    with pytest.raises(UsageError, match=r"has sha256 .* expected"):
        data.load("mnist", "test", data_dir=str(tmp_path / "other"))
    assert not list((tmp_path / "other").rglob("*.part"))


def test_an_archive_is_unpacked(tmp_path, monkeypatch):
    write_family(tmp_path / "files", "emnist-letters")
    archive = tmp_path / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in (tmp_path / "files").iterdir():
            zipped.write(path, f"gzip/{path.name}")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    source = idx.SOURCES["emnist-letters"]._replace(
        url=archive.as_uri(), sha256={"gzip.zip": digest}
    )
    monkeypatch.setitem(idx.SOURCES, "emnist-letters", source)
    assert len(data.load("emnist-letters", "test", data_dir=str(tmp_path / "data"))["y"]) == 10


def test_without_a_network_the_way_out_is_named(tmp_path, monkeypatch):
    source = idx.SOURCES["kmnist"]._replace(url=(tmp_path / "nowhere").as_uri() + "/")
    monkeypatch.setitem(idx.SOURCES, "kmnist", source)
    with pytest.raises(UsageError, match=r"cannot download .*--config\.data\.manual_dir"):
        data.load("kmnist", "train", data_dir=str(tmp_path / "data"))


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_debian_fashion_mnist_is_found_and_whole(tmp_path):
    folder = idx.find("fashion_mnist", None, tmp_path)
    assert folder == DEBIAN
    for split, size in (("train", 60_000), ("test", 10_000)):
        images, labels = idx.read(folder, idx.SOURCES["fashion_mnist"], split)
        assert images.shape == (size, 28, 28, 1)
        assert np.bincount(labels).tolist() == [size // 10] * 10
