"""Evaluation: scores of representations and samples, pure functions of numpy arrays."""

from reprlearn.evaluation.divergence import proxy_a_distance
from reprlearn.evaluation.modes import mode_statistics
from reprlearn.evaluation.nearest import Neighbours, nearest
from reprlearn.evaluation.projection import Projection, principal_components
from reprlearn.evaluation.retrieval import retrieval
from reprlearn.evaluation.verification import (
    Roc,
    auc,
    balanced_accuracy,
    best_threshold,
    equal_error_rate,
    pair_distances,
    roc,
)

__all__ = [
    "Neighbours",
    "Projection",
    "Roc",
    "auc",
    "balanced_accuracy",
    "best_threshold",
    "equal_error_rate",
    "mode_statistics",
    "nearest",
    "pair_distances",
    "principal_components",
    "proxy_a_distance",
    "retrieval",
    "roc",
]
