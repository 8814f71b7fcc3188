"""Criteria by which a run, or a checkpoint, may be chosen without a label of the target.

All are of the validation split, whatever split is judged: what is chosen by them can be tested on
the test split. How far each was off on several tasks, docs/DATA.md says. Values compare for the
same data alone. Where the target's labels are known, "accuracy_oracle" stands beside: how well do
the criteria follow it? Nothing may be chosen by it.
"""

from typing import Any

from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.columns import UNLABELLED
from reprlearn.kept import Measured, Metric
from reprlearn.roles import DOMAINS, ORACLE, domain
from reprlearn.scores.adaptation import right
from reprlearn.scores.base import check_domains
from reprlearn.subject import Needs, Subject, labelled, subset

NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
QUESTION = "which run or checkpoint to choose, without a label of the target? six criteria"
CRITERIA = {
    "source_accuracy": Metric("share of the source's examples whose class is predicted", "higher"),
    "reverse_accuracy": Metric(
        "the same by a linear classifier of the target's features and predicted classes", "higher"
    ),
    "weighted_error": Metric(
        "share of the target that is mistaken, estimated by weights of the source's (DEV)", "lower"
    ),
    "entropy": Metric("how unsure the target's predictions are, in nats", "lower"),
    "information": Metric("mutual information of the target and its predictions, nats", "higher"),
    "density": Metric(
        "soft neighbourhood density of the target's predictions, nats; largest of equal ones",
        "higher",
    ),
}
ORACLES = {"accuracy_oracle": Metric("share of the target that is right, by its labels", "higher")}
METRICS = CRITERIA | ORACLES
COMPARED, FOLDS = 1_000, 5  # examples of each domain, and the folds of the weights


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a validation split with hardly any examples, of the source labelled ones."""
    source, target = (domain(load("validation"), name) for name in DOMAINS)
    parts = {"source": labelled(source), "target": target}
    check_domains(parts, "validation", FOLDS)


def measure(subject: Subject) -> Measured:
    """Every criterion, of the validation split."""
    run, arrays = subject.run, subject.load("validation")
    source = subset(labelled(domain(arrays, "source")), COMPARED, seed=0)
    known = {"y": arrays[ORACLE]} if ORACLE in arrays else {}
    target = subset(domain(arrays, "target") | known, COMPARED, seed=0)  # the same for all runs
    z, of_target = run.encode(source["x"], "source/x"), run.encode(target["x"], "target/x")
    is_right = right(run.predict(source["x"], "source/x"), source["y"])
    logits = run.predict(target["x"], "target/x")
    weights = evaluation.importance_weights(z, of_target, folds=FOLDS)
    classes = logits.argmax(axis=1)
    values = {
        "source_accuracy": is_right.mean(),
        "reverse_accuracy": evaluation.reverse_accuracy(of_target, classes, z, source["y"]),
        "weighted_error": evaluation.weighted_error(1 - is_right, weights),
        "entropy": evaluation.prediction_entropy(logits).mean(),
        "information": evaluation.mutual_information(logits),
        "density": evaluation.soft_neighbourhood_density(logits),
    }
    if known and (has_label := target["y"] != UNLABELLED).any():
        values["accuracy_oracle"] = right(logits, target["y"])[has_label].mean()
    # No values of each example: those that are kept are of the split that is judged.
    return Measured({f"selection/{name}": value for name, value in values.items()})
