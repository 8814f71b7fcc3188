"""What several scores share: groups with their training and validation examples, and intervals."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.subject import Group, Subject, by_training


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
    if split == "train":
        raise UsageError("it is fitted to the training split; allowed: validation, test")
    for of in ("validation", split):
        if not len(by_training(load(of), config.data.classes)[""]["y"]):
            raise UsageError(f"the {of} split has no two examples of one class; allowed: some")


def bounded(name: str, value: float, interval: evaluation.Interval) -> dict[str, float]:
    """A value that is no mean over examples, and the ends of its 95% bootstrap interval."""
    return {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
