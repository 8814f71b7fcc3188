"""Two data sets as two domains: a labelled source, and a target to adapt to."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from reprlearn.columns import UNLABELLED, Column
from reprlearn.data.dataset import Arrays, Dataset, Split, whole
from reprlearn.errors import UsageError
from reprlearn.roles import DOMAINS, ORACLE, X_OF_DOMAINS


@dataclasses.dataclass(frozen=True)
class Joined:
    """A split of each domain; they differ in length, so they have no places in common.

    Attributes:
      splits: by domain.
      classes: of the target: the source's number of each of its classes.
      length: of texts, to which the shorter ones are filled up with 0; 0: no texts.
      hidden: whether the target's labels stand under ORACLE, where no score takes them for labels.
    """

    splits: dict[str, Split]
    classes: np.ndarray
    length: int = 0
    hidden: bool = False

    def whole(self, first: int | None) -> Arrays:
        """All arrays, or the first examples of each domain."""
        arrays = {
            f"{domain}/{role}": array
            for domain, split in self.splits.items()
            for role, array in whole(split, first).items()
        }
        if "target/y" in arrays:
            y = arrays["target/y"]
            arrays["target/y"] = np.where(y < 0, UNLABELLED, self.classes[y]).astype(np.int32)
        for role in X_OF_DOMAINS if self.length else ():
            missing = self.length - arrays[role].shape[1]
            arrays[role] = np.pad(arrays[role], [(0, 0), (0, missing)])
        if self.hidden and "target/y" in arrays:
            arrays[ORACLE] = arrays.pop("target/y")
        return arrays


def join(source: Dataset, target: Dataset) -> Dataset:
    """The two as one set, of the roles "source/x", "source/y", "target/x", ...

    Sets that are drawn are drawn anew for the target. Its validation split has no labels but under
    ORACLE: nothing may be selected by them, and what is measured by them says so in its name.

    Raises:
      UsageError: examples of two kinds or shapes, or classes of different names.
    """
    ours, theirs = source.columns["x"], target.columns["x"]
    length = 0
    if ours.kind == theirs.kind == "tokens":
        length = max(ours.shape[0], theirs.shape[0])
        ours, theirs = (column._replace(shape=(length,)) for column in (ours, theirs))
    if (ours.kind, ours.shape, ours.names) != (theirs.kind, theirs.shape, theirs.names):
        raise UsageError(
            f"data.target is {target.name!r}, with {_told(theirs)}; data.name {source.name!r} has "
            f"{_told(ours)}; allowed: one kind and one shape"
        )
    ours = ours._replace(unit=ours.unit and theirs.unit)
    roles = {
        f"{domain}/{role}": column
        for domain, one in zip(DOMAINS, (source, target), strict=True)
        for role, column in one.columns.items()
    }
    roles |= dict.fromkeys(X_OF_DOMAINS, ours)  # a model sees both alike
    classes = np.arange(0)
    if "y" in target.columns:
        named = source.columns["y"].names if "y" in source.columns else ()
        classes = _matched(named, target.columns["y"].names, source.name, target.name)
        roles["target/y"] = roles["target/y"]._replace(names=named)

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Joined:
        splits = {
            domain: one.open(split, seed, 2 * draw + place)
            for place, (domain, one) in enumerate(zip(DOMAINS, (source, target), strict=True))
        }
        return Joined(splits, classes, length, hidden=split == "validation")

    def fingerprint():
        known = {"source": source.fingerprint(), "target": target.fingerprint()}
        if not all(known.values()):  # one is drawn: all is read
            return {}
        return known | {"examples": {name: one["examples"] for name, one in known.items()}}

    name = f"{source.name} and {target.name}"
    drawn = source.drawn or target.drawn
    notes = (*source.notes, *target.notes)
    return Dataset(name, roles, open_split, fingerprint, drawn=drawn, notes=notes)


def _told(column: Column) -> str:
    names = f" ({', '.join(column.names[:6])}, ...)" if column.names else ""
    return f"{column.told}{names}"


def _matched(ours: Sequence[str], theirs: Sequence[str], source: str, target: str) -> np.ndarray:
    """Of each class of the target the source's number: classes are the same by their names.

    A target may lack classes; none can be judged on one that the source never shows.
    """
    if unknown := [name for name in theirs if name not in ours]:
        missing = [name for name in ours if name not in theirs]
        raise UsageError(
            f"data.target is {target!r}, with the class{'es' * (len(unknown) > 1)} "
            f"{', '.join(unknown[:10])}, which {source!r} lacks"
            + (f", and without {', '.join(missing[:10])}" if missing else "")
            + "; allowed: the same class names"
        )
    return np.array([ours.index(name) for name in theirs], np.int32)
