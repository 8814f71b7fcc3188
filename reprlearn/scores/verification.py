"""Verification of test pairs: half of them similar, half not, told apart by their distance.

Pairs are drawn with every example as often the left one, or, where `data.pairs` is "uniform", with
every pair as likely.

Every space is judged on the same pairs. The threshold comes from pairs of the validation split.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import data, evaluation, plots
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import bounded
from reprlearn.subject import Needs, Subject, by_training

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = (
    "same class or not, by distance? AUC, equal error rate, accuracy at a threshold from validation"
)
METRICS = {
    "auc": Metric("how often a similar pair is nearer than a dissimilar one", "higher"),
    "eer": Metric("error rate at which both kinds of error are as frequent", "lower"),
    "threshold": Metric("distance up to which a pair counts as similar, from validation"),
    "accuracy": Metric("mean share of both kinds of pairs that the threshold tells", "higher"),
}
CAPTIONS = {
    "distances": (
        "How far apart the two of a pair are, for similar and for dissimilar pairs. The less "
        "the two overlap, the better distance tells them apart."
    ),
    "roc": (
        "Share of similar pairs accepted against the share of dissimilar ones, over all "
        "thresholds. The nearer to the upper left corner, the better; the diagonal is chance."
    ),
}
PAIRS = 20_000  # of each kind
NEITHER = (np.nan, np.nan)  # of examples drawn anew without pairs of both kinds


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses splits of which no pairs can be made."""
    for of in {"validation", split}:
        for arrays in by_training(load(of), config.data.classes).values():
            data.class_table(arrays["y"])


def measure(subject: Subject) -> Measured:
    """Areas under the curve and error rates by space; the pairs' distances for the figures."""
    similar = np.arange(2 * PAIRS) % 2 == 0
    values, arrays = {}, {"similar": similar}
    for prefix, group in subject.groups().items():
        left, right = _pairs(subject, group.y, similar, f"{prefix}{subject.split}")
        for space in group.spaces:
            distances = evaluation.pair_distances(group.rows(space), left, right)
            arrays[f"{prefix}{space}"] = distances
            name = f"verification/{called(prefix, space)}"
            values |= _told_apart(name, distances, similar, left, right)
    if subject.split != "validation":  # never judged on what it is calibrated on
        held_out = subject.groups("validation")[""]
        left, right = _pairs(subject, held_out.y, similar, "validation")
        distances = evaluation.pair_distances(held_out.rows("learned"), left, right)
        threshold = evaluation.best_threshold(distances, similar)
        values["verification/threshold"] = threshold
        values["verification/accuracy"] = evaluation.balanced_accuracy(
            arrays["learned"], similar, threshold
        )
    return Measured(values, arrays)


def _told_apart(
    name: str, distances: np.ndarray, similar: np.ndarray, left: np.ndarray, right: np.ndarray
) -> dict[str, float]:
    """Both scores of pairs, with intervals over examples: a pair is drawn with both of its own."""
    order = np.argsort(distances)
    distances, similar, left, right = (a[order] for a in (distances, similar, left, right))
    count = max(left.max(), right.max()) + 1

    def drawn(places):
        times = np.bincount(places, minlength=count)
        weights = times[left] * times[right]
        both = weights[similar].any() and weights[~similar].any()
        return evaluation.auc_and_eer(distances, similar, weights=weights) if both else NEITHER

    intervals = evaluation.bootstrap_all(drawn, count)
    found = evaluation.auc_and_eer(distances, similar)
    values = {}
    for metric, value, interval in zip(("auc", "eer"), found, intervals, strict=True):
        values |= bounded(name + metric, value, interval)
    return values


def _pairs(
    subject: Subject, labels: np.ndarray, similar: np.ndarray, stream: str
) -> tuple[np.ndarray, np.ndarray]:
    """The places of the left and of the right examples of pairs of these kinds."""
    config, stream = subject.run.config, f"scores/verification/{stream}"
    uniform = data.uniform_of(config.data)
    return data.draw_pairs(labels, similar, config.seed, uniform=uniform, stream=stream)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The distances of similar and dissimilar pairs, and the ROC of every space."""
    arrays, threshold = measured.arrays, measured.values.get("verification/threshold")
    called = {"learned": "test pairs"}
    if "unseen_learned" in arrays:
        called = {"learned": "seen classes", "unseen_learned": "unseen classes"}
    pairs = {name: (arrays[role], arrays["similar"]) for role, name in called.items()}
    yield (
        "distances",
        plots.distance_histograms(pairs, f"Distances of test pairs ({what})", threshold),
    )
    yield "roc", plots.roc_curves(_curves(arrays), f"Verification of test pairs ({what})")


def _curves(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    curves = {}
    for role, distances in arrays.items():
        if role != "similar":
            curve = evaluation.roc(distances, arrays["similar"])
            area = evaluation.auc(distances, arrays["similar"])
            rates = curve.false_accept_rate, curve.true_accept_rate
            curves[role.replace("_", " ")] = (*rates, area)
    return curves
