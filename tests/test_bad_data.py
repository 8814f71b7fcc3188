"""Data that are damaged, or no longer those of the run: one line, and nothing is written."""

import numpy as np
import pytest
from conftest import ROOT, command, labelled_images, tiny

import reprlearn
from reprlearn import cli
from reprlearn.errors import UsageError

BAD = {
    "missing.npz": (None, "no such file"),
    "empty/": ("", "a folder without images"),
    "cut.csv": ("a,b\n1\n", "has 1 field in line 2 where its header has 2"),
    "words.npy": (np.array(["a", "b"]), "is of <U1; allowed: integers"),
    "nan.npy": (np.array([[1.0, np.nan]] * 9), r"has nan at [0, 1]; allowed: finite"),
    "wide.npy": (np.full((9, 4, 4), 3.5), "floats from 3.5 to 3.5; allowed for images"),
    "photos.zip": (b"PK\x03\x04", "an archive; unpack it"),
    "label.csv": ("a,b\n1,2\n", "has no column 'species'"),
}


def write_bad(folder, name):
    """The bad data of that name, in a folder; gives the arguments of train.py, and the message."""
    content, message = BAD[name]
    path = folder / name
    if name == "empty/":
        path.mkdir()
    elif isinstance(content, np.ndarray):
        np.save(path, content)
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    fields = ["--config.data.label=species"] if name == "label.csv" else []
    return [f"--config={ROOT}/configs/vae.py:{name}", *fields], message


@pytest.mark.parametrize("name", BAD)
def test_bad_data_are_refused_in_one_line_before_anything_is_written(name, tmp_path, monkeypatch):
    arguments, message = write_bad(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    asked = cli.parse(["train.py", *arguments])
    with pytest.raises(UsageError) as told:
        reprlearn.train(asked.config, asked.workdir, overrides=asked.overrides)
    assert message in cli.one_line(told.value)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "runs").exists()


def test_the_command_line_says_it_in_one_line_and_ends_with_2(tmp_path):
    arguments, message = write_bad(tmp_path, "cut.csv")
    done = command(f"{ROOT}/train.py", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr


def test_a_batch_larger_than_the_set_says_how_many_there_are(tmp_path):
    with pytest.raises(UsageError, match=r"batch_size is 20; allowed: at most \d+, the train"):
        reprlearn.train(tiny("vae.py"), tmp_path / "run", data=labelled_images(count=12)[0])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_changed_data_are_refused_and_the_split_is_named(split, tmp_path):
    x, y = labelled_images()
    given = {"train": (x[:40], y[:40]), "validation": (x[40:50], y[40:50])}
    given["test"] = (x[50:], y[50:])
    config = tiny("vae.py", data__batch_size=10)
    reprlearn.train(config, tmp_path / "run", data=given)
    changed = given | {split: (given[split][0] ^ 1, given[split][1])}
    more = tiny("vae.py", data__batch_size=10, training__steps=14)
    with pytest.raises(UsageError, match=rf"other data: the {split} split has changed, examples: "):
        reprlearn.train(more, tmp_path / "run", data=changed)
    run = reprlearn.train(more, tmp_path / "run", data=given)
    assert run.summary["steps"] == 14
