"""Data that are damaged, or no longer those of the run: one line, and nothing is written."""

import os

import numpy as np
import pytest
from conftest import command, labelled_images, tiny

import reprlearn
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


@pytest.mark.parametrize("name", BAD)
def test_bad_data_are_refused_in_one_line_before_anything_is_written(name, tmp_path):
    content, message = BAD[name]
    path = tmp_path / name
    if name == "empty/":
        path.mkdir()
    elif isinstance(content, np.ndarray):
        np.save(path, content)
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    here = os.getcwd()
    fields = ["--config.data.label=species"] if name == "label.csv" else []
    program = (f"{here}/train.py", f"--config={here}/configs/vae.py:{name}")
    done = command(*program, *fields, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_batch_larger_than_the_set_says_how_many_there_are(tmp_path):
    with pytest.raises(UsageError, match=r"batch_size is 20; allowed: at most \d+, the train"):
        reprlearn.train(tiny("vae.py"), tmp_path / "run", data=labelled_images(count=12)[0])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_changed_data_are_refused_and_the_split_is_named(split, tmp_path, no_figures):
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
