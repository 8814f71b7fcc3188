"""A folder of images as a data set: what is listed, as which classes and splits, and refused."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from photos import fill, read_photos, refuse_photos, save

from reprlearn import columns, data
from reprlearn.data.sets import folder


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


def test_sub_folders_are_classes(photos, read):
    names = fill(photos, "cat/b.png", "cat/c.JPG", "dog/a.gif", "dog/old/deep/z.bmp", "emu/x.tiff")
    contents = read()
    assert contents.names == names and contents.keys == [name.encode() for name in names]
    assert contents.columns["x"] == columns.image((6, 8, 3))
    assert contents.columns["y"] == columns.classes(("cat", "dog", "emu"))
    assert contents.labels.tolist() == [0, 0, 1, 1, 2] and contents.labels.dtype == np.int32
    assert contents.given is None and not contents.notes
    arrays = contents.examples.read(range(5))
    assert arrays["x"].dtype == np.uint8 and arrays["x"].shape == (5, 6, 8, 3)
    assert arrays["x"][:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert arrays["y"].tolist() == [0, 0, 1, 1, 2] and arrays["y"].dtype == np.int32
    assert len(contents.examples) == 5


def test_a_flat_folder_has_no_labels(photos, read):
    fill(photos, "a.png", "b.webp", "c.jpeg", shape=(5, 7))
    contents = read()
    assert contents.labels is None and set(contents.columns) == {"x"}
    assert contents.columns["x"].shape == (5, 7, 3)  # WebP knows no grey
    assert set(contents.examples.read([1])) == {"x"}


@pytest.mark.parametrize("validation", ["validation", "Val", "VALID"])
def test_folders_that_are_splits(photos, read, validation):
    fill(photos, f"{validation}/cat/v.png", "Test/dog/t.png", "train/cat/a.png", "train/emu/b.png")
    contents = read()
    splits = {"t": "test", "v": "validation", "a": "train", "b": "train"}
    assert list(contents.given) == [splits[name[-5]] for name in contents.names]
    assert contents.columns["y"].names == ("cat", "dog", "emu")
    names = dict(zip(contents.names, contents.labels.tolist(), strict=True))
    assert names["Test/dog/t.png"] == 1 and names[f"{validation}/cat/v.png"] == 0


def test_splits_without_classes(photos, read):
    fill(photos, "train/a.png", "train/b.png", "test/a.png")
    contents = read()
    assert contents.labels is None and contents.given == ["test", "train", "train"]


def test_only_folders_that_all_are_splits_are_splits(photos, read):
    fill(photos, "train/a.png", "bus/b.png", "car/c.png")
    assert read().columns["y"].names == ("bus", "car", "train") and read().given is None
    (photos / "bus" / "b.png").rename(photos / "car" / "b.png")
    (photos / "bus").rmdir()
    (photos / "train").rename(photos / "test")
    assert read().columns["y"].names == ("car", "test")


def test_what_is_hidden_or_no_image_is_left_alone(photos, read):
    fill(photos, "a/1.png", "a/2.png", "b/3.PNG")
    save(photos / "a" / ".hidden.png", 0)
    save(photos / ".cache" / "4.png", 0)
    save(photos / "a" / "notes.txt", b"")
    (photos / "README").write_text("mine")
    contents = read()
    assert contents.names == ["a/1.png", "a/2.png", "b/3.PNG"]
    assert contents.notes == ["files and folders left alone, hidden or no images: 4"]


def test_a_wrong_suffix_does_no_harm(photos, read):
    fill(photos, "a.png", "b.jpg", "c.gif")
    (photos / "a.png").rename(photos / "a.tif")
    assert read().examples.read([0])["x"][0, 0, 0].tolist() == [0, 0, 0]


def test_links_are_followed_and_loops_end(photos, read, tmp_path):
    fill(photos, "cat/1.png", "dog/2.png")
    fill(tmp_path / "elsewhere", "3.png")
    (photos / "emu").symlink_to(tmp_path / "elsewhere")
    (photos / "loop").symlink_to(photos)
    (photos / "cat" / "up").symlink_to(photos)
    (photos / "dog" / "self").symlink_to(photos / "dog")
    (photos / "dog" / "4.png").symlink_to(photos / "cat" / "1.png")
    contents = read()
    assert contents.names == ["cat/1.png", "dog/2.png", "dog/4.png", "emu/3.png"]
    assert contents.columns["y"].names == ("cat", "dog", "emu")


def test_a_link_to_nothing_is_named_and_a_pipe_is_left_alone(photos, read, refused):
    fill(photos, "a.png", "b.png", "c.png")
    os.mkfifo(photos / "pipe.png")
    assert len(read().names) == 3
    (photos / "d.png").symlink_to(photos / "gone.png")
    (photos / "e.png").symlink_to(photos / "e.png")
    assert "'d.png' cannot be read: No such file" in refused()
    assert len(read(on_bad_file="skip").names) == 3


def test_names_that_are_no_text(photos, read, refused):
    fill(photos, "a.png", "b.png")
    odd = os.fsencode(photos) + b"/\xff\n.png"
    (photos / "b.png").rename(photos / "c.png")
    Path(os.fsdecode(odd)).write_bytes((photos / "a.png").read_bytes())
    contents = read()
    assert contents.keys == [b"a.png", b"c.png", b"\xff\n.png"]
    assert contents.names == ["a.png", "c.png", "\\xff\n.png"]
    "".join(contents.names).encode()
    Path(os.fsdecode(odd)).write_text("damaged")
    assert r"'\udcff\n.png' is not a PNG" in refused()
    save(photos / "d.png")
    assert contents.names[:2] == read(on_bad_file="skip").names[:2]
    again = read(on_bad_file="skip")
    assert again.names == ["a.png", "c.png", "d.png"] and r"'\udcff\n.png'" in again.notes[0]


def test_a_folder_that_is_none(photos, refused, tmp_path):
    fill(photos, "a.png")
    assert "photoz', no such folder. Did you mean 'photos'?" in refused(
        name=str(tmp_path / "photoz")
    )
    assert "no such folder" in refused(name=str(tmp_path / "x" / "y"))
    assert "no such folder" in refused(name=str(photos / "a.png" / "y"))
    assert "one image; allowed: a folder of images" in refused(name=str(photos / "a.png"))
    for name, kind in (("a.zip", "an archive; unpack it"), ("a.xlsx", "a file of another kind")):
        (tmp_path / name).write_text("")
        assert f"{kind}; allowed: a folder of images" in refused(name=str(tmp_path / name))


def test_folders_that_are_splits_and_classes_at_once(photos, refused, read):
    fill(photos, *(f"{split}/{label}/1.png" for split in ("training", "test") for label in "ab"))
    found = read()
    assert found.columns["y"].names == ("a", "b") and found.given == ["test"] * 2 + ["train"] * 2
    fill(photos, "extra/a/1.png")
    assert "has the folder 'extra' beside test, training; allowed: folders of splits" in refused()
    (photos / "extra").rename(photos / "Train")
    assert "whose folders Train, training are the same split; allowed: one" in refused()


def test_a_class_may_be_called_train(photos, read):
    fill(photos, "train/1.png", "car/2.png", "bus/3.png")
    found = read()
    assert found.columns["y"].names == ("bus", "car", "train") and found.given is None


def test_one_class_alone_is_told(photos, read):
    fill(photos, "photos/a/1.png", "photos/b/2.png", "photos/b/3.png", "__MACOSX/._1.png")
    (told, others) = read().notes
    assert told == (
        "all images are in one class folder, 'photos'; if a, b in it are the classes, name that "
        "folder"
    )
    assert others == "files and folders left alone, hidden or no images: 1"
    for file in photos.glob("photos/*/*.png"):
        file.rename(photos / "photos" / file.name)
    for name in "ab":
        (photos / "photos" / name).rmdir()
    assert read().notes[0] == "all images are in one class folder, 'photos'"


def test_a_folder_without_images(photos, refused):
    photos.mkdir()
    assert "a folder without images; allowed: .png, .jpg" in refused()
    (photos / "cat").mkdir()
    assert "a folder without images" in refused()
    fill(photos, "dog/1.png", "dog/2.png", "dog/3.png")
    assert "whose folder 'cat' has no images" in refused()


def test_a_class_without_images_in_a_split(photos, refused):
    fill(photos, "train/cat/1.png", "train/dog/2.png", "test/cat/3.png")
    (photos / "test" / "dog").mkdir()
    assert "whose folder 'test/dog' has no images" in refused()


@pytest.mark.parametrize(
    "names, beside",
    [
        (("cat/1.png", "dog/2.png", "a.png"), "a.png"),
        (("train/1.png", "test/2.png", "a.png"), "a.png"),
        (("train/cat/1.png", "test/cat/2.png", "test/a.png"), "test/a.png"),
    ],
)
def test_images_beside_class_folders(photos, refused, names, beside):
    fill(photos, *names)
    assert f"images beside its folders of images, such as {beside!r}; allowed: all" in refused()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(photos, read, refused):
    fill(photos, "cat/1.png", "cat/2.png", "cat/4.png", "dog/3.png")
    (photos / "cat" / "1.png").chmod(0)
    assert "'cat/1.png' cannot be read: Permission denied" in refused()
    assert len(read(on_bad_file="skip").names) == 3
    (photos / "dog").chmod(0)
    assert "dog': Permission denied" in refused()
    (photos / "dog").chmod(0o700)


def test_options_that_make_no_sense(photos, refused):
    fill(photos, "a.png", "b.png", "c.png")
    assert refused(channels=2).startswith("data.channels is '2'.")
    assert refused(on_bad_file="ignore").startswith("data.on_bad_file is 'ignore'.")
    for size in ((64,), (64, 0), (64, 64, 3), ("64", "64")):
        assert refused(image_size=size).startswith(f"data.image_size is {size!r}; allowed: height")


def test_names_that_are_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    fill(tmp_path, "photos/cat/1.png")
    for name in ("photos", "photos/", "photos/cat", "~/photos", "./absent", "../absent", "absent/"):
        assert folder.answers(name), name
    for name in ("/absent", "a.zip", "a/b.tar.gz", "a.tgz", str(tmp_path)):
        assert folder.answers(name), name
    for name in ("mnist", "mnist_corrupted/brightness:1.0.0", "photos/dog", "ring", "a.csv"):
        assert not folder.answers(name), name


def test_a_folder_stands_where_a_name_may_stand(photos, tmp_path):
    fill(photos, *(f"{name}/{i}.png" for name in ("cat", "dog") for i in range(15)))
    where = {"data_dir": str(tmp_path / "data")}
    splits = [data.load(f"{photos}/", split, **where) for split in data.SPLITS]
    assert sum(len(split["y"]) for split in splits) == 30
    assert all(set(split["y"]) == {0, 1} for split in splits)
    assert splits[0]["x"].shape[1:] == (6, 8, 3)
