"""Class shares of both domains, the target's estimated by what the run takes its examples for.

Features that look alike in both domains must mistake classes where these are shared out otherwise:
then alignment does harm (Zhao et al. 2019). The estimate (Lipton et al. 2018) takes it that the run
mistakes the examples of a class alike in both domains; where it does worse on the target, that may
look like other shares. What needs the target's labels is called an oracle.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import evaluation, plots
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric
from reprlearn.roles import DOMAINS, domain
from reprlearn.scores.base import check_domains, check_held_out
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("predict",), columns=("target/x",))
QUESTION = "are the classes shared out alike in both domains? estimated without target labels"
METRICS = {
    "distance": Metric("half the sum of the differences of the classes' shares, estimated"),
    "chance": Metric("what this stays below in 95 of 100 cases where the shares are the same"),
    "distance_oracle": Metric("the same by the target's labels"),
}
CAPTIONS = {
    "label_shift": (
        "The share of each class in the source, and in the target as estimated from what the run "
        "predicts; a cross where labels tell it. Where they differ, features that look alike in "
        "both domains mistake classes."
    )
}
LEAST = 0.1  # a smaller distance does little harm


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, whose mistakes are fewer, and a domain without examples."""
    check_held_out(split)
    source, target = (domain(load(split), name) for name in DOMAINS)
    check_domains({"source": labelled(source), "target": target}, split, 1)


def measure(subject: Subject) -> Measured:
    """The shares of both domains, and a warning where they differ by more than chance."""
    run = subject.run
    source, target = (domain(subject.load(), name) for name in DOMAINS)
    source, classes = labelled(source), len(run.class_names)
    logits = [run.predict(source["x"], "source/x"), run.predict(target["x"], "target/x")]
    if not all(np.isfinite(each).all() for each in logits):
        raise UsageError("the predictions are not finite")
    predicted, of_target = (each.argmax(axis=1) for each in logits)
    found = evaluation.label_shift(source["y"], predicted, of_target, classes)
    values = {"label_shift/distance": found.distance, "label_shift/chance": found.chance}
    arrays = {"classes": np.array(run.class_names), "source": found.source, "target": found.target}
    known = labelled(target)["y"] if "y" in target else ()
    if len(known):
        arrays["known"] = np.array([np.mean(known == label) for label in range(classes)])
        values["label_shift/distance_oracle"] = np.abs(found.source - arrays["known"]).sum() / 2
    return Measured(values, arrays, warnings=_warnings(found, run.class_names))


def _warnings(found: evaluation.LabelShift, names: tuple[str, ...]) -> list[str]:
    if found.distance <= max(found.chance, LEAST):
        return []
    most = int(np.abs(found.target - found.source).argmax())
    return [
        "the classes seem to be shared out differently in the two domains, by "
        f"{found.distance:.2f} (by chance up to {found.chance:.2f}): of class {names[most]} "
        f"{found.source[most]:.2f} of the source and {found.target[most]:.2f} of the target. Or "
        "the run does worse on the target; either way do not trust an alignment of the features"
    ]


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The shares, side by side."""
    arrays = measured.arrays
    shares = arrays["source"], arrays["target"], arrays.get("known"), arrays["classes"]
    yield "label_shift", plots.class_shares(*shares, f"Shares of the classes ({what})")
