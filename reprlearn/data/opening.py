"""From a name, or a path, to a data set, and to the arrays of a split."""

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from reprlearn.columns import Columns, check_kind
from reprlearn.config import source_and_target
from reprlearn.data import domains, listed, options, own, sets
from reprlearn.data.dataset import SPLITS, Arrays, Contents, Dataset, Rows, whole
from reprlearn.data.splitting import content_keys
from reprlearn.errors import UsageError, check_choice, said_of
from reprlearn.roles import DOMAINS, domain, input_column, is_file_of_pairs

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
    of_target_said = functools.partial(said_of, "data.target")
    for name, called in zip(names, (contextlib.nullcontext, of_target_said), strict=False):
        with called():
            found.append(sets.family_of(name))
            getattr(found[-1], "check_there", lambda name: None)(name)
    if like is None:
        used = {field for family in found for field in getattr(family, "USES", ())}
        if is_file_of_pairs(asked.pairs):
            used |= {"split", "split_seed", "max_examples"}  # pairs are split as own data are
        options.check_used(asked, used, " and ".join(map(repr, names)))
    asked = [dataclasses.replace(asked, name=name, target=None) for name in names]
    if is_file_of_pairs(asked[0].pairs) and (like is None or "left/x" in like):
        dataset = _of_pairs(found, asked, like)
    elif len(found) == 1:
        dataset = _open(found[0], asked[0], like)
    else:
        of_source, of_target = (like and domain(like, name) for name in DOMAINS)
        source = _open(found[0], asked[0], of_source)
        if of_target is None and source.columns["x"].kind == "vector":
            of_target = source.columns  # one scale and one order of fields for both
        with said_of("data.target"):
            target = _open(found[1], asked[1], of_target)
        dataset = domains.join(source, target)
    return dataset if like is None else conform(dataset, like)


def _open(family: ModuleType, asked: options.Options, like: Columns | None) -> Dataset:
    """A set of a family: one that the family knows, or a person's own."""
    if hasattr(family, "open_set"):
        return family.open_set(asked, like)
    return own.dataset(family.read(asked, like), asked, like)


def _of_pairs(
    families: list[ModuleType], asked: list[options.Options], like: Columns | None
) -> Dataset:
    """Pairs of the examples of a set, which a file lists: own data's, or a training split's.

    Raises:
      UsageError: pairs of two domains, and what `listed.read` refuses.
    """
    if len(asked) > 1:
        raise UsageError(f"data.target is {asked[1].name!r}; allowed with a file of pairs: None")
    (family,), (asked,) = families, asked
    if hasattr(family, "open_set"):
        known = family.open_set(asked)
        x = whole(known.open("train"))["x"]
        names = [str(place) for place in range(len(x))]
        items = Contents(
            {"x": known.columns["x"]}, Rows({"x": x}), None, content_keys(x), names, None
        )
    else:
        items = family.read(asked, like and {"x": like["left/x"]})
    return own.dataset(_listed(items, asked), asked, like)


def _listed(items: Contents, asked: options.Options) -> Contents:
    """The pairs of these examples that the file lists."""
    if "similar" in items.columns:
        raise UsageError(
            f"data.pairs is {asked.pairs!r}; allowed with data that hold pairs: sampled"
        )
    return listed.of_items(items, listed.read(asked.pairs, items.names, asked.name), asked)


def from_memory(given: Any, group: Any, like: Columns | None = None) -> Dataset:
    """The data set of a caller's arrays: x, (x, y), {"x": x, "pairs": pairs}, or these by split.

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
    found = arrays.from_memory(given, asked)
    if is_file_of_pairs(asked.pairs) and (like is None or "left/x" in like):
        found = _listed(found, asked)
    found = own.dataset(found, asked, like)
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
    if "source/x" not in like:
        return open_dataset(dataclasses.replace(asked, target=None), like)
    source, target = source_and_target(str(given))
    asked = dataclasses.replace(asked, name=source, target=target or asked.target)
    return open_dataset(asked, like)


def open_examples(given: Any, group: Any, like: Columns, *, classes: bool = True) -> Dataset:
    """The set whose examples go through a run one by one.

    Args:
      given: as of `open_other`; None: the one that `group` names, of listed pairs their examples.
      group: `config.data`.
      like: the run's columns.
      classes: whether the set may have no others than the run's.
    """
    known = {role.removeprefix("source/"): column for role, column in like.items()}
    single = {"x": input_column(like)} | ({"y": known["y"]} if classes and "y" in known else {})
    return open_other(group.name if given is None else given, group, single)


def usual_split(dataset: Dataset) -> str:
    """The split that is meant where none is named: of a person's own data all, else the test."""
    return "all" if dataset.names else "test"


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
    split = split or usual_split(dataset)
    check_choice("split", split, (*SPLITS, "all") if dataset.names else SPLITS)
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
