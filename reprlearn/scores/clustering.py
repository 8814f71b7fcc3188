"""k-means on the codes, with as many clusters as there are classes, against the classes.

Both scores are 1 where the clusters are the classes, about 0 where they have nothing in common.
"""

import warnings

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import bounded
from reprlearn.scores.retrieval import check
from reprlearn.subject import Needs, Subject

__all__ = ["METRICS", "NEEDS", "QUESTION", "check", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "are the clusters of the codes the classes? k-means: NMI, ARI"
METRICS = {
    "nmi": Metric("normalised mutual information of clusters and classes", "higher"),
    "ari": Metric("adjusted Rand index of clusters and classes", "higher"),
}
STARTS = 10


def measure(subject: Subject) -> Measured:
    """Agreement of clusters and classes in each space; the clusters."""
    from sklearn.cluster import KMeans  # takes a second to load
    from sklearn.exceptions import ConvergenceWarning

    values, arrays = {}, {}
    for prefix, group in subject.groups().items():
        for space in group.spaces:
            seed = subject.run.config.seed
            means = KMeans(len(np.unique(group.y)), n_init=STARTS, random_state=seed)
            with warnings.catch_warnings():  # of codes that are fewer points than clusters
                warnings.simplefilter("ignore", ConvergenceWarning)
                clusters = means.fit_predict(np.asarray(group.rows(space), np.float64))
            values |= _agreements(f"clustering/{called(prefix, space)}", group.y, clusters)
            arrays[f"{prefix}{space}"] = clusters
    return Measured(values, arrays)


def _agreements(name: str, y: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Both scores of some clusters, with their intervals."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    values = {}
    for metric, agreement in (("nmi", normalized_mutual_info_score), ("ari", adjusted_rand_score)):

        def of(places, agreement=agreement):
            return agreement(y[places], clusters[places])

        interval = evaluation.bootstrap_of(of, len(y))
        values |= bounded(name + metric, of(np.arange(len(y))), interval)
    return values
