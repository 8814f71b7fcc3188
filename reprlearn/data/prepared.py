"""Image files decoded once: kept as array_record, under the digest of what they were made of.

They lie in `<data_dir>/own_images/<key>/`. The key is made of the files' names and bytes and of all
that decides the pixels, so a set is found again wherever its folder lies, and is prepared anew when
a file has changed.
"""

import contextlib
import dataclasses
import io
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from array_record.python.array_record_module import ArrayRecordWriter
from tensorflow_datasets.core.dataset_builder import FileReaderBuilder
from tensorflow_datasets.core.splits import SplitDict, SplitInfo
from tensorflow_datasets.proto import tf_example_pb2
from tqdm import tqdm

from reprlearn.data import builders
from reprlearn.data.dataset import Arrays
from reprlearn.data.decoders import CHUNK, Decoders
from reprlearn.data.plan import Plan
from reprlearn.errors import UsageError
from reprlearn.files import check_room

FOLDER = "own_images"
CHUNK_BYTES = 2**23  # of pixels that a process sends at once
WRITING = "group_size:1,snappy"  # each record by itself; a tenth of the time of TFDS's zstd


@dataclasses.dataclass(frozen=True)
class Images:
    """Examples that have been prepared; see `dataset.Split`.

    Attributes:
      records: what TFDS has of each example, by its place.
      shape: of each image.
      labels: whether they have any.
    """

    records: Sequence[bytes]
    shape: tuple[int, int, int]
    labels: bool

    def __len__(self) -> int:
        return len(self.records)

    def read(self, places: Sequence[int]) -> Arrays:
        """See `dataset.Split`."""
        records = self.records.__getitems__(np.asarray(places, int).tolist())
        return builders.parse(records, shape=self.shape, labels=self.labels)


class Prepared(NamedTuple):
    """What has become of a plan.

    Attributes:
      examples: its images and, where there are any, labels.
      left_out: what is wrong with the files that are not among them.
    """

    examples: Images
    left_out: Mapping[str, str]


def open_images(plan: Plan, data_dir: str | None) -> Prepared:
    """The images of a plan, prepared at the first call; at every call all files are read.

    Args:
      plan: which, and how.
      data_dir: where prepared sets live; None: TFDS's own folder.

    Raises:
      UsageError: a damaged file, or too few that are whole; different sizes; a data_dir that cannot
        be written.
    """
    root = builders.folders(data_dir)["data_dir"] or tfds.core.constants.DATA_DIR
    with Decoders(min(os.cpu_count() or 1, math.ceil(len(plan.files) / CHUNK))) as decoders:
        digests, headers = _survey(plan, decoders)
        shape = plan.shape(headers)
        folder = Path(root) / FOLDER / plan.key(digests, shape[2]) / str(_Builder.VERSION)
        if not folder.exists():
            _prepare(plan, shape, decoders, folder)
    builder = tfds.core.read_only_builder.builder_from_directory(folder)
    shape = tuple(builder.info.features["image"].shape)
    records = builder.as_data_source(split="examples", deserialize_method=builders.RAW)
    plan.check_sizes(Counter({shape[:2]: len(records)}))
    images = Images(records, shape, plan.labels is not None)
    return Prepared(images, dict(builder.info.metadata or {}))


def _survey(plan: Plan, decoders: Decoders) -> tuple[list[bytes], list[tuple | str]]:
    """Of each file a digest, and its header or what is wrong with it."""
    digests, headers = [], []
    answers = decoders.ask([("survey", path) for path in plan.paths()])
    with contextlib.closing(answers), _bar(answers, len(plan.files)) as bar:
        for found in bar:
            digest, header = (b"", found) if isinstance(found, str) else found
            digests.append(digest)
            headers.append(header)
    return digests, headers


def _prepare(plan: Plan, shape: tuple[int, int, int], decoders: Decoders, folder: Path) -> None:
    """Decodes and writes the images; TFDS renames the folder into place when it is whole."""
    print(f"Preparing {plan.name} in {folder}", file=sys.stderr)
    try:
        folder.parents[1].mkdir(parents=True, exist_ok=True)
        check_room(folder.parents[1], len(plan.files) * math.prod(shape))
        builder = _Builder(plan, shape, decoders, folder)
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare(download_dir=folder.parents[2] / "downloads")
    except OSError as error:
        if not folder.exists():  # else another process was quicker
            raise UsageError(f"data.data_dir: cannot prepare {plan.name}: {error}") from error
    finally:
        with contextlib.suppress(OSError):  # it is not empty, or there is none
            folder.parent.rmdir()


class _Builder(FileReaderBuilder, skip_registration=True):
    """The images of a plan, written in their order as they are decoded.

    TFDS's GeneratorBasedBuilder would hold all of them in memory, need TensorFlow beyond 1 GiB, and
    take a third as long as the decoding.
    """

    VERSION = tfds.core.Version("1.0.0")

    def __init__(
        self, plan: Plan, shape: tuple[int, int, int], decoders: Decoders, folder: Path
    ) -> None:
        self.name = folder.parent.name
        self._plan, self._shape, self._decoders = plan, shape, decoders
        self._left_out = tfds.core.MetadataDict()
        super().__init__(**builders.folders(os.fspath(folder.parent.parent)))

    def _info(self) -> tfds.core.DatasetInfo:
        image = tfds.features.Tensor(shape=self._shape, dtype=np.uint8, encoding="bytes")
        label = tfds.features.Tensor(shape=(), dtype=np.int32)
        features = {"image": image} | ({} if self._plan.labels is None else {"label": label})
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(features),
            metadata=self._left_out,
            disable_shuffling=True,
        )

    def _download_and_prepare(self, dl_manager: Any, download_config: Any = None) -> None:
        del dl_manager, download_config  # the files are here
        template = self._get_filename_template(split_name="examples")
        path = os.fspath(template.sharded_filepath(shard_index=0, num_shards=1))
        count = self._write(path)
        split = SplitInfo(
            name="examples",
            shard_lengths=[count],
            num_bytes=os.path.getsize(path),
            filename_template=template,
        )
        self.info.set_splits(SplitDict([split]))

    def _write(self, path: str) -> int:
        """Writes the examples into a file; how many these are."""
        count = 0
        try:
            with (
                contextlib.closing(ArrayRecordWriter(path, WRITING)) as writer,
                contextlib.closing(self._records()) as records,
            ):
                for record in records:
                    writer.write(record)
                    count += 1
        except RuntimeError as error:  # so a full disk is told
            raise OSError(str(error)) from error
        return count

    def _records(self) -> Iterator[bytes]:
        """The examples, as `builders.parse` reads them."""
        plan, (height, width, channels) = self._plan, self._shape
        questions = [("pixels", path, plan.size, channels) for path in plan.paths()]
        chunk = max(1, min(CHUNK, CHUNK_BYTES // math.prod(self._shape)))
        answers = self._decoders.ask(questions, chunk)
        left = []
        with contextlib.closing(answers), _bar(answers, len(questions)) as bar:
            for place, found in enumerate(bar):
                if not isinstance(found, str) and found[0] != (width, height):
                    found = "has just changed its size"
                if isinstance(found, str):
                    plan.refuse_or_skip(plan.files[place], found)
                    self._left_out[plan.files[place]] = found
                    continue
                left.append(place)
                yield _record(found[1], None if plan.labels is None else plan.labels[place])
        plan.check_left(left)


def _bar(answers: Iterator, count: int) -> tqdm:
    """A progress bar on a terminal, for what takes more than a second."""
    return tqdm(answers, "images", count, leave=False, disable=None, delay=1)


def _record(pixels: bytes, label: int | None) -> bytes:
    example = tf_example_pb2.Example()
    example.features.feature["image"].bytes_list.value.append(pixels)
    if label is not None:
        example.features.feature["label"].int64_list.value.append(int(label))
    return example.SerializeToString()
