"""What several scores share: groups with their training and validation examples, and intervals."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.subject import Group, Subject, by_training


class Fitted(NamedTuple):
    """Examples to judge on, and those that a classifier may be fitted to and chosen on.

    Attributes:
      prefix: "" or "unseen_", classes that the run did not learn from.
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
        chosen_on = held_out.get(prefix) if subject.split != "validation" else None
        if prefix in train:
            yield Fitted(prefix, test, train[prefix], chosen_on)


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, which is fitted to, and splits without labelled examples."""
    if split == "train":
        raise UsageError("it is fitted to the training split; allowed: validation, test")
    for of in ("validation", split):
        if not len(by_training(load(of), config.data.classes)[""]["y"]):
            raise UsageError(f"the {of} split has no two examples of one class; allowed: some")


def accuracy(name: str, right: np.ndarray) -> dict[str, float]:
    """The share that is right, with a 95% bootstrap interval over the examples."""
    low, high = evaluation.bootstrap(right)
    return {name: float(right.mean()), f"{name}_low": low, f"{name}_high": high}
