"""Pairs that a person lists, of a file or an array: which two examples, and whether similar.

A list of similar pairs alone is enough: then all others are dissimilar. Pairs are split so that no
example of a test pair is in a training pair. Examples that pairs link are one unit, and units are
split by the one rule of `splitting`; where one unit is too large for a split, similar pairs alone
link; and where that is too large too, each example is a unit of its own. A pair whose two are in
different splits is left out. `data.split_by=pair` splits pairs, whatever examples are in them.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn.data import tables
from reprlearn.data.dataset import Arrays, Contents, Split
from reprlearn.data.labels import listed
from reprlearn.data.options import Options
from reprlearn.data.pairs import groups_of
from reprlearn.data.splitting import check_shares
from reprlearn.data.tables import Table
from reprlearn.errors import UsageError, said_of, suggestion
from reprlearn.roles import pairs as columns_of

SIDES = ("left", "right")
SIMILAR = {"0": 0, "-1": 0, "false": 0, "1": 1, "true": 1}
ALLOWED = "allowed: 0 and 1, -1 and 1, or false and true"


class Pairs(NamedTuple):
    """Pairs of examples.

    Attributes:
      left, right: int64 `[P]`, places among the examples.
      similar: int32 `[P]`, 1 or 0.
    """

    left: np.ndarray
    right: np.ndarray
    similar: np.ndarray


def read(path: str, names: Sequence[str], of: str) -> Pairs:
    """The pairs in a table: columns "left", "right", and "similar" unless all pairs are.

    Args:
      path: of a .csv or .tsv file with a header.
      names: of the examples, as the file has them: file names, or row numbers from 0.
      of: the data set, in words.

    Raises:
      UsageError: no such table, an example that is none, or another word for similar.
    """
    with said_of("data.pairs"):
        table = tables.read(path, text=(*SIDES, "similar"))
    field = f"data.pairs is {path!r}"
    if lacking := [side for side in SIDES if side not in table.columns]:
        raise UsageError(
            f"{field}, without the column{'s' * (len(lacking) > 1)} {' and '.join(lacking)}; its "
            f"columns: {listed(list(table.columns))}; allowed: left, right, and similar"
        )
    places = {name: place for place, name in enumerate(names)}

    def strange(cell: str) -> str:
        return f"no example of {of!r}.{suggestion(cell, names)} Examples: {listed(names[:3])}, ..."

    left, right = (_numbers(table, side, places, field, strange) for side in SIDES)
    if "similar" not in table.columns:
        return Pairs(left, right, np.ones(len(left), np.int32))
    return Pairs(left, right, kinds(table, field))


def kinds(table: Table, field: str) -> np.ndarray:
    """The column "similar" of a table, int32 `[P]`, 1 or 0; `field` has the table, in words.

    Raises:
      UsageError: another word in it, or both words for dissimilar.
    """
    values = table.columns["similar"].values
    if {"0", "-1"} <= set(values):
        raise UsageError(f"{field}, whose similar is 0 and also -1; {ALLOWED}")
    folded = {value: SIMILAR[value.lower()] for value in values if value.lower() in SIMILAR}
    return _numbers(table, "similar", folded, field, lambda cell: ALLOWED).astype(np.int32)


def _numbers(
    table: Table, name: str, known: Mapping[str, int], field: str, wrong: Callable[[str], str]
) -> np.ndarray:
    """The number of each cell of a column; `wrong` says what is wrong with one that has none."""
    column = table.columns[name]
    values = np.array([known.get(value, -1) for value in column.values] + [-1])
    found = values[column.codes]  # a missing cell, -1, is the last
    if (bad := np.flatnonzero(found < 0)).size:
        code, line = column.codes[bad[0]], table.lines[bad[0]]
        cell = column.values[code] if code >= 0 else ""
        raise UsageError(f"{field}, whose {name} in line {line} is {cell!r}, {wrong(cell)}")
    return found


def from_array(pairs: np.ndarray, count: int, what: str) -> Pairs:
    """The pairs in an array, `[P, 3]`, left, right and similar, or `[P, 2]` where all are similar.

    Args:
      pairs: integers: two places among the examples, from 0, and 1, or 0 or -1.
      count: how many examples there are.
      what: has this array, in words.

    Raises:
      UsageError: another shape or dtype, a place of no example, or another number for similar.
    """
    if pairs.ndim != 2 or pairs.shape[1] not in (2, 3) or pairs.dtype.kind not in "iu":
        raise UsageError(
            f"{what} is {pairs.dtype} of shape {pairs.shape}; allowed: integers (P, 3), left, "
            "right and similar, or (P, 2), similar pairs"
        )
    if not len(pairs):
        raise UsageError(f"{what} has no pairs; allowed: at least one")
    places = pairs[:, :2].astype(np.int64)
    wrong = np.argwhere((places < 0) | (places >= count))
    if len(wrong):
        row, side = wrong[0]
        raise UsageError(
            f"{what} has {SIDES[side]} {places[row, side]} in row {row}; allowed: 0 to {count - 1}"
        )
    similar = pairs[:, 2] if pairs.shape[1] == 3 else np.ones(len(pairs), np.int32)
    if not any(set(np.unique(similar).tolist()) <= allowed for allowed in ({0, 1}, {-1, 1})):
        raise UsageError(
            f"{what} has similar {listed([str(value) for value in np.unique(similar)])}; {ALLOWED}"
        )
    return Pairs(*places.T, (similar == 1).astype(np.int32))


def of_items(items: Contents, pairs: Pairs, options: Options) -> Contents:
    """Pairs of examples as a person's data: each pair is an example, of `roles.pairs`.

    Args:
      items: the examples.
      pairs: of them.
      options: `config.data`.
    """
    left, right = pairs.left.tolist(), pairs.right.tolist()
    given, other_keys, notes = None, None, list(items.notes)
    if items.given is not None:
        both = ((items.given[i], items.given[j]) for i, j in zip(left, right, strict=True))
        given = [one if one == other else "" for one, other in both]
        notes += left_out(given.count(""), len(given))
    if options.split_by == "pair":
        ends = (sorted((items.keys[i], items.keys[j])) for i, j in zip(left, right, strict=True))
        keys = [hashlib.blake2b(b"".join(two), digest_size=16).digest() for two in ends]
    else:
        unit = units(items.keys, pairs, min(check_shares(options.split)))
        keys, other_keys = [unit[i] for i in left], [unit[j] for j in right]
    return Contents(
        columns_of(items.columns["x"]),
        Listed(items.examples, pairs),
        None,
        keys,
        [f"{items.names[i]} {items.names[j]}" for i, j in zip(left, right, strict=True)],
        given,
        notes,
        other_keys,
    )


def left_out(count: int, of: int) -> list[str]:
    """What to tell of pairs whose two are in different splits."""
    what = "pairs left out, as their two are in different splits"
    return [f"{what}: {count:,} of {of:,}"] if count else []


def units(keys: Sequence[bytes], pairs: Pairs, most: float) -> Sequence[bytes]:
    """A key of each example: examples of one unit have the same, the least of theirs.

    Args:
      keys: of the examples; equal ones are of one unit.
      pairs: which link examples: all do, or similar ones alone, or none.
      most: a unit may hold this share of the examples that are in pairs; else fewer pairs link.
    """
    different = sorted(set(keys))
    number = {key: node for node, key in enumerate(different)}
    node = np.array([number[key] for key in keys])
    used = np.unique(node[np.concatenate([pairs.left, pairs.right])])
    for chosen in (np.ones(len(pairs.left), bool), pairs.similar == 1):
        ends = node[pairs.left[chosen]], node[pairs.right[chosen]]
        unit = groups_of(*ends, len(different))
        if np.bincount(unit[used]).max() <= most * len(used):
            _, first = np.unique(unit, return_index=True)  # the nodes are in the order of the keys
            return [different[first[unit[place]]] for place in node]
    return keys


@dataclasses.dataclass(frozen=True)
class Listed:
    """Pairs as the examples of a split.

    Attributes:
      examples: of which the pairs are.
      pairs: theirs.
    """

    examples: Split
    pairs: Pairs

    def __len__(self) -> int:
        return len(self.pairs.left)

    def read(self, places: Any) -> Arrays:
        """See Split."""
        left, right, similar = (array[np.asarray(places, np.int64)] for array in self.pairs)
        used, where = np.unique(np.concatenate([left, right]), return_inverse=True)
        x = self.examples.read(used)["x"]
        return {"left/x": x[where[: len(left)]], "right/x": x[where[len(left) :]]} | {
            "similar": similar
        }
