"""Retrieval: each example of the split asks all others for its nearest neighbours."""

from typing import Any

from ml_collections import ConfigDict

from reprlearn import data, evaluation
from reprlearn.kept import Measured, Metric, called
from reprlearn.subject import Needs, Subject, by_training

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "do the nearest neighbours have the same class? recall at 1 and 10, MAP@R, NDCG@R"
RECALL_AT = (1, 10)

METRICS = {
    "recall_at_1": Metric("share of examples whose nearest other has their class", "higher"),
    "recall_at_10": Metric("share of examples with one of their class among ten", "higher"),
    "map_at_r": Metric("mean average precision at R, the size of the class", "higher"),
    "r_precision": Metric("share of their class among the R nearest", "higher"),
    "ndcg_at_r": Metric("the same, an earlier one counting more, by 1 / log2(rank + 1)", "higher"),
}


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a split without two classes of at least two examples."""
    for arrays in by_training(load(split), config.data.classes).values():
        data.class_table(arrays["y"])


def measure(subject: Subject) -> Measured:
    """Recall, precision and gain, by space; recall only at what a split has others for.

    No intervals: each example is a query and everybody's gallery, so queries are not independent.
    """
    values = {}
    for prefix, group in subject.groups().items():
        for space in group.spaces:
            name = f"retrieval/{called(prefix, space)}"
            recall_at = [k for k in RECALL_AT if k < len(group.y)]
            found = evaluation.retrieval(group.rows(space), group.y, recall_at=recall_at)
            values |= {f"{name}{metric}": value for metric, value in found.items()}
    return Measured(values)
