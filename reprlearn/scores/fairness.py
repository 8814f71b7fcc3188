"""Fairness: whether groups are decided on alike, and whether codes tell who is of which.

The gaps are of the run's own predictions. The attribute is asked of fresh classifiers, fitted to
the training split: what they find, anybody who gets the codes can find. The raw fields beside are
those that the run sees.

A small gap on this test split promises nothing of another population, of single people, of groups
that are in no column, nor of what is done with a decision; and labels may be unfair themselves.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import data, evaluation, plots
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import balanced_accuracy, bounded, check_held_out
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("predict", "encode"), columns=("y", "s"))
QUESTION = "are groups decided on alike, and do codes tell the group? gaps, fresh classifiers"
METRICS = {
    "accuracy": Metric("share of examples whose class is predicted", "higher"),
    "balanced_accuracy": Metric("the mean of the classes' accuracies", "higher"),
    "demographic_parity": Metric("how differently often a class is predicted of groups", "lower"),
    "equalized_odds": Metric("the same among the examples of one class, at most", "lower"),
    "demographic_parity_chance": Metric("what the gap stays below in 95% of shuffled groups"),
    "equalized_odds_chance": Metric("the same, groups shuffled within each class"),
    "attribute_linear": Metric("groups told by a linear classifier, balanced accuracy", "lower"),
    "attribute_boosted": Metric("the same by boosted trees", "lower"),
}
CAPTIONS = {
    "groups": (
        "How often each group is predicted to be of a class: of all its examples, and of those "
        "that are of a class. Bars are 95% intervals. Demographic parity is equal shares of all, "
        "equalized odds equal shares within each class."
    )
}


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, and a split without labelled examples of two groups."""
    check_held_out(split)
    groups = np.unique(_examples(load(split), config.data.classes)["s"])
    if len(groups) < 2:
        raise UsageError(f"the {split} split has examples of one group alone; allowed: two or more")


def measure(subject: Subject) -> Measured:
    """The gaps, and how well each representation tells the group."""
    run, classes = subject.run, subject.run.config.data.classes
    test, train = (_examples(subject.load(of), classes) for of in (None, "train"))
    predicted = run.predict(test["x"]).argmax(axis=1)
    y, s = test["y"], test["s"]
    values = {"fairness/accuracy": predicted == y}
    values |= balanced_accuracy("fairness/balanced_accuracy", predicted == y, y)
    values |= _gaps(predicted, y, s, run.config.seed) | _attribute(subject, train, test)
    counts = len(run.class_names), len(run.columns["s"].names)
    parts = {"all": np.ones(len(y), bool)}
    parts |= {f"class {run.class_names[place]}": y == place for place in np.unique(y)}
    shares = [evaluation.predicted_shares(predicted[p], s[p], *counts) for p in parts.values()]
    return Measured(
        values,
        {
            "parts": np.array(list(parts)),
            "shares": np.stack([each.share for each in shares]),
            "counts": np.stack([each.count for each in shares]),
            "classes": np.array(run.class_names),
            "groups": np.array(run.columns["s"].names),
        },
    )


def _gaps(predicted: np.ndarray, y: np.ndarray, s: np.ndarray, seed: int) -> dict[str, float]:
    """Both gaps with their intervals, and what chance makes of them."""

    def gaps(places):
        drawn, groups = predicted[places], s[places]
        parity = evaluation.demographic_parity_gap(drawn, groups)
        return parity, evaluation.equalized_odds_gap(drawn, y[places], groups)

    values, names = {}, ("demographic_parity", "equalized_odds")
    intervals = evaluation.bootstrap_all(gaps, len(y), strata=s)
    for name, value, interval in zip(names, gaps(np.arange(len(y))), intervals, strict=True):
        values |= bounded(f"fairness/{name}", value, interval)
    chance = evaluation.gaps_by_chance(predicted, y, s, seed=seed)
    return values | {f"fairness/{n}_chance": v for n, v in zip(names, chance, strict=True)}


def _attribute(subject: Subject, train: data.Arrays, test: data.Arrays) -> dict[str, Any]:
    """How well the group is told in each space; nothing where no classifier can be fitted."""
    values, s = {}, test["s"]
    for space in ("learned", "pixels"):
        rows = [subject.spaces[space](examples["x"]) for examples in (train, test)]
        if len(np.unique(train["s"])) < 2 or not all(np.isfinite(each).all() for each in rows):
            continue
        for classifier in evaluation.RECOVERING:
            told = evaluation.recovered(
                rows[0], train["s"], rows[1], classifier, subject.run.config.seed
            )
            name = f"fairness/{called('', space)}attribute_{classifier}"
            values |= balanced_accuracy(name, told == s, s)
    return values


def _examples(arrays: data.Arrays, classes: tuple[int, ...]) -> data.Arrays:
    """The labelled examples of the classes that a run learned from."""
    return data.select(labelled(arrays), classes)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The shares of all groups."""
    arrays = measured.arrays
    yield (
        "groups",
        plots.shares_by_group(
            arrays["shares"],
            arrays["counts"],
            {name: [str(each) for each in arrays[name]] for name in ("parts", "groups", "classes")},
            f"Decisions by group ({what})",
        ),
    )
