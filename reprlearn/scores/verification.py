"""Verification of test pairs, told apart by their distance: those that are listed, or drawn ones.

Half of the drawn ones are similar, half not, with every example as often the left one, or, where
`data.pairs` is "uniform", with every pair as likely.

Every space is judged on the same pairs. The threshold, and what makes a probability of a distance,
come from pairs of the validation split of the classes that were learned from.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import data, evaluation, plots
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import bounded
from reprlearn.subject import Group, Needs, Subject, by_training

NEEDS = Needs(can=("encode",), columns=("similar",))
QUESTION = "similar or not, by distance? AUC, error rates, probabilities calibrated on validation"
MATCHES = {"fnmr_at_01": 0.01, "fnmr_at_001": 0.001}  # false match rates
METRICS = {
    "auc": Metric("how often a similar pair is nearer than a dissimilar one", "higher"),
    "eer": Metric("error rate at which both kinds of error are as frequent", "lower"),
    "fnmr_at_01": Metric("share of similar pairs refused if 1% of the others may pass", "lower"),
    "fnmr_at_001": Metric("share of similar pairs refused if 0.1% of the others may pass", "lower"),
    "threshold": Metric("distance up to which a pair counts as similar, from validation"),
    "slope": Metric("by how much the log-odds of similar fall per unit of distance"),
    "offset": Metric("the log-odds of similar at distance 0, both kinds being as frequent"),
    "accuracy": Metric("mean share of both kinds of pairs that the threshold tells", "higher"),
    "brier": Metric("squared distance of the probability of similar from the truth", "lower"),
    "ece": Metric("expected calibration error of that probability, 15 bins", "lower"),
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
    "det": (
        "Share of similar pairs refused against the share of dissimilar ones accepted, both on "
        "logarithmic axes. The lower, the better; at the left few strangers pass."
    ),
    "pair_reliability": (
        "Pairs in bins of the probability of being similar, and how many of them are. Below the "
        "diagonal the probability is too high, above it too low."
    ),
}
PAIRS = 20_000  # of each kind
RELIABILITY = "reliability"  # of the arrays of a group
NEITHER = (np.nan,) * (2 + len(MATCHES))  # of examples drawn anew without pairs of both kinds


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses splits of which no pairs can be made."""
    for of in sorted({"validation", split}):
        arrays = load(of)
        if "similar" in arrays:
            if not data.to_judge(arrays, config.seed).similar.any():
                raise UsageError(f"the {of} split has no similar pair; allowed: at least one")
            continue
        for arrays in by_training(load(of), config.data.classes).values():
            data.class_table(arrays["y"])


def measure(subject: Subject) -> Measured:
    """Areas under the curve and error rates by space; the pairs' distances for the figures."""
    values, arrays = {}, {}
    for prefix, group in subject.groups().items():
        left, right, similar = _pairs(subject, group, subject.split, prefix)
        arrays["similar"] = similar
        for space in group.spaces:
            distances = _distances(group, space, left, right)
            arrays[f"{prefix}{space}"] = distances
            name = f"verification/{called(prefix, space)}"
            values |= _told_apart(name, distances, similar, left, right)
    if subject.split != "validation":  # never judged on what it is calibrated on
        held_out = subject.groups("validation")[""]
        left, right, truth = _pairs(subject, held_out, "validation")
        distances = _distances(held_out, "learned", left, right)
        threshold = evaluation.best_threshold(distances, truth)
        sigmoid = evaluation.platt(distances, truth)
        values |= {"verification/threshold": threshold}
        values |= {f"verification/{name}": v for name, v in sigmoid._asdict().items()}
        for prefix in subject.groups():
            distances, name = arrays[f"{prefix}learned"], f"verification/{prefix}"
            p = sigmoid.probability(distances, truth.mean())  # as common as where it was fitted
            similar = arrays["similar"]
            bins = evaluation.event_reliability(p, similar)
            values |= {
                f"{name}accuracy": evaluation.balanced_accuracy(distances, similar, threshold),
                f"{name}brier": float(np.square(p - similar).mean()),
                f"{name}ece": evaluation.gap(bins),
            }
            arrays[f"{prefix}{RELIABILITY}"] = np.stack(bins)
    return Measured(values, arrays)


def _distances(group: Group, space: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of pairs of a group, `[P]`."""
    return evaluation.pair_distances(group.rows(space), left, right, group.right_rows(space))


def _told_apart(
    name: str, distances: np.ndarray, similar: np.ndarray, left: np.ndarray, right: np.ndarray
) -> dict[str, float]:
    """Scores of pairs, with intervals over examples: a pair is drawn with both of its own."""
    order = np.argsort(distances)
    distances, similar, left, right = (a[order] for a in (distances, similar, left, right))
    count = max(left.max(), right.max()) + 1

    def rates(weights=None):
        asked = {"false_match_rates": tuple(MATCHES.values()), "weights": weights}
        found = evaluation.error_rates(distances, similar, **asked)
        return found.auc, found.eer, *found.fnmr

    def drawn(places):
        times = np.bincount(places, minlength=count)
        weights = times[left] * times[right]
        both = weights[similar].any() and weights[~similar].any()
        return rates(weights) if both else NEITHER

    intervals = evaluation.bootstrap_all(drawn, count)
    values = {}
    for metric, value, interval in zip(("auc", "eer", *MATCHES), rates(), intervals, strict=True):
        values |= bounded(name + metric, value, interval)
    return values


def _pairs(
    subject: Subject, group: Group, split: str, prefix: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The places in a group of the left and the right examples of pairs, and which are similar."""
    arrays, config = subject.load(split), subject.run.config
    if "similar" in arrays:
        chosen = data.to_judge(arrays, config.seed)
        return chosen.left, chosen.right, chosen.similar
    similar = np.arange(2 * PAIRS) % 2 == 0
    uniform, stream = data.uniform_of(config.data), f"scores/verification/{prefix}{split}"
    drawn = data.draw_pairs(group.y, similar, config.seed, uniform=uniform, stream=stream)
    return *drawn, similar


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The distances of both kinds of pairs; how every space tells them apart; probabilities."""
    arrays, threshold = measured.arrays, measured.values.get("verification/threshold")
    called = {"": "test pairs"}
    if "unseen_learned" in arrays:
        called = {"": "seen classes", "unseen_": "unseen classes"}
    pairs = {name: (arrays[f"{group}learned"], arrays["similar"]) for group, name in called.items()}
    yield (
        "distances",
        plots.distance_histograms(pairs, f"Distances of test pairs ({what})", threshold),
    )
    curves = _curves(arrays)
    yield "roc", plots.roc_curves(curves, f"Verification of test pairs ({what})")
    yield "det", plots.det_curves(curves, f"Errors of verification ({what})")
    if threshold is not None:
        bins = {name: arrays[f"{group}{RELIABILITY}"] for group, name in called.items()}
        named = ("probability of similar", "share that is similar")
        title = f"Calibration of test pairs ({what})"
        yield "pair_reliability", plots.reliability(bins, title, named)


def _curves(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    curves = {}
    for role, distances in arrays.items():
        if role != "similar" and not role.endswith(RELIABILITY):
            curve = evaluation.roc(distances, arrays["similar"])
            area = evaluation.auc(distances, arrays["similar"])
            rates = curve.false_accept_rate, curve.true_accept_rate
            curves[role.replace("_", " ")] = (*rates, area)
    return curves
