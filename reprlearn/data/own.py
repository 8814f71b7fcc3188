"""A person's own data as a data set: split by one rule, vectors scaled by the training split."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn import columns
from reprlearn.columns import Column, Columns, check_kind
from reprlearn.data import splitting
from reprlearn.data.dataset import SPLITS, Arrays, Contents, Dataset, Part, Split
from reprlearn.data.labels import listed
from reprlearn.data.listed import left_out
from reprlearn.data.options import Options
from reprlearn.errors import UsageError
from reprlearn.roles import input_column, input_role, input_roles

UNLABELLED_NAME = str(columns.UNLABELLED)
NO_SPLIT = -1
BLOCK = 4_096  # examples that are read at once, where a pass over all is needed


def dataset(contents: Contents, options: Options, like: Columns | None = None) -> Dataset:
    """The data set that `contents` and `config.data` make.

    Where the data bring no split for the test, one rule splits them; see `data.splitting`. Beside
    the three splits there is "all": every example, in the data's own order.

    Args:
      contents: what was read.
      options: `config.data`.
      like: the columns of a run, whose scales and class numbers are taken; None: fitted here.

    Raises:
      UsageError: fewer examples than splits, shares or a scaling that are not allowed; classes that
        the run does not know.
    """
    if like is not None:
        role = input_role(contents.columns)
        check_kind(contents.columns[role], input_column(like), options.name)
        contents = _numbered_as(contents, like)
    roles, examples, labels = dict(contents.columns), contents.examples, contents.labels
    inputs = input_roles(roles)
    x = roles[inputs[0]]
    split = functools.cache(lambda: _split(contents, options))
    notes = list(contents.notes)
    if like is None:
        _check_used(x, options)
        notes += split().notes
        used = np.concatenate(list(split().places.values()))
        if labels is not None and (unlabelled := int((labels[used] < 0).sum())):
            notes.append(f"{unlabelled} examples have no label; what needs labels leaves them out")
    if x.kind == "vector" and like is None:
        may_miss = options.missing == "mean"
        train = np.sort(split().places["train"])  # read in the order of the file
        fitted = scaling(examples, train, x, options.scaling, may_miss=may_miss)
        roles |= dict.fromkeys(inputs, fitted._replace(unit=_in_unit(examples, fitted)))
    elif x.kind == "vector":
        roles |= dict.fromkeys(inputs, input_column(like))

    def places(name: str) -> np.ndarray:
        return np.arange(len(contents.keys)) if name == "all" else split().places[name]

    def open_split(name: str, seed: int = 0, draw: int = 0) -> Part:
        del seed, draw  # stored: the same for all
        mine = places(name)
        return Part(examples, mine, None if labels is None else labels[mine])

    return Dataset(
        options.name,
        roles,
        open_split,
        lambda: {"examples": len(places("train")), "sha256": digest(open_split("train"))},
        names=lambda name: [contents.names[place] for place in places(name)],
        notes=tuple(notes),
    )


def _check_used(x: Column, options: Options) -> None:
    """Refuses a scaling of what is not scaled."""
    if x.kind != "vector" and options.scaling != "standard":
        raise UsageError(f"data.scaling is {options.scaling!r}; allowed on {x.many}: 'standard'")


@dataclasses.dataclass(frozen=True)
class Renumbered:
    """Examples whose classes have the numbers of a run; see `dataset.Split`."""

    examples: Split
    numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.examples)

    def read(self, places: Any) -> Arrays:
        """See `dataset.Split`."""
        arrays = self.examples.read(places)
        y = arrays["y"]
        return arrays | {"y": np.where(y < 0, y, self.numbers[y]).astype(np.int32)}


def _numbered_as(contents: Contents, like: Columns) -> Contents:
    """The contents with a run's class numbers, by the names of the classes."""
    if "y" not in contents.columns or "y" not in like:
        return contents
    wanted, names = like["y"].names, contents.columns["y"].names
    # What the run took for the mark of an unlabelled example is none of its classes here either.
    unlabelled = [UNLABELLED_NAME] if UNLABELLED_NAME not in wanted else []
    if unknown := [name for name in names if name not in (*wanted, *unlabelled)]:
        raise UsageError(
            f"the data have the classes {', '.join(unknown[:10])}, which the run does not know; it "
            f"knows {', '.join(wanted[:10])}"
        )
    known = {name: number for number, name in enumerate(wanted)}
    numbers = np.array([known.get(name, columns.UNLABELLED) for name in names], np.int32)
    y = contents.labels
    return contents._replace(
        columns={**contents.columns, "y": like["y"]},
        examples=Renumbered(contents.examples, numbers),
        labels=np.where(y < 0, y, numbers[y]).astype(np.int32),
    )


def digest(split: Split) -> str:
    """A digest of the arrays of a split, read in blocks."""
    found = hashlib.sha256()
    places = np.arange(len(split))
    if isinstance(split, Part):  # whose examples are read in the order of the file
        places = np.argsort(split.places, kind="stable")
    for block in _blocks(split, places):
        for role, array in block.items():
            found.update(f"{role} {array.dtype} {array.shape[1:]}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def scaling(
    examples: Split, train: np.ndarray, column: Column, way: str, *, may_miss: bool = False
) -> Column:
    """A column of vectors with the offset and the scale of each field, fitted to some examples.

    Args:
      examples: their "x", or of pairs "left/x" and "right/x", is `[N, D]`, NaN where a value is
        missing.
      train: the places of the training examples.
      column: of "x".
      way: "standard", mean 0 and deviation 1; "minmax", from 0 to 1; "none".
      may_miss: whether values may be missing, and become the mean of the training examples.

    Returns:
      the column; a field that is constant gets the scale 1, so that it is 0.

    Raises:
      UsageError: a field that ranges further than float64 can tell.
    """
    count, mean, low, high = _extent(examples, train, column.shape[0])
    filled = {"fill": tuple(mean.tolist())} if may_miss else {}
    with np.errstate(over="ignore"):
        wide = ~np.isfinite(high - low) & (count > 0)
    if wide.any():
        field = int(np.argmax(wide))
        name = column.names[field] if column.names else field
        raise UsageError(
            f"data: field {name} ranges from {low[field]} to {high[field]}; allowed: a range that "
            "float64 can hold"
        )
    if way == "none":
        return column._replace(**filled)
    # Of equal values rounding leaves a little, which nothing may be divided by.
    constant = ~(high - low > 1e-12 * np.maximum(np.abs(low), np.abs(high)))
    offset, scale = low, np.where(constant, 1.0, high - low)
    if way == "standard":
        squares = np.zeros(column.shape)  # in units of the range: of tiny numbers they would be 0
        for block in _blocks(examples, train):
            x = _inputs(block)
            squares += np.nansum(((x - mean) / scale) ** 2, axis=0)
        offset, scale = mean, scale * np.sqrt(squares / np.maximum(count, 1))
    offset, scale = np.where(constant, low, offset), np.where(constant, 1.0, scale)
    offset = np.where(count > 0, offset, 0.0)  # of a field without any value
    return column._replace(offset=tuple(offset.tolist()), scale=tuple(scale.tolist()), **filled)


def _extent(
    examples: Split, places: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each field the number of values that are not missing, their mean, least and greatest."""
    count, total = np.zeros(width), np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for block in _blocks(examples, places):
        x = _inputs(block)
        count += (~np.isnan(x)).sum(axis=0)
        total += np.nansum(x, axis=0)
        low, high = np.fmin(low, np.fmin.reduce(x)), np.fmax(high, np.fmax.reduce(x))
    return count, total / np.maximum(count, 1), low, high


def _in_unit(examples: Split, column: Column) -> bool:
    """Whether all that a model sees lies in [0, 1].

    Raises:
      UsageError: float32 cannot hold a value, as the model sees it.
    """
    inside = True
    for block in _blocks(examples, np.arange(len(examples))):
        x = columns.to_model(column, _inputs(block))
        columns.check_finite("data: vectors as the model sees them", x)
        inside = inside and x.min() >= 0 and x.max() <= 1
    return bool(inside)


def _inputs(block: Arrays) -> np.ndarray:
    """What is scaled, float64 `[N, D]`; of pairs both sides, one after the other."""
    return np.concatenate([np.asarray(block[role], np.float64) for role in input_roles(block)])


class _Splits(NamedTuple):
    """The places of the examples of each split, in its order, and what to tell of it."""

    places: dict[str, np.ndarray]
    notes: Sequence[str] = ()


def _split(contents: Contents, options: Options) -> _Splits:
    """The splits that the data bring, or those of the one rule."""
    # Shuffled: of a set sorted by class the first examples of a split shall be of all classes.
    chosen = splitting.shuffled(contents.keys, options.split_seed)
    chosen = chosen[: options.max_examples or None]
    rule = {"shares": splitting.check_shares(options.split), "seed": options.split_seed}
    rule["class_names"] = contents.columns["y"].names if "y" in contents.columns else ()

    def by_rule(assign: Callable[..., splitting.Assigned], places: np.ndarray):
        keys = [contents.keys[place] for place in places]
        if contents.other_keys is not None:
            keys += [contents.other_keys[place] for place in places]
            return _of_both(assign(keys, None, **rule))
        labels = None if contents.labels is None else contents.labels[places]
        return assign(keys, labels, **rule)

    if contents.given is None:
        part, notes = by_rule(splitting.parts, chosen)
        return _Splits({name: chosen[part == i] for i, name in enumerate(SPLITS)}, notes)
    given = np.array(contents.given)[chosen]
    found, notes = {name: chosen[given == name] for name in SPLITS}, ()
    if not len(found["test"]):  # as of a TFDS set: the final test, never for selection
        found["test"], found["validation"] = found["validation"], chosen[:0]
    if all(map(len, found.values())) and options.split != Options.split:
        raise UsageError(
            f"data.split is {options.split}; allowed where the data bring all three splits: "
            f"{Options.split}"
        )
    if not len(found["validation"]):
        train = found["train"]
        part, notes = by_rule(splitting.validation_of_training, train)
        found["train"], found["validation"] = train[part == 0], train[part == 1]
    if contents.labels is not None:
        notes = (*notes, *_never_trained(contents, found))
    if empty := [name for name in SPLITS if not len(found[name])]:
        raise UsageError(
            f"data.name is {options.name!r}, without examples for the {empty[0]} split; allowed: "
            "a split with examples, or none, and one rule makes it"
        )
    return _Splits(found, notes)


def _of_both(assigned: splitting.Assigned) -> splitting.Assigned:
    """The splits of pairs, from those of the left ones and then of the right ones."""
    left, right = np.split(assigned.part, 2)
    apart = left != right
    notes = (*assigned.notes, *left_out(apart.sum(), len(left)))
    return splitting.Assigned(np.where(apart, NO_SPLIT, left), notes)


def _never_trained(contents: Contents, places: dict[str, np.ndarray]) -> list[str]:
    """What to tell of classes that other splits have and the training split has not."""
    labels, names = contents.labels, contents.columns["y"].names
    trained = set(labels[places["train"]].tolist())
    lacking = [
        name
        for label, name in enumerate(names)
        if label not in trained and any((labels[one] == label).any() for one in places.values())
    ]
    return [f"classes without a training example: {listed(lacking)}"] if lacking else []


def _blocks(split: Split, places: np.ndarray) -> Iterator[Arrays]:
    for start in range(0, len(places), BLOCK):
        yield split.read(places[start : start + BLOCK])
