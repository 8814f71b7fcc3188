"""Data sets as arrays: `load(name, split)`, every set through a TFDS builder."""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.util
import io
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reprlearn.data import idx, synthetic
from reprlearn.errors import UsageError, check_choice, suggestion
from reprlearn.examples import Examples

Arrays = dict[str, np.ndarray]

SPLITS = ("train", "validation", "test")
DIGESTED_BYTES = 2**30  # of files that are digested whole
OWN = ("mnist_5k", "digits", *idx.SOURCES)  # prepared without TensorFlow


@dataclasses.dataclass(frozen=True)
class Source:
    """The examples of a stored split, read by their place; other processes can be sent it.

    Attributes:
      records: what TFDS has of each example, by its place.
      decode: some of these -> arrays, as `load` gives them.
    """

    records: Sequence[Any]
    decode: Callable[[Sequence[Any]], Arrays]

    def __len__(self) -> int:
        return len(self.records)

    def read(self, places: Sequence[int]) -> Arrays:
        """The examples at some places, in their order."""
        return self.decode(self.records.__getitems__(places))


def load(
    name: str,
    split: str,
    *,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    seed: int = 0,
    first: int | None = None,
) -> Arrays:
    """A split of a data set as arrays; the set is prepared at the first call.

    Where a set has no validation split of its own, the last tenth of its training split is it; a
    set with nothing but a training split gives the last tenth for the test and the tenth before it
    for validation.

    Args:
      name: mnist_5k, digits, mnist, fashion_mnist, kmnist, emnist-letters, any image set of TFDS;
        or one that is drawn: ring, grid, moons-D (see data/synthetic.py).
      split: "train", "validation" or "test".
      data_dir: where prepared sets live; by default TFDS's own folder.
      manual_dir: a folder with the idx files of the MNIST family, for use without a network.
      seed: of a set that is drawn.
      first: how many examples, from the start; None: all.

    Returns:
      "image", uint8 `[N, H, W, C]`, or "point", float32 `[N, D]`; and "label", int32 `[N]`, where
      the set has labels. With two domains, the same of each: "source/point", "target/point", ...

    Raises:
      UsageError: an unknown name or split, files that are missing or unreadable, or a stock
        TFDS set that is not prepared while TensorFlow is not installed.
    """
    check_choice("split", split, SPLITS)
    if synthetic.is_synthetic(name):
        drawn = synthetic.load(name, split, seed)
        return {part: array[:first] for part, array in drawn.items()}
    source = open_source(name, split, data_dir=data_dir, manual_dir=manual_dir)
    return source.read(range(len(source))[:first])


def open_source(
    name: str, split: str, *, data_dir: str | None = None, manual_dir: str | None = None
) -> Source:
    """A split of a stored set, to be read by places; arguments and errors are those of `load`."""
    from reprlearn.data import builders

    builder = _prepared(name, data_dir, manual_dir)
    part, features = split_rule(list(builder.info.splits))[split], builder.info.features
    if "image" not in features or not builders.is_plain(features["image"]):
        return Source(builder.as_data_source(split=part), functools.partial(_stack, name))
    records = builder.as_data_source(split=part, deserialize_method=builders.RAW)
    options = {"shape": _with_channels(features["image"].shape), "labels": "label" in features}
    return Source(records, functools.partial(builders.parse, **options))


def fingerprint(name: str, *, data_dir: str | None = None) -> dict[str, Any]:
    """What is known of a prepared set's training split without decoding it, to know it again.

    Its version, its number of examples, the bytes of the TFDS split that it is a part of, a digest
    of that split's files and, of our own sets, the digest of what they were prepared from.
    """
    builder = _builder(name, data_dir)
    splits = builder.info.splits
    known = {
        "version": str(builder.info.version),
        "examples": splits[split_rule(list(splits))["train"]].num_examples,
        "bytes": int(splits["train"].num_bytes),
        "sha256": _digest_of_files(splits["train"].filepaths),
    }
    return known | ({"source": builder.source_digest()} if name in OWN else {})


def describe(name: str, *, data_dir: str | None = None) -> Examples:
    """The shape of a set's examples and the names of its classes, without preparing it.

    Raises:
      UsageError: an unknown name, a set without images, or one whose images differ in shape.
    """
    if synthetic.is_synthetic(name):
        return synthetic.describe(name)
    features = _builder(name, data_dir).info.features
    shape = _with_channels(features["image"].shape) if "image" in features else (None,)
    if None in shape or len(shape) != 3:
        raise UsageError(
            f"data.name is {name!r}, which has no images of one shape; allowed: sets of such images"
        )
    names = getattr(features["label"], "names", ()) if "label" in features else ()
    return Examples(tuple(shape), tuple(names))


def _with_channels(shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """(H, W) as (H, W, 1), other shapes as they are: grey images may be stored without channels."""
    return (*shape, 1) if len(shape) == 2 else tuple(shape)


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


def select(arrays: Arrays, classes: Collection[int]) -> Arrays:
    """The examples of some classes, in their order; of all where `classes` is empty.

    Raises:
      UsageError: a class that the set does not have, or a set without labels.
    """
    if not classes:
        return arrays
    have = set(np.unique(arrays.get("label", ())).tolist())
    if missing := [c for c in classes if c not in have]:
        allowed = ", ".join(map(str, sorted(have))) or "(), as the set has no one array of labels"
        raise UsageError(f"data.classes holds {missing[0]!r}; allowed: {allowed}")
    kept = np.isin(arrays["label"], list(classes))
    return {name: array[kept] for name, array in arrays.items()}


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


def _builder(name: str, data_dir: str | None) -> Any:
    """The TFDS builder of a set, prepared or not; a stock set's is of what is on the disk, if any.

    Raises:
      UsageError: an unknown name, or a stock set that only TensorFlow could prepare.
    """
    data_dir = os.path.expanduser(data_dir) if data_dir else None
    options = {"data_dir": data_dir, "file_format": "array_record"}
    if name in OWN:
        from reprlearn.data import builders

        if name in idx.SOURCES:
            return builders.IdxImages(config=name, **options)
        return {"mnist_5k": builders.Mnist5k, "digits": builders.Digits}[name](**options)
    import tensorflow_datasets as tfds

    with contextlib.suppress(tfds.core.DatasetNotFoundError, ValueError):
        return tfds.core.read_only_builder.builder_from_files(name, data_dir=data_dir)
    known = tfds.list_builders(with_community_datasets=False)
    if name.split("/")[0].split(":")[0] not in known:
        hint = suggestion(name, [*OWN, *synthetic.NAMES, *known])
        raise UsageError(
            f"data.name is {name!r}.{hint} Choices: {', '.join([*OWN, *synthetic.NAMES])}, "
            "or any image set of TFDS"
        )
    if importlib.util.find_spec("tensorflow") is None:
        raise UsageError(
            f"data.name is {name!r}: TFDS needs TensorFlow to prepare it: pip install '.[tf]'"
        )
    return tfds.builder(name, **options)


def _prepared(name: str, data_dir: str | None, manual_dir: str | None) -> Any:
    """The builder of a set, after preparing it where that has not been done."""
    if manual_dir:
        idx.check_folder(manual_dir)
    builder = _builder(name, data_dir)
    if name in OWN:
        builder.manual_dir = manual_dir
        builder.check_source()
    elif builder.info.file_format and builder.info.file_format.value != "array_record":
        raise UsageError(
            f"data.name is {name!r}, prepared in {builder.data_dir} as "
            f"{builder.info.file_format.value}; allowed: array_record; name another data.data_dir"
        )
    if not Path(builder.data_dir).exists():
        _prepare(name, builder)
    return builder


def _prepare(name: str, builder: Any) -> None:
    """Downloads and writes a set once; TFDS renames it into place when it is whole."""
    import tensorflow_datasets as tfds

    print(f"Preparing {name} in {builder.data_dir}", file=sys.stderr)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.prepare() if name in OWN else builder.download_and_prepare()
    except OSError as error:
        raise UsageError(f"data.data_dir: cannot prepare {name}: {error}") from error


def _stack(name: str, examples: list[dict[str, Any]]) -> Arrays:
    """Examples as arrays: "image" uint8 `[N, H, W, C]` and, where there is one, "label" int32."""
    if not examples or "image" not in examples[0]:
        raise UsageError(f"data.name is {name!r}: no images in it; allowed: image data sets")
    shapes = {example["image"].shape for example in examples}
    if len(shapes) > 1:
        raise UsageError(
            f"data.name is {name!r}: images of {len(shapes)} different shapes; allowed: one"
        )
    images = np.stack([example["image"] for example in examples])
    arrays = {"image": images.reshape(len(images), *_with_channels(images.shape[1:]))}
    if arrays["image"].dtype != np.uint8:
        raise UsageError(
            f"data.name is {name!r}, of {arrays['image'].dtype} images; allowed: uint8"
        )
    if "label" in examples[0]:
        arrays["label"] = np.array([example["label"] for example in examples], np.int32)
    return arrays
