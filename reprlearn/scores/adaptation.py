"""Adaptation: accuracy on both domains. How far these are apart, the score `divergence` says."""

from typing import Any

import numpy as np
from ml_collections import ConfigDict

from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric
from reprlearn.roles import DOMAINS, domain
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("predict",), columns=("target/x",))
QUESTION = "does what was learned on the source hold on the target? accuracy on both"
METRICS = {"accuracy": Metric("share of the domain's examples whose class is predicted", "higher")}


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a domain without labels to test on."""
    for name in DOMAINS:
        arrays = domain(load(split), name)
        if "y" not in arrays:
            raise UsageError(
                f"it needs labels of the {name} to test on; without them: --config.scores='()', or "
                "other scores"
            )
        if not len(labelled(arrays)["y"]):
            raise UsageError(f"the {name} has no labelled {split} examples; allowed: some")


def measure(subject: Subject) -> Measured:
    """Of each domain which examples are right."""
    values = {}
    for name in DOMAINS:
        known = labelled(domain(subject.load(), name))
        logits = subject.run.predict(known["x"], f"{name}/x")
        values[f"{name}/accuracy"] = right(logits, known["y"])
    return Measured(values)


def right(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether the largest logit of each row is its class's; NaN where a logit is NaN."""
    return np.where(np.isnan(logits).any(axis=-1), np.nan, logits.argmax(axis=-1) == y)
