"""Arrays as a data set: an `.npy` or `.npz` file, or arrays that a caller has.

An `.npy` file holds the examples. The arrays of an `.npz` file are known by their names, upper or
lower case:

| array | names |
|---|---|
| examples | x, images, image, imgs, data, features, inputs, input, arr_0 |
| labels, where there are any | y, labels, label, targets, target, arr_1 |
| pairs of the examples, see `data.listed` | pairs |
| of one split | one of these with train, training, validation, valid, val or test before or after |

So x_train, y_train, x_test and y_test, or train_images and train_labels. For what the examples may
be see `layouts`, for the labels `labels`. Pickles are not read.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reprlearn.columns import Columns, classes, numeric
from reprlearn.data import listed as pairs_of
from reprlearn.data.dataset import SPLITS, Contents, Rows
from reprlearn.data.labels import are_numbers, listed, number_parts, told_of_numbers
from reprlearn.data.layouts import Array, Laid, Mapped, column_of
from reprlearn.data.numpy_files import SUFFIXES, existing, reading
from reprlearn.data.options import Options
from reprlearn.data.splitting import content_keys
from reprlearn.errors import UsageError

USES = frozenset({"split", "split_seed", "max_examples", "scaling"})
ROLES = {
    "x": ("x", "images", "image", "imgs", "data", "features", "inputs", "input", "arr_0"),
    "y": ("y", "labels", "label", "targets", "target", "arr_1"),
    "pairs": ("pairs",),
}
PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test",),
}
WHOLE = ""  # the part of data that bring no splits
# From the name of an array to what it is: its part and its role.
MEANINGS = {name: (WHOLE, role) for role, names in ROLES.items() for name in names}
MEANINGS |= {
    joined: (part, role)
    for role, names in ROLES.items()
    for name in names
    for part, words in PARTS.items()
    for word in words
    for joined in (f"{name}_{word}", f"{word}_{name}")
}


class _Given(NamedTuple):
    """The arrays of one part, and what they are called in messages."""

    part: str
    x: Array
    y: np.ndarray | None
    x_name: str
    y_name: str = ""
    pairs: np.ndarray | None = None


def answers(name: str) -> bool:
    """Whether a name is the path of an `.npy` or `.npz` file."""
    return name.lower().endswith(SUFFIXES)


def read(options: Options, like: Columns | None = None) -> Contents:
    """The arrays in the file that `data.name` names."""
    del like  # nothing of a run changes how a file is read
    return contents(options.name, options)


def contents(name: str, options: Options | None = None) -> Contents:
    """What an `.npy` file, which stays on the disk, or an `.npz` file holds.

    Args:
      name: the path of the file.
      options: `config.data`; of pairs it says how they are split.

    Raises:
      UsageError: a file that is missing, damaged or something else than its name says, or whose
        arrays are no data set.
    """
    where = f"data.name is {name!r}"
    path = existing(name, where)
    if path.suffix.lower() == ".npy":
        with reading(where):
            x = Mapped(str(path.resolve()))
            x.shape  # noqa: B018  the file is opened here
        return _contents([_Given(WHOLE, x, None, f"{where}: its array")], [])
    # Opened here, as NumPy leaves a damaged file open.
    with reading(where), path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if not any(member.endswith(".npy") for member in archive.zip.namelist()):
            held = listed(archive.files) or "nothing"
            raise UsageError(f"{where}, a zip file without arrays: it has {held}; allowed: .npz")
        given, notes = _by_name(archive, where)
    return _paired(given, notes, options)


def from_memory(data: Any, options: Options | None = None) -> Contents:
    """What a caller's arrays hold; they are copied.

    Args:
      data: x; (x, y); {"x": x, "y": y} with names as of `.npz` files; or one of these for each
        split: {"train": (x, y), "validation": (x, y), "test": (x, y)}. Without a validation split
        some of the training examples are it.
      options: `config.data`; of pairs it says how they are split.

    Raises:
      UsageError: arrays that are no data set, and why.
    """
    if isinstance(data, str | Path):
        raise UsageError(f"data is {str(data)!r}; allowed: arrays; a path goes into data.name")
    if not isinstance(data, Mapping):
        return _paired(*_of_one(data, "data"), options)
    words = {word: part for part, known in PARTS.items() for word in known}
    if not data or not all(str(key).lower() in words for key in data):
        return _paired(*_by_name(data, "data"), options)
    given, notes = {}, []
    for key, value in data.items():
        part, where = words[str(key).lower()], f"data: {key}"
        (found, *more), said = _of_one(value, where)
        if more or found.part != WHOLE:
            raise UsageError(f"{where} has splits of its own; allowed: x, or (x, y)")
        if part in given:
            raise UsageError(f"{where} is a second {part} split; allowed: one")
        given[part] = found._replace(part=part)
        notes += said
    return _paired([given[part] for part in SPLITS if part in given], notes, options)


def _of_one(data: Any, where: str) -> tuple[list[_Given], list[str]]:
    """x, (x, y) or a mapping of one part."""
    if isinstance(data, Mapping):
        return _by_name(data, where)
    if not isinstance(data, tuple):
        return _by_name({"x": data}, where)
    if len(data) != 2:
        raise UsageError(f"{where} is a tuple of {len(data)}; allowed: x, or (x, y)")
    x, y = data
    return _by_name({"x": x} if y is None else {"x": x, "y": y}, where)


def _by_name(arrays: Mapping[str, Any], where: str) -> tuple[list[_Given], list[str]]:
    """The arrays of each part, by their names; and a note of those that are not used."""
    found, unused = {}, []
    for name in arrays:
        part, role = MEANINGS.get(str(name).lower(), (None, None))
        if part is None:
            unused.append(str(name))
        elif role in found.setdefault(part, {}):
            _refuse(f"{found[part][role]} and {name} can both be {role}", arrays, where)
        else:
            found[part][role] = name
    for names in found.values():
        if "x" not in names:
            other = next(iter(names.values()))
            _refuse(f"{other} has no examples beside it", arrays, where)
    if not found:
        _refuse("no array is known as examples", arrays, where)
    if WHOLE in found and len(found) > 1:
        _refuse(f"{found[WHOLE]['x']} is there beside arrays of single splits", arrays, where)
    given = []
    for part in (part for part in (WHOLE, *SPLITS) if part in found):
        x, y = found[part]["x"], found[part].get("y")
        x_name, y_name = f"{where}: {x}", f"{where}: {y}"
        labels = None if y is None else _array(arrays, y, y_name)
        array = _array(arrays, x, x_name)
        given.append(_Given(part, array, labels, x_name, y_name))
        if (pairs := found[part].get("pairs")) is not None:
            given[-1] = given[-1]._replace(pairs=_array(arrays, pairs, f"{where}: {pairs}"))
    return given, [f"not used: {listed(sorted(unused))}"] if unused else []


def _refuse(problem: str, arrays: Iterable[Any], where: str) -> None:
    raise UsageError(
        f"{where}: {problem}; it has {listed([str(name) for name in arrays]) or 'nothing'}; "
        f"allowed: examples as one of {', '.join(ROLES['x'])}, labels as one of "
        f"{', '.join(ROLES['y'])}, or such names with train, validation and test, as in x_train"
    )


def _paired(given: Sequence[_Given], notes: Sequence[str], options: Options | None) -> Contents:
    """The arrays of all parts together; with pairs, these are the examples."""
    items = _contents(given, notes)
    with_pairs = [array for array in given if array.pairs is not None]
    if not with_pairs:
        return items
    if len(with_pairs) < len(given):
        raise UsageError(
            f"{given[0].x_name} and {given[-1].x_name}: only one has pairs; allowed: pairs of all "
            "splits, or of none"
        )
    found, start = [], 0
    for array in given:
        what = f"{array.x_name}: pairs"
        pairs = pairs_of.from_array(array.pairs, len(array.x), what)
        found.append(pairs._replace(left=pairs.left + start, right=pairs.right + start))
        start += len(array.x)
    pairs = pairs_of.Pairs(*map(np.concatenate, zip(*found, strict=True)))
    return pairs_of.of_items(items, pairs, options or Options("memory"))


def _contents(given: Sequence[_Given], notes: Sequence[str]) -> Contents:
    """Checks the arrays of all parts together, and joins them."""
    laid = [column_of(array.x, array.x_name) for array in given]
    _check_together(given, laid)
    columns, notes = {"x": laid[0].column}, [*notes, *(found.note for found in laid)]
    arrays = {"x": laid[0].x if len(laid) == 1 else np.concatenate([found.x for found in laid])}
    if given[0].y is not None and any(are_numbers(array.y) for array in given if len(array.y)):
        values = np.concatenate([_as_numbers(array) for array in given])
        columns["v"], arrays["v"] = numeric(), values
        notes.append(told_of_numbers(f"the labels {given[0].y_name}", values))
    elif given[0].y is not None:
        numbered = number_parts([(array.y_name, array.y) for array in given])
        if numbered.names:
            columns["y"], arrays["y"] = classes(numbered.names), numbered.y
        else:
            notes.append("no label is known: the data have no classes")
    whole = given[0].part == WHOLE
    return Contents(
        columns,
        Rows(arrays),
        arrays.get("y"),
        [key for found in laid for key in content_keys(found.x)],
        [f"{array.part}/{i}".lstrip("/") for array in given for i in range(len(array.x))],
        None if whole else [array.part for array in given for _ in range(len(array.x))],
        tuple(dict.fromkeys(filter(None, notes))),
    )


def _as_numbers(given: _Given) -> np.ndarray:
    """Labels that are numbers, float64 `[N]`."""
    if given.y.dtype.kind not in "iuf":
        raise UsageError(f"{given.y_name} has labels of {given.y.dtype} beside numbers elsewhere")
    return given.y.astype(np.float64).reshape(len(given.x))


def _check_together(given: Sequence[_Given], laid: Sequence[Laid]) -> None:
    first = given[0]
    if first.part not in (WHOLE, "train"):
        raise UsageError(f"{first.x_name} without training examples; allowed: train beside it")
    for array, found in zip(given, laid, strict=True):
        if found.column != laid[0].column:
            raise UsageError(
                f"{first.x_name} is {first.x.dtype} {first.x.shape}, {array.x_name} is "
                f"{array.x.dtype} {array.x.shape}; allowed: the same in every split"
            )
        if (array.y is None) != (first.y is None):
            raise UsageError(
                f"{first.x_name} and {array.x_name}: only one has labels; allowed: labels of all "
                "splits (-1 or an empty word where one is not known), or of none"
            )
        if array.y is not None and array.y.shape[:1] != (len(array.x),):
            raise UsageError(
                f"{array.x_name} of shape {array.x.shape} and {array.y_name} of shape "
                f"{array.y.shape}; allowed: a label for each example"
            )


def _array(arrays: Mapping[str, Any], name: str, what: str) -> np.ndarray:
    """A copy of one of the arrays."""
    with reading(what):
        given = arrays[name]
        if np.ma.is_masked(given):
            raise UsageError(f"{what} has masked values; allowed: all values present")
        return np.array(given)
