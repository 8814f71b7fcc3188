"""Sets that TFDS builders have prepared: read by places, known again by their files."""

import contextlib
import dataclasses
import functools
import hashlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reprlearn import columns
from reprlearn.data import builders
from reprlearn.data.dataset import SPLITS, Arrays, Dataset
from reprlearn.errors import UsageError

DIGESTED_BYTES = 2**30  # of files that are digested whole


@dataclasses.dataclass(frozen=True)
class Records:
    """The examples of a prepared split; see `dataset.Split`.

    Attributes:
      records: what TFDS has of each example, by its place.
      decode: some of these -> arrays.
    """

    records: Sequence[Any]
    decode: Callable[[Sequence[Any]], Arrays]

    def __len__(self) -> int:
        return len(self.records)

    def read(self, places: Sequence[int]) -> Arrays:
        """See `dataset.Split`."""
        return self.decode(self.records.__getitems__([int(place) for place in places]))


def dataset(name: str, builder: Any, prepare: Callable[[], None]) -> Dataset:
    """The set that a builder holds, or will hold after `prepare`; images of one shape.

    Raises:
      UsageError: a set without images, or one whose images differ in shape.
    """
    features = builder.info.features
    shape = _with_channels(features["image"].shape) if "image" in features else (None,)
    if None in shape or len(shape) != 3:
        raise UsageError(
            f"data.name is {name!r}, which has no images of one shape; allowed: sets of such images"
        )
    roles = {"x": columns.image(shape)}
    if "label" in features:
        roles["y"] = columns.classes(getattr(features["label"], "names", None) or ())

    def prepared() -> Any:
        if not Path(builder.data_dir).exists():
            _prepare(name, builder, prepare)
        if not builder.info.splits:  # another builder has prepared it since this one was made
            builder.info.read_from_directory(builder.data_dir)
        return builder

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Records:
        del seed, draw  # stored: the same for all
        return _open(name, prepared(), split)

    return Dataset(name, roles, open_split, lambda: _fingerprint(prepared()))


def _open(name: str, builder: Any, split: str) -> Records:
    """A split of a prepared set."""
    part, features = split_rule(list(builder.info.splits))[split], builder.info.features
    if not builders.is_plain(features["image"]):
        return Records(builder.as_data_source(split=part), functools.partial(_stack, name))
    records = builder.as_data_source(split=part, deserialize_method=builders.RAW)
    options = {"shape": _with_channels(features["image"].shape), "labels": "label" in features}
    return Records(records, functools.partial(builders.parse, **options))


def split_rule(available: list[str]) -> dict[str, str]:
    """Which part of which TFDS split is our train, validation and test split."""
    if "train" not in available:
        raise UsageError(f"data.name: a set without a train split; it has {', '.join(available)}")
    if {"validation", "test"} <= set(available):
        return {split: split for split in SPLITS}
    if "test" in available:
        return {"train": "train[:90%]", "validation": "train[90%:]", "test": "test"}
    if "validation" in available:  # its labels are public: the final test, never for selection
        return {"train": "train[:90%]", "validation": "train[90%:]", "test": "validation"}
    return {"train": "train[:80%]", "validation": "train[80%:90%]", "test": "train[90%:]"}


def _prepare(name: str, builder: Any, prepare: Callable[[], None]) -> None:
    """Downloads and writes a set once; TFDS renames it into place when it is whole."""
    import tensorflow_datasets as tfds

    print(f"Preparing {name} in {builder.data_dir}", file=sys.stderr)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            prepare()
    except OSError as error:
        raise UsageError(f"data.data_dir: cannot prepare {name}: {error}") from error


def _fingerprint(builder: Any) -> dict[str, Any]:
    """What is known of a prepared set's training split without decoding it.

    Its version, its number of examples, the bytes of the TFDS split that it is a part of, a digest
    of that split's files and, of our own sets, the digest of what they were prepared from.
    """
    splits = builder.info.splits
    known = {
        "version": str(builder.info.version),
        "examples": splits[split_rule(list(splits))["train"]].num_examples,
        "bytes": int(splits["train"].num_bytes),
        "sha256": _digest_of_files(splits["train"].filepaths),
    }
    own = hasattr(builder, "source_digest")
    return known | ({"source": builder.source_digest()} if own else {})


def _digest_of_files(paths: Sequence[os.PathLike]) -> str:
    """A digest of files, in their order; of more than 1 GiB of them only every sixteenth MiB."""
    paths = sorted(map(Path, paths))
    sizes = [path.stat().st_size for path in paths]
    every = 1 if sum(sizes) <= DIGESTED_BYTES else 16
    digest, block = hashlib.sha256(), 2**20
    for path, size in zip(paths, sizes, strict=True):
        digest.update(f"{size}\n".encode())
        with path.open("rb") as file:
            for start in range(0, size, every * block):
                file.seek(start)
                digest.update(file.read(block))
    return digest.hexdigest()


def _with_channels(shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """(H, W) as (H, W, 1), other shapes as they are: grey images may be stored without channels."""
    return (*shape, 1) if len(shape) == 2 else tuple(shape)


def _stack(name: str, examples: list[dict[str, Any]]) -> Arrays:
    """Examples that TFDS has decoded as arrays, of the roles "x" and, where there is one, "y"."""
    if not examples or "image" not in examples[0]:
        raise UsageError(f"data.name is {name!r}: no images in it; allowed: image data sets")
    shapes = {example["image"].shape for example in examples}
    if len(shapes) > 1:
        raise UsageError(
            f"data.name is {name!r}: images of {len(shapes)} different shapes; allowed: one"
        )
    images = np.stack([example["image"] for example in examples])
    if images.dtype != np.uint8:
        raise UsageError(f"data.name is {name!r}, of {images.dtype} images; allowed: uint8")
    arrays = {"x": images.reshape(len(images), *_with_channels(images.shape[1:]))}
    if "label" in examples[0]:
        arrays["y"] = np.array([example["label"] for example in examples], np.int32)
    return arrays
