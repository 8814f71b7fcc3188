"""From a config and its data to what can be trained; what cannot be is refused here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, methods, scores
from reprlearn.columns import UNLABELLED, for_model
from reprlearn.data.labels import listed
from reprlearn.digest import sha256
from reprlearn.errors import UsageError
from reprlearn.methods.base import Method
from reprlearn.roles import input_column, input_role, label_role, single
from reprlearn.training import loop, parallel

SHOWN_ROWS, SHOWN_FIELDS = 5, 20  # of a table, in a report


class Experiment(NamedTuple):
    """What a config describes, before anything is trained or written.

    Attributes:
      method: what is trained.
      feed: of its batches.
      dataset: what it learns from.
      sets: of each seed, the arrays of the validation and of the test split, with all classes.
      notes: what a person should be told once, a line each.
    """

    method: Method
    feed: data.Feed
    dataset: data.Dataset
    sets: Sequence[Mapping[str, data.Arrays]]
    notes: Sequence[str] = ()


def assemble(config: ConfigDict, dataset: data.Dataset | None = None) -> Experiment:
    """The method, the data and the feed that a config describes.

    Args:
      config: of a run.
      dataset: what it learns from; None: what `config.data` names.

    Raises:
      UsageError: with the field, its value, and what is allowed.
    """
    dataset = dataset or data.open_dataset(config.data)
    _check_numbers(config.data.classes, dataset)
    config = data.by_number(config, dataset.columns)
    options, method = config.data, methods.from_config(config, dataset.columns)
    if config.training.num_seeds > 1 and options.feed == "stream":
        raise UsageError(
            f"data.feed is 'stream' with training.num_seeds {config.training.num_seeds}; allowed: "
            "auto, device"
        )
    feeds, all_sets, train = [], [], None
    for of_seed in configs.members(config):
        if not all_sets or dataset.drawn:  # what is drawn, each seed draws anew
            sets = {
                split: data.whole(dataset.open(split, of_seed.seed))
                for split in ("validation", "test")
            }
            of_run = of_seed, method, dataset, sets.__getitem__
            scores.check(of_seed.scores, *of_run)
            scores.check(of_seed.watch, *of_run, "validation", field="watch")
            train = None
        may_stream = config.training.num_seeds == 1
        feed, train = _feed(of_seed, method, dataset, train, may_stream=may_stream)
        for split in ("validation", "test"):
            what = f"the {split} split of {dataset.name!r}"
            judged = (method.judged_on, sets[split], dataset.columns)
            data.evaluation_set(*judged, options, of_seed.seed, what)
        feeds.append(feed)
        all_sets.append(sets)
    batch = loop.batch_spec(feeds[0])
    if not options.batch_size:
        parallel.check_shares(next(iter(batch.values())).shape[0])
    loop.abstract_state(method, batch)  # what cannot be built fails here
    feed = feeds[0] if len(feeds) == 1 else data.over_seeds(feeds)
    splits = all_sets[0] | ({} if train is None else {"training": train})
    read = [_what_was_read(dataset)] if dataset.names else []
    read += _what_is_learned_from(options, train or {})
    notes = [*read, *dataset.notes, *_left_out_of_pairs(config, method, dataset, splits)]
    return Experiment(method, feed, dataset, all_sets, notes)


def _what_was_read(dataset: data.Dataset) -> str:
    """A line that shows a person whether the data were understood."""
    x, count = input_column(dataset.columns), {s: len(dataset.open(s)) for s in data.SPLITS}
    what = x.told if x.kind == "tokens" else f"{x.many} of shape {' x '.join(map(str, x.shape))}"
    if "similar" in dataset.columns:
        what = f"pairs of {what}"
    if "y" in dataset.columns:
        classes = len(dataset.columns["y"].names)
        what += f", {classes} class{'es' if classes > 1 else ''}"
    sizes = ", ".join(f"{size:,} {split}" for split, size in count.items())
    return f"{dataset.name}: {what}; {sizes}"


def _what_is_learned_from(options: ConfigDict, train: data.Arrays) -> list[str]:
    """What to tell of classes that are left out, and of labels that are not seen."""
    notes = []
    if options.classes and train:
        notes.append(f"learns from {len(next(iter(train.values()))):,} examples of these classes")
    if options.max_labels and "y" in train:
        known = int((train["y"] != UNLABELLED).sum())
        seen = min(options.max_labels, known)
        notes.append(f"sees the labels of {seen:,} of {known:,} training examples")
    if options.get("target_labels") and "target/y" in train:
        known = train["target/y"][train["target/y"] != UNLABELLED]
        seen = options.target_labels * len(np.unique(known))
        notes.append(f"sees the labels of {seen:,} of {len(known):,} target examples")
    return notes


def _check_numbers(chosen: Sequence[int | str], dataset: data.Dataset) -> None:
    """Refuses numbers of classes that could be taken for the classes' own names."""
    chosen = [label for label in chosen if isinstance(label, int)]
    names = dataset.columns["y"].names if "y" in dataset.columns else ()
    numbered = {name: number for number, name in enumerate(names)}
    if any(numbered.get(str(label), label) != label for label in chosen):
        numbers = tuple(numbered.get(str(label), "none") for label in chosen)
        raise UsageError(
            f"data.classes is {tuple(chosen)}; allowed: numbers of classes, from 0 in the order of "
            f"their names {listed(names)}; the classes of these names have the numbers {numbers}"
        )


def _left_out_of_pairs(
    config: ConfigDict, method: Method, dataset: data.Dataset, splits: Mapping[str, data.Arrays]
) -> list[str]:
    """What to tell of classes of one example, which no pair can be made of."""
    draws = {method.takes.draw, method.judged_on.draw} - {"order"}
    if "similar" in dataset.columns:
        return []
    of_classes = [name for name in config.scores if "y" in scores.load(name).NEEDS.columns]
    if not draws and not of_classes:
        return []
    notes, role = [], label_role(dataset.columns)
    for split, arrays in splits.items():
        y = data.select(single(arrays), config.data.classes)["y"]
        names = [dataset.columns[role].names[label] for label in data.alone(y[y >= 0])]
        if names:
            what = f"the {split} split has one example of {listed(names)}"
            notes.append(f"{what}: left out of pairs and of neighbours")
    return notes


def _feed(
    config: ConfigDict,
    method: Method,
    dataset: data.Dataset,
    train: data.Arrays | None,
    *,
    may_stream: bool,
) -> tuple[data.Feed, data.Arrays | None]:
    """The feed of the training split, from the device or a stream, and the split if it was read.

    Args:
      config: of one seed.
      method: what is trained.
      dataset: what it learns from.
      train: the training split if it was read before.
      may_stream: see `data.feed`.
    """
    options, steps = config.data, config.training.steps
    split = data.split_to_stream(dataset, method.takes, options) if may_stream else None
    if split is not None:
        calls = {"steps": steps, "steps_per_call": config.training.steps_per_call}
        return data.make_stream(split, method.takes, options, **calls), None
    if train is None:
        whole = data.whole(dataset.open("train", config.seed))
        train = for_model(data.select(whole, options.classes), dataset.columns)
    whose = {"steps": steps, "seed": config.seed, "sampler": dataset.sampler}
    return data.make_feed(method.takes, train, options, **whose), train


def describe(config: ConfigDict, experiment: Experiment) -> dict[str, Any]:
    """What environment.json says of the data: enough to build the model, and to know it again.

    A stored training split may be larger than the memory: of it stands what is known of its files.
    So it does where the split lies on the device, and either feed can resume the other's run.
    """
    feed, dataset, sets = experiment.feed, experiment.dataset, experiment.sets[0]
    batch = {name: [list(s.shape), s.dtype] for name, s in loop.batch_spec(feed).items()}
    train = dataset.fingerprint()
    if not train:
        sets = {"train": data.whole(dataset.open("train", config.seed)), **sets}
    return {
        "name": dataset.name,
        "rows": _first_rows(dataset, single(experiment.sets[0]["test"])),
        "columns": {role: column.to_json() for role, column in dataset.columns.items()},
        "batch": batch,
        "sizes": {"train": train.get("examples")}
        | {split: len(next(iter(arrays.values()))) for split, arrays in sets.items()},
        "train": train,
        "sha256": {split: sha256(arrays) for split, arrays in sets.items()} | _weights(config),
    }


def _weights(config: ConfigDict) -> dict[str, str]:
    """The digests of the files of weights that a model is built from, by field."""
    named = {f"model.{name}": value for name, value in config.model.items()}
    files = {p: v for p, v in named.items() if isinstance(v, str) and v.endswith(".npz")}
    return {
        path: sha256(np.fromfile(Path(file).expanduser(), np.uint8)) for path, file in files.items()
    }


def _first_rows(dataset: data.Dataset, arrays: data.Arrays) -> list[dict[str, str]]:
    """A few test examples of a set of vectors, by field, for the run's report."""
    x = dataset.columns[input_role(dataset.columns)]
    y = dataset.columns.get(label_role(dataset.columns))
    if x.kind != "vector":
        return []
    names = x.fields[:SHOWN_FIELDS]
    rows = []
    for place, values in enumerate(arrays["x"][:SHOWN_ROWS]):
        row = {name: f"{value:.6g}" for name, value in zip(names, values, strict=False)}
        if y is not None and y.names and "y" in arrays:
            label = arrays["y"][place]
            row["class"] = y.names[label] if label >= 0 else ""
        if "v" in arrays:
            row["number"] = f"{arrays['v'][place]:.6g}"
        rows.append(row)
    return rows
