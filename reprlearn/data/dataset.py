"""What a data set is to everybody else: one record, whatever family it comes from."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from ml_collections import ConfigDict

from reprlearn.columns import UNLABELLED, Columns, for_model
from reprlearn.config import changed
from reprlearn.data.labels import listed
from reprlearn.errors import UsageError, suggestion
from reprlearn.roles import label_role

Arrays = dict[str, np.ndarray]
Sampler = Callable[[jax.Array, int], dict[str, jax.Array]]

SPLITS = ("train", "validation", "test")


class Split(Protocol):
    """Examples that are read by their places; other processes can be sent it (pickle)."""

    def __len__(self) -> int: ...

    def read(self, places: Sequence[int]) -> Arrays:
        """The examples at some places, in their order: arrays by role, as a person has them."""


def whole(split: Any, first: int | None = None) -> Arrays:
    """All examples of a split, or the first ones, by role."""
    if hasattr(split, "whole"):  # of two domains, which have no places in common
        return split.whole(first)
    return split.read(range(len(split))[:first])


def select(arrays: Arrays, classes: Collection[int]) -> Arrays:
    """The examples of some classes, in their order; of all where `classes` is empty.

    Raises:
      UsageError: a class that the set does not have, or a set without labels.
    """
    if not classes:
        return arrays
    have = set(np.unique(arrays.get("y", ())).tolist()) - {UNLABELLED}
    if missing := [c for c in classes if c not in have]:
        allowed = ", ".join(map(str, sorted(have))) or "(), as the set has no one array of labels"
        raise UsageError(f"data.classes holds {missing[0]!r}; allowed: {allowed}")
    kept = np.isin(arrays["y"], list(classes))
    return {role: array[kept] for role, array in arrays.items()}


def by_number(config: ConfigDict, columns: Columns) -> ConfigDict:
    """The config with the numbers of the classes that `data.classes` names.

    Raises:
      UsageError: a name that no class has.
    """
    chosen = config.data.classes
    if not any(isinstance(name, str) for name in chosen):
        return config
    role = label_role(columns)
    names = columns[role].names if role in columns else ()
    if missing := [name for name in chosen if name not in names]:
        allowed = listed(names) or "(), as the data have no classes"
        near = suggestion(missing[0], names)
        raise UsageError(f"data.classes holds {missing[0]!r}.{near} Choices: {allowed}")
    return changed(config, {"data.classes": tuple(map(names.index, chosen))})


@dataclasses.dataclass(frozen=True)
class Rows:
    """Examples that lie in arrays, each `[N, ...]`."""

    arrays: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def read(self, places: Sequence[int]) -> Arrays:
        """See Split."""
        if isinstance(places, range):  # a run of them, without a copy
            places = slice(places.start, places.stop, places.step)
        return {role: np.asarray(array[places]) for role, array in self.arrays.items()}


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of the examples of a split.

    Attributes:
      examples: of which these are some.
      places: theirs, `[N]`.
      labels: int32 `[N]`, where they are known before anything is read.
    """

    examples: Split
    places: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.places)

    def read(self, places: Sequence[int]) -> Arrays:
        """See Split."""
        return self.examples.read(self.places[places])

    def where(self, chosen: np.ndarray) -> "Part":
        """Those of which bool `[N]` is true."""
        return Part(self.examples, self.places[chosen], self.labels[chosen])


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set: what it has, and how its splits are read.

    Attributes:
      name: as it is told to a person.
      columns: by role: "x", "y"; of two domains "source/x", "source/y", "target/x", ...
      open: (split, seed, draw) -> Split. Of sets that are drawn, seed is the run's, and draw counts
        independent draws of one seed, as two domains are.
      fingerprint: what is known of the training split, to know it again, without decoding it.
      drawn: whether each seed draws its own examples.
      sampler: draws training examples from a key, where the data are a distribution.
      truth: what is known of the distribution; of a mixture its centres and its scale.
      names: of the examples of a split, in its order: file names, row numbers; None: places.
      notes: what a person should be told once, a line each.
    """

    name: str
    columns: Columns
    open: Callable[..., Split]
    fingerprint: Callable[[], dict[str, Any]] = dict
    drawn: bool = False
    sampler: Sampler | None = None
    truth: Any = None
    names: Callable[[str], Sequence[str]] | None = None
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class ForModel:
    """The examples of a split as they lie on a device; see `columns.for_model`."""

    examples: Split
    columns: Columns

    def __len__(self) -> int:
        return len(self.examples)

    def read(self, places: Sequence[int]) -> Arrays:
        """See Split."""
        return for_model(self.examples.read(places), self.columns)


class Contents(NamedTuple):
    """What a person's data hold before they are split: all examples, in their own order.

    Attributes:
      columns: "x", and "y" where there are labels; or those of `roles.pairs`; vectors not
        scaled yet.
      examples: all of them; the x of vectors float64.
      labels: int32 `[N]`, -1 where there is none; None: the data have no labels.
      keys: bytes `[N]`, what decides an example's split: its name, or its content.
      names: of the examples: file names, row numbers from 0.
      given: of each example the split that the data bring, "train", "validation" or "test"; ""
        of one that is in none; None: they bring none.
      notes: what a person should be told once, a line each.
      other_keys: bytes `[N]`, of pairs what decides the split of the right one, as keys do of the
        left one; a pair whose two are in different splits is left out.
    """

    columns: Columns
    examples: Split
    labels: np.ndarray | None
    keys: Sequence[bytes]
    names: Sequence[str]
    given: Sequence[str] | None
    notes: Sequence[str] = ()
    other_keys: Sequence[bytes] | None = None
