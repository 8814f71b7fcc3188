"""Processes that read image files: what they answer, and how they end."""

import hashlib
import io
import os
import pickle
import sys
from subprocess import CalledProcessError

import numpy as np
import pytest
from photos import fill
from PIL import Image

from reprlearn.data import decoders, pictures


def test_processes_end_with_their_context(tmp_path):
    fill(tmp_path, *(f"{i}.png" for i in range(9)))
    questions = [("survey", str(path)) for path in sorted(tmp_path.iterdir())]
    with pytest.raises(KeyError), decoders.Decoders(2) as started:
        assert next(started.ask(questions, chunk=2))[1] == ((6, 8), False)
        raise KeyError
    assert all(process.poll() is not None for process in started._all)


def test_processes_that_cannot_run_are_no_damaged_files(tmp_path, monkeypatch):
    fill(tmp_path, "a.png")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(pictures, "__file__", "/absent.py")
    with (
        decoders.Decoders(1) as started,
        pytest.raises(CalledProcessError),
    ):
        list(started.ask([("survey", str(tmp_path / "a.png"))]))


def test_questions_of_another_process(tmp_path):
    colours = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
    Image.fromarray(colours).save(tmp_path / "a.png")
    path, absent = os.fspath(tmp_path / "a.png"), os.fspath(tmp_path / "b.png")
    asked = [("survey", path), ("pixels", path, None, 3), ("pixels", path, (2, 4), 1)]
    asked += [("survey", absent), ("pixels", absent, None, 3)]
    questions = io.BytesIO(pickle.dumps((None, asked)))
    answers, limit = io.BytesIO(), Image.MAX_IMAGE_PIXELS
    try:
        pictures.serve(questions, answers)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    found = pickle.loads(answers.getvalue())
    digest = hashlib.sha256((tmp_path / "a.png").read_bytes()).digest()
    assert found[0] == (digest, ((6, 9), False)) and found[1] == ((9, 6), colours.tobytes())
    assert found[2][0] == (4, 2) and len(found[2][1]) == 8
    reason = "cannot be read: No such file or directory"
    assert found[3] == (b"", reason) and found[4] == reason
