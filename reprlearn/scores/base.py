"""What several scores share: groups with their training and validation examples, probes."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.subject import Group, Subject, by_training

UNCHOSEN = 1e-3  # the penalty of a probe, where there is nothing to choose it on


class Fitted(NamedTuple):
    """Examples to judge on, and those that a classifier may be fitted to and chosen on.

    Attributes:
      prefix: "", "unseen_", classes that the run did not learn from, or "target_", a domain that
        is judged with what is fitted to the source.
      test: of the split to judge on.
      train: at most 60,000 of the training split.
      validation: to choose by; None where the validation split itself is judged on.
    """

    prefix: str
    test: Group
    train: Group
    validation: Group | None


def fitted(subject: Subject) -> Iterator[Fitted]:
    """The groups of a split, with the examples of the same classes in the other splits."""
    train, held_out = subject.groups("train"), subject.groups("validation")
    for prefix, test in subject.groups().items():
        of = "" if prefix == "target_" else prefix  # of which nothing may be learned
        chosen_on = held_out.get(of) if subject.split != "validation" else None
        if of in train:
            yield Fitted(prefix, test, train[of], chosen_on)


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, which is fitted to, and splits without labelled examples."""
    check_held_out(split)
    for of in ("validation", split):
        check_labelled(config, load, of)


def check_held_out(split: str) -> None:
    """Refuses the training split to what is fitted to it."""
    if split == "train":
        raise UsageError("it is fitted to the training split; allowed: validation, test")


def check_domains(parts: Mapping[str, Any], split: str, least: int) -> None:
    """Refuses a domain of fewer examples than so many."""
    for name, part in parts.items():
        if len(part["x"]) < least:
            raise UsageError(
                f"the {name} has {len(part['x'])} {split} examples; allowed: {least} or more"
            )


def check_labelled(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a split without labelled examples of the run's classes."""
    if not len(by_training(load(split), config.data.classes)[""]["y"]):
        raise UsageError(f"the {split} split has no two examples of one class; allowed: some")


def bounded(name: str, value: float, interval: evaluation.Interval) -> dict[str, float]:
    """A value that is no mean over examples, and the ends of its 95% interval where it has one."""
    ends = {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return {name: value} | (ends if np.isfinite(interval).all() else {})


def balanced_accuracy(name: str, right: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The mean over the classes of the share that is right, with its interval."""
    _, classes = np.unique(y, return_inverse=True)
    count = classes.max() + 1

    def balanced(places):
        examples = np.bincount(classes[places], minlength=count)
        found = np.bincount(classes[places], right[places], count)
        return (found / examples).mean() if examples.all() else np.nan

    interval = evaluation.bootstrap_of(balanced, len(y), strata=y)
    return bounded(name, balanced(np.arange(len(y))), interval)


def probe(group: Fitted, space: str, places: np.ndarray | None = None) -> evaluation.Probe:
    """The linear probe of all training examples, or of those at some places."""
    rows, labels = group.train.rows(space), group.train.y
    if places is not None:
        rows, labels = rows[places], labels[places]
    if group.validation is None:
        return evaluation.linear_probes(rows, labels, [UNCHOSEN])[0]
    probes = evaluation.linear_probes(rows, labels)
    return evaluation.best_probe(probes, group.validation.rows(space), group.validation.y)
