"""Judging trained runs: their scores, kept beside the run, and what those of its seeds say."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn import kept, notes, scores, seeds
from reprlearn.digest import sha256
from reprlearn.errors import StorageError, UsageError
from reprlearn.subject import Subject
from reprlearn.training import metrics, parallel
from reprlearn.training.step import step_of


class Judgement(NamedTuple):
    """What was measured.

    Attributes:
      values: of all scores, by name; of several seeds the mean, its error, and each.
      first: of the first seed each score, with what its figures are drawn from.
    """

    values: metrics.Values
    first: dict[str, kept.Measured]


def judge(
    subjects: Sequence[Subject],
    chosen: Sequence[str],
    step: int | None = None,
    *,
    keep: bool = True,
) -> Judgement:
    """Measures scores of every seed's run.

    Args:
      subjects: of each seed.
      chosen: names of scores.
      step: of the checkpoint that the runs are of; None: the last one.
      keep: whether they are kept in the run's scores/, by `kept.name_of`.
    """
    every, first = [], subjects[0]
    for subject in subjects:
        every.append(scores.measure(subject, chosen))
        _warn(subject, every[-1], of_run=keep and step is None and first.split == "test")
        subject.forget()
    told: dict[str, Any] = {
        "split": first.split,
        "step": step_of(first.run.state),
        "arrays_of_seed": first.run.config.seed,
        # By these runs know that they are judged on the same examples.
        "sha256": _digests(first) if keep and every[0] else {},
    }
    values = {}
    for name, measured in every[0].items():
        if not all(name in of_seed for of_seed in every):  # it failed for one, which was said
            continue
        of_score = seeds.aggregate([dict(of_seed[name].values) for of_seed in every])
        values |= of_score
        if keep and parallel.is_first_process():
            file = kept.name_of(name, first.split, step)
            try:
                found = kept.Measured(of_score, measured.arrays, _of_examples(name, every))
                kept.write(first.run.workdir, file, found, **scores.about(name), **told)
            except StorageError as error:  # the values go into the summary all the same
                notes.warn(first.run.workdir, f"the score {name!r} is not kept: {error}")
    return Judgement(values, every[0])


def watched(subjects: Sequence[Subject], chosen: Sequence[str]) -> metrics.Values:
    """Scores of runs that are still trained, for metrics.jsonl: of the learned space the values.

    What is beside it, the pixels and what is fitted to them, does not change with training.

    Args:
      subjects: of each seed.
      chosen: names of scores.
    """
    every = []
    for subject in subjects:
        values = scores.values(scores.measure(subject, chosen))
        own = (n for n in values if not kept.belongs(n, values) and kept.parsed(n)[1] == "learned")
        every.append({name: values[name] for name in own})
    return seeds.aggregate(every)


def _warn(subject: Subject, measured: Mapping[str, kept.Measured], *, of_run: bool) -> None:
    """Passes on what scores warn of; into the run's notes what is of its end and its test split."""
    if not parallel.is_first_process():
        return
    for text in (text for of_score in measured.values() for text in of_score.warnings):
        if of_run:
            notes.warn(subject.run.workdir, subject.run.which + text)
        else:
            print(f"{notes.WARNING}{subject.run.which}{text}", file=sys.stderr)


def _digests(subject: Subject) -> dict[str, str]:
    """A digest of the examples of each group; {} where they cannot be grouped."""
    try:
        return {name: sha256(group.arrays) for name, group in subject.groups().items()}
    except UsageError:  # of classes that this split does not have
        return {}


def _of_examples(score: str, every: Sequence[Mapping[str, kept.Measured]]) -> dict[str, np.ndarray]:
    """The values of each example `[N]`, or of all seeds `[S, N]` where they are of as many."""
    found: dict[str, np.ndarray] = {}
    for name, first in every[0][score].examples.items():
        of_seeds = [one[score].examples.get(name) for one in every]
        if all(each is not None and each.shape == first.shape for each in of_seeds):
            found[name] = first if len(every) == 1 else np.stack(of_seeds)
    return found
