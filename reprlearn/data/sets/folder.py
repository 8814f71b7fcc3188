"""A person's own images: a folder, whose sub-folders are the classes."""

import contextlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reprlearn import columns
from reprlearn.columns import Column, Columns
from reprlearn.data.dataset import Contents
from reprlearn.data.labels import listed
from reprlearn.data.options import Options
from reprlearn.data.pictures import SUFFIXES
from reprlearn.errors import UsageError, suggestion

LAST = True  # it answers to any path; a file of another family is theirs
USES = frozenset({"channels", "image_size", "on_bad_file", "split", "split_seed", "max_examples"})
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
_CHANNELS = {"auto": "auto", "1": 1, "3": 3}


class Listing(NamedTuple):
    """The images that lie in a folder.

    Attributes:
      files: their paths below the folder, sorted.
      labels: int32 `[N]`; None: there are no class folders.
      classes: the names of the class folders, sorted.
      given: of each file the split in whose folder it lies; None: there are no such folders.
      others: how many files and folders were left alone: hidden, or no images.
    """

    files: Sequence[str]
    labels: np.ndarray | None
    classes: Sequence[str]
    given: Sequence[str] | None
    others: int


def answers(name: str) -> bool:
    """Whether it is a folder or an archive, or looks like a path: "./a", "~/a", "/a", "a/"."""
    path = os.path.expanduser(name)
    looks = name.startswith((".", "~", "/")) or name.lower().endswith(("/", *ARCHIVES))
    return looks or os.path.isdir(path) or ("/" in name and os.path.exists(path))


def check_there(name: str) -> None:
    """Refuses a name of no folder, before the fields that a folder does not use."""
    _existing(name)


def read(options: Options, like: Columns | None = None) -> Contents:
    """The images in the folder that `data.name` names, of the shape of a run's if it is of one."""
    return contents(options.name, options, like["x"] if like else None)


def contents(name: str, options: Options, like: Column | None = None) -> Contents:
    """All images of a folder; they are decoded at the first call.

    Sub-folders are classes, with all that lies below them; without any there are no labels. A
    folder `train`, with `validation` (or `val`) or `test` or both, is no class but a split.

    Args:
      name: the path of the folder.
      options: of `config.data`.
      like: the column "x" of a run. The images get its channels and, where the options have an
        image_size, its size; without one they must have it.

    Raises:
      UsageError: no such folder, or one whose images do not make one set.
    """
    from reprlearn.data import prepared  # TFDS loads for a second
    from reprlearn.data.plan import Plan

    root = _existing(name)
    settings = _settings(name, options, like)
    listing = list_images(name, root)
    plan = Plan(name, root, listing.files, listing.labels, listing.classes, **settings)
    found = prepared.open_images(plan, options.data_dir)
    kept = [i for i, file in enumerate(listing.files) if file not in found.left_out]
    files = [listing.files[i] for i in kept]
    roles = {"x": columns.image(found.examples.shape)}
    if listing.labels is not None:
        roles["y"] = columns.classes(map(_text, listing.classes))
    return Contents(
        roles,
        found.examples,
        None if listing.labels is None else listing.labels[kept],
        [os.fsencode(file) for file in files],
        [_text(file) for file in files],
        None if listing.given is None else [listing.given[i] for i in kept],
        _notes(listing, found.left_out),
    )


def list_images(name: str, root: Path) -> Listing:
    """The images below a folder, with their classes and splits; by suffix, none is opened.

    Raises:
      UsageError: no images, a class folder without any, or images beside class folders.
    """
    files, others = _walk(name, str(root), ())
    if not files:
        raise UsageError(
            f"data.name is {name!r}, a folder without images; allowed: {', '.join(SUFFIXES)}"
        )
    files.sort()
    parts = [file.split("/") for file in files]
    folders = _folders(root)
    splits = _splits(name, folders)
    _check_filled(name, folders + [f"{s}/{f}" for s in splits for f in _folders(root / s)], parts)
    above = 1 if splits else 0  # folders above those of the classes
    depths = [min(len(part), above + 2) for part in parts]
    if min(depths) <= above or len(set(depths)) > 1:
        raise UsageError(
            f"data.name is {name!r}, which has images beside its folders of images, such as "
            f"{files[depths.index(min(depths))]!r}; allowed: all in class folders, or none"
        )
    given = [SPLIT_FOLDERS[part[0].lower()] for part in parts] if splits else None
    if depths[0] == above + 1:
        return Listing(files, None, (), given, others)
    classes = sorted({part[above] for part in parts})
    number = {label: i for i, label in enumerate(classes)}
    labels = np.array([number[part[above]] for part in parts], np.int32)
    return Listing(files, labels, classes, given, others)


def _splits(name: str, folders: Sequence[str]) -> list[str]:
    """The folders that are splits; [] where all of them are classes, as one called train may be."""
    splits = {folder: SPLIT_FOLDERS.get(folder.lower()) for folder in folders}
    parts = [part for part in splits.values() if part]
    if "train" not in parts or (len(parts) == 1 and len(folders) > 1):
        return []
    if len(parts) < len(folders):
        other = next(folder for folder, part in splits.items() if not part)
        raise UsageError(
            f"data.name is {name!r}, which has the folder {other!r} beside "
            f"{listed([folder for folder, part in splits.items() if part])}; allowed: folders of "
            "splits alone (train, validation, test), or of classes alone"
        )
    if twice := [folder for folder, part in splits.items() if parts.count(part) > 1]:
        raise UsageError(
            f"data.name is {name!r}, whose folders {listed(twice)} are the same split; allowed: one"
        )
    return list(folders)


def _walk(name: str, folder: str, above: tuple[str, ...]) -> tuple[list[str], int]:
    """The images in a folder and below it, and how many other things; `above` are its parents."""
    files, others, real = [], 0, os.path.realpath(folder)
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise UsageError(f"data.name is {name!r}: {folder!r}: {error.strerror}") from error
    for entry in entries:
        if _is_hidden(entry.name):
            others += 1
        elif os.path.isdir(entry.path):
            if os.path.realpath(entry.path) not in (*above, real):  # else the links go round
                below, more = _walk(name, entry.path, (*above, real))
                files += [f"{entry.name}/{file}" for file in below]
                others += more
        elif entry.name.lower().endswith(SUFFIXES) and _is_file_or_broken(entry.path):
            files.append(entry.name)
        else:
            others += 1
    return files, others


def _is_hidden(name: str) -> bool:
    """Whether a person does not see it; macOS puts __MACOSX into archives."""
    return name.startswith(".") or name == "__MACOSX"


def _is_file_or_broken(path: str) -> bool:
    """Whether it is a file, or a link to nothing, which is told; not a pipe, which has no end."""
    return os.path.isfile(path) or not os.path.exists(path)


def _folders(folder: Path) -> list[str]:
    """The sub-folders, sorted; without hidden ones and links to the folder itself."""
    real = os.path.realpath(folder)
    below = (e for e in os.scandir(folder) if not _is_hidden(e.name) and os.path.isdir(e.path))
    return sorted(entry.name for entry in below if os.path.realpath(entry.path) != real)


def _check_filled(name: str, folders: Sequence[str], parts: Sequence[Sequence[str]]) -> None:
    """Refuses a folder in which no image lies; the files are given by the parts of their paths."""
    filled = {"/".join(part[:depth]) for part in parts for depth in (1, 2)}
    if empty := [folder for folder in folders if folder not in filled]:
        raise UsageError(
            f"data.name is {name!r}, whose folder {empty[0]!r} has no images; allowed: "
            f"{', '.join(SUFFIXES)} in every folder"
        )


def _existing(name: str) -> Path:
    """The folder of that name; refuses what is none, and says what it is."""
    path = Path(os.path.expanduser(name))
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            return path
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        hint = ""
        with contextlib.suppress(OSError):  # there is no folder above it either
            hint = suggestion(path.name, _folders(path.parent))
        raise UsageError(f"data.name is {name!r}, no such folder.{hint}") from error
    except OSError as error:
        raise UsageError(f"data.name is {name!r}: {error.strerror}") from error
    if name.lower().endswith(ARCHIVES):
        kind = "an archive; unpack it; allowed: a folder of images"
    elif name.lower().endswith(SUFFIXES):
        kind = "one image; allowed: a folder of images"
    else:
        kind = (
            "a file of another kind; allowed: a folder of images, a .npy, .npz, .csv or .tsv file"
        )
    raise UsageError(f"data.name is {name!r}, {kind}")


def _settings(name: str, options: Options, like: Column | None) -> dict[str, Any]:
    """The fields of a `Plan` that the options decide."""
    size = tuple(options.image_size)
    settings = {"channels": _CHANNELS[str(options.channels)], "size": size or None, "only": None}
    if like is not None:
        if like.kind != "image" or like.shape[2] not in (1, 3):
            raise UsageError(
                f"data.name is {name!r}, images of 1 or 3 channels; the run learned from "
                f"{like.told}"
            )
        run = tuple(like.shape[:2])
        settings = {
            "channels": like.shape[2],
            "size": run if size else None,
            "only": None if size else run,
            "least": 1,  # nothing is split
        }
    return settings | {"skip": options.on_bad_file == "skip"}


def _text(file: str) -> str:
    """A name that can be written anywhere: bytes in it that are not UTF-8 become \\xff."""
    return os.fsencode(file).decode(errors="backslashreplace")


def _notes(listing: Listing, left_out: Mapping[str, str]) -> list[str]:
    notes = []
    if len(listing.classes) == 1:
        (label,) = map(_text, listing.classes)
        above = 0 if listing.given is None else 1
        parts = [file.split("/") for file in listing.files]
        deeper = sorted({part[above + 1] for part in parts if len(part) > above + 2})
        hint = f"; if {listed(deeper)} in it are the classes, name that folder" if deeper else ""
        notes.append(f"all images are in one class folder, {label!r}{hint}")
    if listing.others:
        notes.append(f"files and folders left alone, hidden or no images: {listing.others}")
    if left_out:
        first, reason = next(iter(left_out.items()))
        notes.append(f"images left out: {len(left_out)}; the first, {first!r}, {reason}")
    return notes
