"""Evaluation: scores of representations and samples, pure functions of numpy arrays."""

from reprlearn.evaluation.bound import Bound, best_joint_risk, capacity
from reprlearn.evaluation.calibration import (
    Reliability,
    Sigmoid,
    brier,
    calibration_error,
    confusion,
    event_reliability,
    gap,
    platt,
    reliability,
)
from reprlearn.evaluation.detection import average_precision
from reprlearn.evaluation.divergence import (
    CLASSIFIERS,
    HDivergence,
    h_divergence,
    importance_weights,
    proxy_a_distance,
)
from reprlearn.evaluation.fairness import CLASSIFIERS as RECOVERING
from reprlearn.evaluation.fairness import (
    demographic_parity_gap,
    equalized_odds_gap,
    gaps_by_chance,
    predicted_shares,
    recovered,
)
from reprlearn.evaluation.geometry import (
    alignment,
    dead_dimensions,
    distance_ratio,
    effective_rank,
    map_quality,
    uniformity,
)
from reprlearn.evaluation.intervals import (
    FEWEST,
    Interval,
    bootstrap,
    bootstrap_all,
    bootstrap_of,
    paired_difference,
)
from reprlearn.evaluation.label_shift import (
    LabelShift,
    class_shares,
    label_shift,
)
from reprlearn.evaluation.lexical import TfIdf, edit_similarity
from reprlearn.evaluation.modes import mode_statistics
from reprlearn.evaluation.nearest import Neighbours, nearest
from reprlearn.evaluation.probe import Probe, Ridge, best_probe, linear_probes, ridges
from reprlearn.evaluation.projection import (
    Projection,
    principal_angles,
    principal_components,
    rotated_onto,
)
from reprlearn.evaluation.reduced_rank import Bottleneck, bottlenecks
from reprlearn.evaluation.retrieval import retrieval
from reprlearn.evaluation.selection import (
    mutual_information,
    prediction_entropy,
    reverse_accuracy,
    soft_neighbourhood_density,
    weighted_error,
)
from reprlearn.evaluation.verification import (
    ErrorRates,
    Roc,
    auc,
    balanced_accuracy,
    best_threshold,
    equal_error_rate,
    error_rates,
    false_non_match_rate,
    pair_distances,
    roc,
)
from reprlearn.evaluation.voting import vote

__all__ = [
    "CLASSIFIERS",
    "FEWEST",
    "RECOVERING",
    "Bottleneck",
    "Bound",
    "ErrorRates",
    "HDivergence",
    "Interval",
    "LabelShift",
    "Neighbours",
    "Probe",
    "Projection",
    "Reliability",
    "Ridge",
    "Roc",
    "Sigmoid",
    "TfIdf",
    "alignment",
    "auc",
    "average_precision",
    "balanced_accuracy",
    "best_joint_risk",
    "best_probe",
    "best_threshold",
    "bootstrap",
    "bootstrap_all",
    "bootstrap_of",
    "bottlenecks",
    "brier",
    "calibration_error",
    "capacity",
    "class_shares",
    "confusion",
    "dead_dimensions",
    "demographic_parity_gap",
    "distance_ratio",
    "edit_similarity",
    "effective_rank",
    "equal_error_rate",
    "equalized_odds_gap",
    "error_rates",
    "event_reliability",
    "false_non_match_rate",
    "gap",
    "gaps_by_chance",
    "h_divergence",
    "importance_weights",
    "label_shift",
    "linear_probes",
    "map_quality",
    "mode_statistics",
    "mutual_information",
    "nearest",
    "pair_distances",
    "paired_difference",
    "platt",
    "predicted_shares",
    "prediction_entropy",
    "principal_angles",
    "principal_components",
    "proxy_a_distance",
    "recovered",
    "reliability",
    "retrieval",
    "reverse_accuracy",
    "ridges",
    "roc",
    "rotated_onto",
    "soft_neighbourhood_density",
    "uniformity",
    "vote",
    "weighted_error",
]
