"""Which examples train, validate and test, where the data do not say: one rule for every set.

Each example has a key, its name or its content. A seeded hash of the key is a number u in [0, 1).
With shares of 80, 10 and 10, u below 0.8 is training, below 0.9 validation, the rest test. So
examples with equal keys stay together, their order does not matter, and one that is added moves no
other.

There are two exceptions, class by class; the unlabelled are a class of their own, and so are all
examples of data without labels:

* A class with fewer different examples than there are splits is all in training.
* Where a class would miss a split, one example is moved there, with all that equal it: from the
  split that has most of the class, the example whose u is nearest to those of the split. No move
  takes a class's last example out of a split.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn.columns import UNLABELLED
from reprlearn.data.labels import listed
from reprlearn.data.layouts import Array, blocks
from reprlearn.errors import UsageError

PARTS = ("training", "validation", "test")


class Assigned(NamedTuple):
    """The split of each example.

    Attributes:
      part: int8 `[N]`: 0 training, 1 validation, 2 test.
      notes: what a person should be told, a line each.
    """

    part: np.ndarray
    notes: tuple[str, ...]


def check_shares(value: Any) -> tuple[float, ...]:
    """The shares of the splits, so that they sum to 1; refuses all but three positive numbers.

    Raises:
      UsageError: naming data.split, its value and what is allowed.
    """
    fits = isinstance(value, list | tuple) and len(value) == 3
    if not fits or not all(_is_share(share) for share in value):
        raise UsageError(
            f"data.split is {value!r}; allowed: three positive shares of training, validation and "
            "test, such as (80, 10, 10)"
        )
    return tuple(float(share) / float(sum(value)) for share in value)


def parts(
    keys: Sequence[bytes],
    labels: np.ndarray | None,
    shares: Sequence[float],
    seed: int,
    class_names: Sequence[str] = (),
) -> Assigned:
    """Splits examples into training, validation and test, by the rule above.

    Args:
      keys: `[N]`; equal keys stay together, whatever their labels.
      labels: int32 `[N]`, -1 where there is none; None: the data have no labels.
      shares: of training, validation and test; only their ratios matter.
      seed: another seed splits otherwise.
      class_names: in the order of the labels, for the notes.

    Raises:
      UsageError: shares that are not allowed; fewer than three different keys; classes so small
        that a split would be empty.
    """
    return _assign(keys, labels, check_shares(shares), seed, class_names)


def validation_of_training(
    keys: Sequence[bytes],
    labels: np.ndarray | None,
    shares: Sequence[float],
    seed: int,
    class_names: Sequence[str] = (),
) -> Assigned:
    """Takes a validation split out of training examples, of data that bring a test split.

    By the same rule for two splits; arguments and errors are those of `parts`.

    Returns:
      Parts 0 and 1, in the ratio of the first two shares.
    """
    return _assign(keys, labels, check_shares(shares)[:2], seed, class_names)


def shuffled(keys: Sequence[bytes], seed: int) -> np.ndarray:
    """A random order, int64 `[N]`, in which the first examples are a sample of all.

    The hash is independent of the one that splits. An example that is added changes the order of no
    two others. Another seed gives another order.
    """
    return np.argsort(_hashes(keys, seed, b"subset"), kind="stable")


def content_keys(*arrays: Array) -> list[bytes]:
    """A key of each example, 16 bytes, from what it holds; 0.0 and -0.0 are equal.

    Args:
      arrays: each `[N, ...]`, of numbers or text; read a block at a time.
    """
    keys = []
    for rows in blocks(*arrays):
        for row in zip(*(_row_bytes(array[rows]) for array in arrays), strict=True):
            keys.append(hashlib.blake2b(b"".join(row), digest_size=16).digest())
    return keys


def _is_share(share: Any) -> bool:
    # The bounds keep the ratio of two from being 0 or infinite.
    number = isinstance(share, int | float) and not isinstance(share, bool)
    return number and 1e-100 < share < 1e100


def _row_bytes(block: np.ndarray) -> list[bytes]:
    if block.dtype.hasobject:
        raise TypeError("objects have no content of their own; allowed: numbers or text")
    content = (block + 0.0 if block.dtype.kind == "f" else block).tobytes()  # -0.0 + 0.0 is 0.0
    width = len(content) // len(block)
    return [content[i * width : (i + 1) * width] for i in range(len(block))]


def _hashes(keys: Sequence[bytes], seed: int, purpose: bytes) -> np.ndarray:
    """A number of each key, uint64 `[N]`, independent for each seed and purpose."""
    options = {"digest_size": 8, "salt": int(seed).to_bytes(16, "little", signed=True)}
    hashed = (hashlib.blake2b(key, person=purpose, **options).digest() for key in keys)
    return np.frombuffer(b"".join(hashed), "<u8")


def _assign(
    keys: Sequence[bytes],
    labels: np.ndarray | None,
    shares: Sequence[float],
    seed: int,
    class_names: Sequence[str],
) -> Assigned:
    # Groups of equal keys, ascending by hash: nothing depends on the order of the examples.
    hashes, group = np.unique(_hashes(keys, seed, b"split"), return_inverse=True)
    splits = PARTS[: len(shares)]
    if len(hashes) < len(splits):
        raise UsageError(
            f"data: {_count(len(hashes), 'different example')}; allowed: at least {len(splits)}, "
            f"one for each of {_and(splits)}"
        )
    u = (hashes >> np.uint64(11)) * 2.0**-53
    edges = np.concatenate([[0.0], np.cumsum(shares) / np.sum(shares)])
    part = np.searchsorted(edges[1:-1], u, side="right")
    known = np.zeros(len(group), np.int32) if labels is None else labels
    values, classes = np.unique(known, return_inverse=True)
    repaired = _repair(part, u, edges, _groups_of_classes(classes, group))
    if empty := [name for place, name in enumerate(splits) if place not in part]:
        raise UsageError(
            f"data: no example is left for {_and(empty)}, as the classes have too few different "
            f"ones; allowed: a class of at least {len(splits)}, or data that bring their splits"
        )
    moved = _count(int(np.isin(group, list(repaired.moved)).sum()), "example")
    if labels is None:
        notes = [f"{moved} moved to a split that would be empty"] if repaired.moved else []
    else:
        names = [_class_name(value, class_names) for value in values]
        notes = _notes(repaired, moved, names, splits)
    return Assigned(part[group].astype(np.int8), tuple(notes))


class _Repaired(NamedTuple):
    small: list[int]  # classes that are all in training
    moved: dict[int, int]  # groups, and the class for which each was moved
    lacking: list[int]  # classes that still miss a split


def _repair(
    part: np.ndarray, u: np.ndarray, edges: np.ndarray, groups_of: list[np.ndarray]
) -> _Repaired:
    """Makes the two exceptions to the split of each group, in place."""
    splits = len(edges) - 1
    small = [c for c, groups in enumerate(groups_of) if len(groups) < splits]
    fixed = np.zeros(len(part), bool)
    for c in small:
        part[groups_of[c]], fixed[groups_of[c]] = 0, True
    counts = np.array([np.bincount(part[groups], minlength=splits) for groups in groups_of])
    classes_of = _classes_of_shared(groups_of, len(part))
    moved, lacking = {}, []
    for c in np.flatnonzero((counts == 0).any(1) & (counts.sum(1) >= splits)).tolist():
        groups = groups_of[c]
        for missing in np.flatnonzero(counts[c] == 0):
            distance = np.maximum(edges[missing] - u[groups], u[groups] - edges[missing + 1])
            order = np.lexsort((distance, part[groups], -counts[c][part[groups]]))
            for group in groups[order]:
                classes = classes_of.get(group, [c])
                if not fixed[group] and (counts[classes, part[group]] > 1).all():
                    counts[classes, part[group]] -= 1
                    counts[classes, missing] += 1
                    part[group], moved[int(group)] = missing, c
                    break
            else:
                lacking.append(c)
    return _Repaired(small, moved, sorted(set(lacking)))


def _groups_of_classes(classes: np.ndarray, group: np.ndarray) -> list[np.ndarray]:
    """The groups that each class has examples in, ascending."""
    length = int(group.max()) + 1
    owner, groups = np.divmod(np.unique(classes * length + group), length)
    return np.split(groups, np.flatnonzero(np.diff(owner)) + 1)


def _classes_of_shared(groups_of: list[np.ndarray], length: int) -> dict[int, list[int]]:
    """The classes of each group that has several: equal examples with different labels."""
    shared = np.bincount(np.concatenate(groups_of), minlength=length) > 1
    classes_of = {}
    for c, groups in enumerate(groups_of):
        for group in groups[shared[groups]].tolist():
            classes_of.setdefault(group, []).append(c)
    return classes_of


def _notes(
    repaired: _Repaired, moved: str, names: Sequence[str], splits: Sequence[str]
) -> list[str]:
    small, lacking = repaired.small, repaired.lacking
    helped = sorted(set(repaired.moved.values()))
    said = (
        (small, f"classes of fewer than {len(splits)} different examples, all in training"),
        (helped, f"{moved} moved to a split that would miss a class"),
        (lacking, "classes that a split misses, as other classes share their examples"),
    )
    return [f"{what}: {listed([names[c] for c in classes])}" for classes, what in said if classes]


def _class_name(label: int, names: Sequence[str]) -> str:
    if label == UNLABELLED:
        return "the unlabelled"
    return names[label] if label < len(names) else str(label)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
