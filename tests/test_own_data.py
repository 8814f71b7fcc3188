"""A person's own data, from one command to codes in a file: folders, tables and arrays."""

import csv
import os

import numpy as np
import pytest
from conftest import command, labelled_images, tiny
from photos import photographs
from PIL import Image

import reprlearn
from reprlearn import experiment
from reprlearn.data import stream
from reprlearn.errors import UsageError

FLOWERS = ("rose", "tulip", "violet")


def measurements(path, count=60):
    """A table of two numbers of very different size, a word, and the species."""
    rng = np.random.default_rng(1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["length", "time", "colour", "species"])
        for i in range(count):
            kind = i % 3
            time = 1.7e9 + rng.normal() + kind
            writer.writerow([rng.normal(kind), repr(time), ("red", "blue")[i % 2], FLOWERS[kind]])
    return path


def train(name, workdir, file="vae.py", **fields):
    return experiment.train(tiny(file, data__name=str(name), **fields), workdir)


SMALL = [
    "--config.data.batch_size=10",
    "--config.data.eval_batch_size=20",
    "--config.training.steps=4",
    "--config.model.latent_dim=2",
    "--config.model.encoder.widths=8",
]


def test_a_folder_a_table_and_an_array_from_the_command_line(tmp_path):
    photographs(tmp_path / "photos")
    measurements(tmp_path / "flowers.csv")
    x, y = labelled_images(count=240)
    np.savez(tmp_path / "faces.npz", images=x, labels=np.array(FLOWERS)[y])
    here = os.getcwd()
    commands = {
        "vae_conv_photos": ("vae_conv.py:photos/", []),
        "vae_flowers": ("vae.py:flowers.csv", ["--config.data.label=species"]),
        "siamese_faces": ("siamese.py:faces.npz", []),
    }
    drawn = {}
    for workdir, (config, fields) in commands.items():
        program = (f"{here}/train.py", f"--config={here}/configs/{config}")
        done = command(*program, *SMALL, *fields, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr
        drawn[workdir] = {path.stem for path in (tmp_path / "runs" / workdir).glob("figures/*")}
    assert {"reconstructions", "samples", "latent_map"} <= drawn["vae_conv_photos"]
    assert {"reconstructions", "latent_map"} <= drawn["vae_flowers"]
    assert {"roc", "distances", "latent_map"} <= drawn["siamese_faces"]

    photographs(tmp_path / "new", count=2, classes=("violet", "rose"))
    program = ("-m", "reprlearn.encode", "--workdir=runs/vae_conv_photos", "--data=new/")
    for out in ("codes.npz", "codes.csv"):
        done = command(*program, f"--out={out}", cwd=tmp_path, PYTHONPATH=here)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{out}: 4 examples\n"
    codes = np.load(tmp_path / "codes.npz")
    assert codes["name"].tolist() == [
        "rose/00.png",
        "rose/01.png",
        "violet/00.png",
        "violet/01.png",
    ]
    assert codes["y"].tolist() == [0, 0, 2, 2]  # as the run numbers them
    with (tmp_path / "codes.csv").open() as file:
        told = list(csv.DictReader(file))
    assert [row["y"] for row in told] == ["rose", "rose", "violet", "violet"]
    np.testing.assert_array_equal(
        np.array([[row["z_1"], row["z_2"]] for row in told], np.float32), codes["z"]
    )
    done = command(*program, "--function=reconstruct", "--out=back/", cwd=tmp_path, PYTHONPATH=here)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "back" / "violet" / "01.png") as image:
        assert image.size == (12, 9)


def test_what_is_encoded_is_what_the_run_says_of_its_own_examples(tmp_path):
    run = train(measurements(tmp_path / "a.csv"), tmp_path / "run", data__label="species")
    assert run.column.names == ("length", "time", "colour=blue", "colour=red")
    again = reprlearn.restore(tmp_path / "run")
    whole = again.encode_dataset()
    assert whole["name"].tolist() == [str(i) for i in range(60)]
    x = np.concatenate([run.load(split)["x"] for split in ("train", "validation", "test")])
    y = np.concatenate([run.load(split)["y"] for split in ("train", "validation", "test")])
    names = [run.dataset.names(split) for split in ("train", "validation", "test")]
    order = np.argsort(np.concatenate(names).astype(int))
    np.testing.assert_array_equal(run.encode(x[order]), whole["z"])
    np.testing.assert_array_equal(y[order], whole["y"])
    # A time of 1.7e9 keeps what float32 would lose: a second is a deviation, not a rounding.
    seen = (x[:, 1] - run.column.offset[1]) / run.column.scale[1]
    assert 0.8 < seen.std() < 1.2
    back = run.reconstruct(x)
    assert np.abs(back[:, 1] - 1.7e9).max() < 20


def test_another_table_may_order_its_columns_otherwise_but_not_lack_one(tmp_path):
    table = measurements(tmp_path / "a.csv")
    run = train(table, tmp_path / "run", data__label="species")
    first = run.encode_dataset(table)
    with table.open() as file:
        rows_ = list(csv.DictReader(file))
    other = tmp_path / "b.csv"
    with other.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["extra", "colour", "time", "length"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row | {"extra": 1} for row in rows_)
    second = run.encode_dataset(other)
    np.testing.assert_array_equal(first["z"], second["z"])
    assert "y" not in second
    other.write_text("length,colour\n1,red\n")
    with pytest.raises(UsageError, match="lacks columns that the run learned from: time"):
        run.encode_dataset(other)
    other.write_text("length,time,colour\n1,2,green\n")
    with pytest.raises(UsageError, match="'green' in line 2; the run learned from text: blue, red"):
        run.encode_dataset(other)


def test_a_run_whose_data_have_moved(tmp_path):
    photos = photographs(tmp_path / "photos")
    run = train(photos, tmp_path / "run", data__batch_size=10)
    before = run.evaluate()
    photos.rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="no such folder"):
        reprlearn.restore(tmp_path / "run").evaluate()
    assert reprlearn.restore(tmp_path / "run", data=tmp_path / "elsewhere").evaluate() == before
    moved = f"--data={tmp_path / 'elsewhere'}"
    done = command("-m", "reprlearn.evaluate", f"--workdir={tmp_path / 'run'}", moved)
    assert done.returncode == 0, done.stderr
    assert f"{before['elbo']:,.4f}" in done.stdout


@pytest.mark.parametrize("kind", ["folder", "npy", "table"])
def test_own_data_stream_to_the_same_bits(kind, tmp_path, monkeypatch):
    name = tmp_path / "x.npy"
    if kind == "folder":
        name = photographs(tmp_path / "photos")
    elif kind == "table":
        name = measurements(tmp_path / "a.csv")
    else:
        np.save(name, labelled_images()[0])
    label = {"data__label": "species"} if kind == "table" else {}
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1)
    runs = [
        train(name, tmp_path / feed, data__feed=feed, data__batch_size=10, **label, data__workers=w)
        for feed, w in (("device", 0), ("stream", 2))
    ]
    digests = {run.summary["state_sha256"] for run in runs}
    assert len(digests) == 1


def test_any_two_sets_of_one_kind_and_the_same_classes_are_two_domains(tmp_path):
    photographs(tmp_path / "old")
    photographs(tmp_path / "new", count=12)
    names = {"data__name": f"{tmp_path}/old/", "data__target": f"{tmp_path}/new/"}
    run = experiment.train(tiny("dann_moons.py", **names), tmp_path / "run")
    assert 0 <= run.summary["target/accuracy"] <= 1
    assert run.class_names == FLOWERS
    assert reprlearn.restore(tmp_path / "run").evaluate() == run.evaluate()
    codes = run.encode_dataset(tmp_path / "new")
    assert codes["z"].shape == (36, 2)
    photographs(tmp_path / "other", classes=("rose", "daisy"))
    names["data__target"] = f"{tmp_path}/other/"
    with pytest.raises(UsageError, match=r"the class daisy, which .* and without tulip, violet"):
        experiment.train(tiny("dann_moons.py", **names), tmp_path / "no")
    photographs(tmp_path / "large", size=(10, 12))
    names["data__target"] = f"{tmp_path}/large/"
    with pytest.raises(UsageError, match=r"\(10, 12, 3\); .* \(9, 12, 3\); allowed: one kind"):
        experiment.train(tiny("dann_moons.py", **names), tmp_path / "no")
    names["data__target"] = f"{tmp_path}/new/"
    with pytest.raises(
        UsageError, match=r"'vae' needs x, one data set: .*; the data have source/x"
    ):
        experiment.train(tiny("vae.py", **names), tmp_path / "no")
