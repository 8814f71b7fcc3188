"""Codes and reconstructions in files: what is written, and what is refused before it is."""

import csv

import numpy as np
import pytest
from conftest import tiny
from PIL import Image

from reprlearn import encode, experiment
from reprlearn.data import opening
from reprlearn.errors import StorageError, UsageError


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A run on the digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        return experiment.train(tiny("vae.py"), tmp_path_factory.mktemp("images") / "run")


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """A run on forty rows of three numbers, the classes of which are known of thirty."""
    x, y = np.random.default_rng(0).normal(50.0, 9.0, (40, 3)), np.arange(40) % 4 - 1
    config = tiny("vae.py", data__batch_size=10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        folder = tmp_path_factory.mktemp("vectors")
        np.savez(folder / "x.npz", x=x, y=y)
        config.data.name = str(folder / "x.npz")
        return experiment.train(config, folder / "run")


def written(run, out, *flags):
    encode.main(["encode", f"--workdir={run.workdir}", f"--out={out}", *flags])
    return out


def test_a_named_set_is_encoded_by_its_test_split_or_another(images, digits, tmp_path, capsys):
    codes = np.load(written(images, tmp_path / "codes.npz"))
    np.testing.assert_array_equal(codes["z"], images.encode(digits["x"]))
    np.testing.assert_array_equal(codes["y"], digits["y"])
    assert codes["name"].tolist() == [str(i) for i in range(355)]
    assert capsys.readouterr().out == f"{tmp_path}/codes.npz: 355 examples\n"
    codes = np.load(written(images, tmp_path / "codes.npz", "--split=validation"))
    assert len(codes["z"]) == 144
    with pytest.raises(UsageError, match=r"split is 'all'\. Choices: train, validation, test$"):
        images.encode_dataset(split="all")


def test_a_table_of_codes_and_of_reconstructions(vectors, tmp_path):
    with written(vectors, tmp_path / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    whole = vectors.encode_dataset()
    assert [row["name"] for row in rows] == [str(i) for i in range(40)]
    assert [row["y"] for row in rows[:4]] == ["", "0", "1", "2"]
    z = np.array([[row["z_1"], row["z_2"]] for row in rows], np.float32)
    np.testing.assert_array_equal(z, whole["z"])
    back = written(vectors, tmp_path / "back.csv", "--function=reconstruct")
    with back.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "y", "x_1", "x_2", "x_3"]
    values = np.array([[row[f"x_{i}"] for i in (1, 2, 3)] for row in rows], np.float64)
    assert 20 < values.mean() < 80  # in a person's units
    arrays = np.load(written(vectors, tmp_path / "back.npz", "--function=reconstruct"))
    np.testing.assert_allclose(arrays["x"], values)


def test_a_set_that_is_read_in_parts_is_whole(vectors, monkeypatch):
    whole = vectors.encode_dataset()
    monkeypatch.setattr(opening, "AT_ONCE", 7)
    parts = list(vectors.parts("encode"))
    assert [len(part["z"]) for part in parts] == [7, 7, 7, 7, 7, 5]
    for role, array in vectors.encode_dataset().items():
        np.testing.assert_array_equal(array, whole[role])


def test_arrays_and_few_of_them(vectors):
    x = np.full((2, 3), 50.0)
    found = vectors.encode_dataset(x)
    np.testing.assert_array_equal(found["z"], vectors.encode(x))
    assert "y" not in found
    found = vectors.encode_dataset((x, np.array([2, 0])))
    assert found["y"].tolist() == [2, 0]
    with pytest.raises(UsageError, match=r"vectors of shape \(4,\); the run takes vectors of"):
        vectors.encode_dataset(np.zeros((2, 4)))
    with pytest.raises(UsageError, match="classes 7, which the run does not know"):
        vectors.encode_dataset((x, np.array([7, 0])))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--workdir is missing"),
        (["--workdir=a"], "--out is missing"),
        (["--workdir=a", "--out=codes"], "--out is 'codes'; allowed: a .npz or .csv file, or a f"),
        (["--workdir=a", "--out=no/codes.npz"], "there is no folder 'no'"),
        (["--workdir=a", "--out=tests/"], "'tests/', which is not empty; name another$"),
        (["--workdir=a", "--out=a.csv"], r"'a'.* which is not a run|not a run"),
        (
            ["--workdir=a", "--out=a.csv", "--function=decode"],
            "Choices: encode, reconstruct",
        ),
        (["--workdir=a", "--out=a.csv", "--splitt=test"], "Did you mean 'split'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_computed(flags, message):
    with pytest.raises(UsageError, match=message):
        encode.main(["encode", *flags])


def test_what_cannot_be_written_so_is_refused(images, vectors, tmp_path):
    with pytest.raises(UsageError, match=r"allowed for images: \.npz, or a folder/"):
        written(images, tmp_path / "a.csv", "--function=reconstruct")
    with pytest.raises(UsageError, match=r"allowed with what is not images: \.npz, \.csv"):
        written(vectors, f"{tmp_path}/a/", "--function=reconstruct")
    with pytest.raises(UsageError, match=r"allowed with what is not images"):
        written(images, f"{tmp_path}/a/")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(UsageError, match="which is there as something else"):
        written(vectors, tmp_path / "b.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["b.csv"]


def test_images_go_into_a_folder_that_holds_nothing_else(images, tmp_path):
    folder = tmp_path / "back"
    folder.mkdir()
    written(images, f"{folder}/", "--function=reconstruct", "--split=validation")
    with Image.open(folder / "143.png") as image:
        pixels = np.asarray(image)
    expected = next(images.parts("reconstruct", split="validation"))["x"][143, ..., 0]
    np.testing.assert_array_equal(pixels, np.rint(255 * expected))
    assert len(list(folder.iterdir())) == 144
    with pytest.raises(UsageError, match=r"back/', which is not empty; name another$"):
        written(images, f"{folder}/", "--function=reconstruct")
    assert [path.name for path in tmp_path.iterdir()] == ["back"]


def test_a_write_that_fails_leaves_nothing(images, vectors, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(StorageError, match=r"cannot write .*codes\.npz: No space left"):
        written(vectors, tmp_path / "codes.npz")
    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(StorageError, match=r"cannot write .*back: No space left"):
        written(images, f"{tmp_path}/back/", "--function=reconstruct")
    assert not list(tmp_path.iterdir())
