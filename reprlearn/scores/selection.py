"""Criteria by which a run, or a checkpoint, may be chosen without a label of the target.

All are of the validation split, where the target has no labels, whatever split is judged: what is
chosen by them can be tested on the test split. Which of them to believe, docs/DATA.md says. Values
compare for the same data alone.
"""

from typing import Any

import numpy as np
from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric
from reprlearn.roles import DOMAINS, domain
from reprlearn.scores.adaptation import right
from reprlearn.scores.base import check_labelled
from reprlearn.subject import Needs, Subject, labelled, some

NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
QUESTION = "which run or checkpoint to choose, without a label of the target? six criteria"
METRICS = {
    "source_accuracy": Metric("share of the source's examples whose class is predicted", "higher"),
    "reverse_accuracy": Metric(
        "the same by a linear classifier of the target's features and predicted classes", "higher"
    ),
    "weighted_error": Metric(
        "share of the target that is mistaken, estimated by weights of the source's (DEV)", "lower"
    ),
    "entropy": Metric("how unsure the target's predictions are, in nats", "lower"),
    "information": Metric("mutual information of the target and its predictions, nats", "higher"),
    "density": Metric("soft neighbourhood density of the target's predictions, nats", "higher"),
}
COMPARED, FOLDS = 1_000, 5  # examples of each domain, and the folds of the weights


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a validation split with hardly any examples."""
    check_labelled(config, load, "validation")
    for name in DOMAINS:
        count = len(domain(load("validation"), name)["x"])
        if count < FOLDS:
            raise UsageError(
                f"the {name} has {count} validation examples; allowed: {FOLDS} or more"
            )


def measure(subject: Subject) -> Measured:
    """Every criterion, of the validation split."""
    run, arrays = subject.run, subject.load("validation")
    seed = run.config.seed
    source = some(labelled(domain(arrays, "source")), COMPARED, seed)
    target = some(domain(arrays, "target"), COMPARED, seed)
    z, of_target = run.encode(source["x"]), run.encode(target["x"])
    is_right, logits = right(run.predict(source["x"]), source["y"]), run.predict(target["x"])
    weights = evaluation.importance_weights(z, of_target, seed=seed, folds=FOLDS)
    classes = logits.argmax(axis=1)
    values = {
        "source_accuracy": is_right,
        "reverse_accuracy": evaluation.reverse_accuracy(of_target, classes, z, source["y"]),
        "weighted_error": evaluation.weighted_error(1 - is_right, weights),
        "entropy": evaluation.prediction_entropy(logits),
        "information": evaluation.mutual_information(logits),
        "density": evaluation.soft_neighbourhood_density(logits),
    }
    return Measured({f"selection/{name}": np.asarray(value) for name, value in values.items()})
