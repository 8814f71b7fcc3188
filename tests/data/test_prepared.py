"""Images of a folder, prepared once: sizes and channels, damaged files, what makes it anew."""

import os
import pickle
import signal
from functools import partial

import numpy as np
import pytest
from photos import fill, prepared_sets, read_photos, refuse_photos, save, truncate
from PIL import Image

from reprlearn import columns
from reprlearn.data import pictures, prepared


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "photos"


@pytest.fixture
def read(photos):
    """(**options) -> the contents of the folder photos."""
    return partial(read_photos, photos)


@pytest.fixture
def refused(photos):
    """(**options) -> the one line that refuses the folder photos."""
    return partial(refuse_photos, photos)


def test_grey_files_have_one_channel(photos, read):
    fill(photos, "a.png", "b.jpg", "c.bmp", shape=(5, 7))
    assert read().columns["x"].shape == (5, 7, 1)
    assert read(channels=3).columns["x"].shape == (5, 7, 3)
    assert read(channels="3").columns["x"].shape == (5, 7, 3)
    save(photos / "d.png", 9, (5, 7, 3))
    assert read().columns["x"].shape == (5, 7, 3)
    assert read(channels=1).columns["x"].shape == (5, 7, 1)


def test_examples_are_read_by_places_also_elsewhere(photos, read):
    fill(photos, *(f"{i}.png" for i in range(7)))
    examples = read().examples
    for split in (examples, pickle.loads(pickle.dumps(examples))):
        assert split.read([5, 0, 5])["x"][:, 0, 0, 0].tolist() == [50, 0, 50]
        assert split.read(np.array([2, 4]))["x"][:, 0, 0, 0].tolist() == [20, 40]
        assert split.read([])["x"].shape == split.read(range(0))["x"].shape == (0, 6, 8, 3)


def test_a_changed_file_is_prepared_anew_and_nothing_else_is(photos, read, tmp_path, monkeypatch):
    fill(photos, "a/1.png", "a/2.png", "b/3.png")
    first = read()
    with monkeypatch.context() as patch:
        patch.setattr(prepared, "_prepare", None)  # nothing can be decoded
        again = read()
        photos.rename(photos.with_name("moved"))
        moved = read(name=str(photos.with_name("moved")))
        photos.with_name("moved").rename(photos)
    assert first.names == again.names == moved.names
    assert np.array_equal(first.examples.read([2])["x"], moved.examples.read([2])["x"])
    assert len(prepared_sets(photos)) == 1
    save(photos / "a" / "2.png", 77)
    changed = read()
    assert len(prepared_sets(photos)) == 2
    assert changed.examples.read([1])["x"][0, 0, 0].tolist() == [77] * 3
    (photos / "a" / "1.png").rename(photos / "a" / "0.png")
    read()
    assert len(prepared_sets(photos)) == 3
    read(channels=1), read(image_size=(4, 4)), read(on_bad_file="skip")
    assert len(prepared_sets(photos)) == 6


def test_another_process_that_is_quicker(photos, read, monkeypatch, tmp_path):
    fill(photos, "a.png", "b.png", "c.png")
    write = prepared._Builder._download_and_prepare

    def late(self, **arguments):
        monkeypatch.setattr(prepared._Builder, "_download_and_prepare", write)
        read()
        write(self, **arguments)

    monkeypatch.setattr(prepared._Builder, "_download_and_prepare", late)
    assert read().examples.read([1])["x"][0, 0, 0].tolist() == [10, 10, 10]
    (key,) = prepared_sets(photos)
    assert os.listdir(tmp_path / "data" / "own_images" / key) == ["1.0.0"]


def test_different_sizes_ask_for_one(photos, read, refused):
    for i, shape in enumerate([(1, 1), (27, 33), (3, 50), (27, 33), (50, 3), (9, 9)]):
        save(photos / f"{i}.png", 40 * i, (*shape, 3))
    message = refused()
    assert "27x33 (2), 1x1 (1), 3x50 (1), 50x3 (1), ...; allowed: one size, or" in message
    assert "data.image_size=64,64" in message
    contents = read(image_size=(16, 12))
    assert contents.columns["x"].shape == (16, 12, 3)
    assert contents.examples.read(range(6))["x"][:, 8, 6, 0].tolist() == [0, 40, 80, 120, 160, 200]


def test_sizes_are_those_that_are_shown(photos, read):
    fill(photos, "a.png", "b.png", shape=(6, 8, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((8, 6, 3), np.uint8)).save(photos / "c.jpg", exif=exif)
    assert read().columns["x"].shape == (6, 8, 3)


def test_new_data_come_as_a_run_has_learned_them(photos, read, refused):
    fill(photos, "a.png", "b.png", "c.png", shape=(6, 8, 3))
    assert read(like=columns.image((6, 8, 1))).columns["x"].shape == (6, 8, 1)
    assert read(like=columns.image((6, 8, 3))).columns["x"].shape == (6, 8, 3)
    assert read(like=columns.image((5, 5, 3)), image_size=(5, 5)).columns["x"].shape == (5, 5, 3)
    allowed = "6x8 (3); allowed: 5x5, which the run learned from"
    for _ in range(2):
        assert allowed in refused(like=columns.image((5, 5, 3)))  # once prepared, once not
        save(photos / "c.png", 99, (6, 8, 3))
    vectors = refused(like=columns.vector(4))
    assert "the run learned from vectors of shape (4,)" in vectors


def test_damaged_files_are_refused_by_name(photos, refused, tmp_path):
    fill(photos, "cat/1.png", "cat/2.png", "dog/3.png")
    save(photos / "dog" / "4.png", b"not an image")
    message = refused()
    assert "where 'dog/4.png' is not a PNG, JPEG, WebP, BMP, GIF or TIFF image" in message
    assert message.endswith("or data.on_bad_file=skip, which leaves such files out")
    truncate(photos / "dog" / "4.png")
    assert "where 'dog/4.png' is damaged: " in refused()
    assert prepared_sets(photos) == []


def test_damaged_files_are_left_out_where_that_is_asked_for(photos, read, monkeypatch):
    fill(photos, "cat/1.png", "cat/2.png", "dog/3.png", "dog/4.jpg")
    save(photos / "cat" / "0.png", b"not an image")
    truncate(photos / "dog" / "4.jpg")
    contents = read(on_bad_file="skip")
    with monkeypatch.context() as patch:
        patch.setattr(prepared, "_prepare", None)
        again = read(on_bad_file="skip")
    for found in (contents, again):
        assert found.names == ["cat/1.png", "cat/2.png", "dog/3.png"]
        assert found.labels.tolist() == found.examples.read(range(3))["y"].tolist() == [0, 0, 1]
        (note,) = found.notes
        assert note.startswith("images left out: 2; the first, 'cat/0.png', is not a PNG")


def test_a_file_that_crashes_its_process_is_named(photos, read, refused, monkeypatch, tmp_path):
    fill(photos, *(f"{i}.png" for i in range(6)))
    crashing = tmp_path / "crashing.py"
    crashing.write_text(
        "import os, signal, sys\n"
        f"sys.path.insert(0, {os.path.dirname(pictures.__file__)!r})\n"
        "import pictures\n"
        "picture = pictures.picture\n"
        "def crash(file, *rest):\n"
        "    if file.endswith('3.png'):\n"
        "        os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return picture(file, *rest)\n"
        "pictures.picture = crash\n"
        "pictures.serve(sys.stdin.buffer, sys.stdout.buffer)\n"
    )
    monkeypatch.setattr(pictures, "__file__", str(crashing))
    ended = f"'3.png' ended the process that read it (signal {int(signal.SIGSEGV)})"
    assert ended in refused()
    assert len(read(on_bad_file="skip").names) == 5


def test_too_little_that_is_whole(photos, refused):
    fill(photos, "cat/1.png", "cat/2.png", "dog/3.png")
    truncate(photos / "dog" / "3.png")
    assert "whole images in it: 2 of 3; allowed: at least 3" in refused(on_bad_file="skip")
    fill(photos, "cat/4.png")
    assert "class 'dog' has no whole image" in refused(on_bad_file="skip")
    for file in photos.glob("*/*.png"):
        file.write_text("none")
    assert "whole images in it: 0 of 4" in refused(on_bad_file="skip")


def test_one_image_is_too_few(photos, refused):
    fill(photos, "1.png")
    assert "whole images in it: 1 of 1; allowed: at least 3" in refused()


def test_a_data_dir_that_cannot_be_written(photos, refused, tmp_path):
    fill(photos, "a.png", "b.png", "c.png")
    (tmp_path / "data").write_text("a file")
    assert refused().startswith("data.data_dir: cannot prepare ")


def test_a_full_disk_is_told_before_anything_is_written(photos, refused, monkeypatch):
    fill(photos, "a.png", "b.png", "c.png")
    usage = type("usage", (), {"free": 100})
    monkeypatch.setattr("reprlearn.files.shutil.disk_usage", lambda folder: usage)
    assert "No space left on device" in refused()


def test_a_bomb_is_refused(photos, refused, monkeypatch):
    fill(photos, "a.png", "b.png", "c.png")
    save(photos / "d.png", 0, (20, 20, 3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150)
    assert "'d.png' has more than 300 pixels, Pillow's limit" in refused()
