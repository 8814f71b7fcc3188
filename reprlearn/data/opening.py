"""From a name, or a path, to a data set, and to the arrays of a split."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from reprlearn.columns import Columns, check_kind, domain
from reprlearn.config import source_and_target
from reprlearn.data import domains, options, own, sets
from reprlearn.data.dataset import SPLITS, Arrays, Dataset, whole
from reprlearn.errors import UsageError, check_choice

AT_ONCE = 2_048  # examples that are read at once where a whole set goes through


def open_dataset(group: Any, like: Columns | None = None) -> Dataset:
    """The data set that `config.data` names; of a source and a target the two as one.

    Args:
      group: `config.data`, or anything with some of the attributes of `options.Options`.
      like: the columns of a run, for data that it did not learn from; see `conform`.

    Raises:
      UsageError: an unknown name, a field that the set does not use, or what the family refuses.
    """
    asked = options.read(group)
    names = [name for name in (asked.name, asked.target) if name is not None]
    found = []
    for name, called in zip(names, (contextlib.nullcontext, _of_target), strict=False):
        with called():
            found.append(sets.family_of(name))
            getattr(found[-1], "check_there", lambda name: None)(name)
    if like is None:
        used = {field for family in found for field in getattr(family, "USES", ())}
        options.check_used(asked, used, " and ".join(map(repr, names)))
    asked = [dataclasses.replace(asked, name=name, target=None) for name in names]
    if len(found) == 1:
        dataset = found[0].open_set(asked[0], like)
    else:
        of_source, of_target = (like and domain(like, name) for name in domains.DOMAINS)
        source = found[0].open_set(asked[0], of_source)
        if of_target is None and source.columns["x"].kind == "vector":
            of_target = source.columns  # one scale and one order of fields for both
        with _of_target():
            target = found[1].open_set(asked[1], of_target)
        dataset = domains.join(source, target)
    return dataset if like is None else conform(dataset, like)


@contextlib.contextmanager
def _of_target() -> Iterator[None]:
    """Within it what is wrong with `data.name` is wrong with `data.target`."""
    try:
        yield
    except UsageError as error:
        message = str(error)
        if message.startswith("data.name is"):
            message = message.replace("data.name", "data.target", 1)
        raise UsageError(message) from error


def from_memory(given: Any, group: Any, like: Columns | None = None) -> Dataset:
    """The data set of a caller's arrays: x, (x, y), or {"train": {"x": ..., "y": ...}, ...}.

    Raises:
      UsageError: what can be no data set, and why; a field of `config.data` that arrays do not use.
    """
    from reprlearn.data.sets import arrays

    asked = dataclasses.replace(options.read(group), name="memory")
    if asked.target is not None and like is None:
        raise UsageError(f"data.target is {asked.target!r}; allowed with data in memory: None")
    asked = dataclasses.replace(asked, target=None)
    if like is None:
        options.check_used(asked, arrays.USES, "data in memory")
    found = own.dataset(arrays.from_memory(given), asked, like)
    return found if like is None else conform(found, like)


def open_other(given: Any, group: Any, like: Columns) -> Dataset:
    """Other data of a run's columns, or the same where they are now.

    Args:
      given: a name or a path in place of `data.name`, of two domains "source,target"; or arrays,
        see `from_memory`.
      group: `config.data`.
      like: the run's columns, by role; of one domain alone where there is no "source/x".

    Raises:
      UsageError: data of other columns, and how they differ.
    """
    if not isinstance(given, str | Path):
        return from_memory(given, group, like)
    asked = dataclasses.replace(options.read(group), name=str(given))
    if "x" in like:
        return open_dataset(dataclasses.replace(asked, target=None), like)
    source, target = source_and_target(str(given))
    asked = dataclasses.replace(asked, name=source, target=target or asked.target)
    return open_dataset(asked, like)


def parts_of(dataset: Dataset, split: str | None, seed: int) -> Iterator[tuple[Arrays, np.ndarray]]:
    """The examples of a split in their order, a part at a time, with their names.

    Args:
      dataset: not of two domains.
      split: one of SPLITS, or "all", of a person's own data; None: "all" where there is that.
      seed: of a run, for sets that are drawn.

    Raises:
      UsageError: a split that there is not, or two domains.
    """
    if "x" not in dataset.columns:
        raise UsageError(f"{dataset.name!r} are two domains; allowed: one data set, with --data")
    splits = (*SPLITS, "all") if dataset.names else SPLITS
    split = split or ("all" if dataset.names else "test")
    check_choice("split", split, splits)
    opened = dataset.open(split, seed)
    names = np.array(dataset.names(split) if dataset.names else range(len(opened))).astype(str)
    for start in range(0, len(opened), AT_ONCE):
        places = range(start, min(start + AT_ONCE, len(opened)))
        yield opened.read(places), names[start : places.stop]


def conform(dataset: Dataset, like: Columns) -> Dataset:
    """The data set, if it is of a run's columns; it may lack labels.

    Raises:
      UsageError: which column differs, and how.
    """
    for role, column in dataset.columns.items():
        wanted = like.get(role)
        if wanted is None:
            continue
        check_kind(column, wanted, dataset.name)
        if column.names != wanted.names:
            raise UsageError(
                f"{dataset.name}: {role} is {', '.join(column.names[:10])}; the run knows "
                f"{', '.join(wanted.names[:10])}"
            )
    return dataset


def load(
    name: str,
    split: str,
    *,
    target: str | None = None,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    seed: int = 0,
    first: int | None = None,
) -> Arrays:
    """A split of a data set as arrays; the set is prepared at the first call.

    Where a set has no validation split of its own, the last tenth of its training split is it; a
    set with nothing but a training split gives the last tenth for the test and the tenth before it
    for validation. How a person's own data are split: see `data.splitting`.

    Args:
      name: mnist_5k, digits, mnist, fashion_mnist, kmnist, emnist-letters, any image set of TFDS;
        one that is drawn: ring, grid, moons, moons-D; or a path: a folder of images, a .npy, .npz,
        .csv or .tsv file.
      split: "train", "validation" or "test".
      target: another set, the domain to adapt to.
      data_dir: where prepared sets live; by default TFDS's own folder.
      manual_dir: a folder with the idx files of the MNIST family, for use without a network.
      seed: of a set that is drawn.
      first: how many examples, from the start; None: all.

    Returns:
      "x", images uint8 or in [0, 1], `[N, H, W, C]`, or vectors `[N, D]` in units of their own; and
      "y", int32 `[N]`, where the set has labels. Of two domains "source/x", "source/y", "target/x"
      and, but for validation, "target/y".

    Raises:
      UsageError: an unknown name or split, files that are missing or unreadable, or a stock
        TFDS set that is not prepared while TensorFlow is not installed.
    """
    check_choice("split", split, SPLITS)
    dataset = open_dataset(options.Options(name, target, data_dir, manual_dir))
    return whole(dataset.open(split, seed), first)
