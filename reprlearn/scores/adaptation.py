"""Adaptation: accuracy on both domains, and how far a small network can tell them apart.

The proxy A-distance is of the examples as they are, and of what `encode` makes of them.
"""

from typing import Any

import numpy as np
from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric
from reprlearn.roles import domain
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("predict",), columns=("target/x",))
QUESTION = "does what was learned on the source hold on the target? accuracy, proxy A-distance"
METRICS = {
    "accuracy": Metric("share of the domain's examples whose class is predicted", "higher"),
    "inputs": Metric("proxy A-distance of the examples, from 0, alike, to 2"),
    "features": Metric("proxy A-distance of their features, from 0, alike, to 2", "lower"),
}
DOMAINS = ("source", "target")
PARTED, FOLDS = 500, 5  # examples of each domain for the proxy A-distance, and its folds


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a domain that accuracies and the proxy A-distance cannot be taken of."""
    for name in DOMAINS:
        arrays = domain(load(split), name)
        if "y" not in arrays:
            raise UsageError(
                f"it needs labels of the {name} to test on; without them: --config.scores='()', or "
                "other scores"
            )
        count = len(labelled(arrays)["y"])
        if count < FOLDS:
            raise UsageError(
                f"the {name} has {count} labelled {split} examples; allowed: at least {FOLDS}"
            )


def measure(subject: Subject) -> Measured:
    """Accuracies, and distances of the domains before and after `encode`."""
    run, values = subject.run, {}
    domains = {name: domain(subject.load(), name) for name in DOMAINS}
    for name, arrays in domains.items():
        known = labelled(arrays)
        values[f"{name}/accuracy"] = _right(run.predict(known["x"]), known["y"])
    for name, space in {"inputs": subject.flat, "features": run.encode}.items():
        features = [space(arrays["x"][:PARTED]) for arrays in domains.values()]
        values[f"proxy_a_distance/{name}"] = evaluation.proxy_a_distance(
            *features, classifier="mlp", seed=run.config.seed, folds=FOLDS
        )
    return Measured(values)


def _right(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether the largest logit of each row is its class's; NaN where a logit is NaN."""
    return np.where(np.isnan(logits).any(axis=-1), np.nan, logits.argmax(axis=-1) == y)
