"""k-means on the codes, with as many clusters as there are classes, against the classes.

Both scores are 1 where the clusters are the classes, about 0 where they have nothing in common.
"""

import warnings

import numpy as np

from reprlearn.kept import Measured, Metric, called
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
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    values, arrays = {}, {}
    for prefix, group in subject.groups().items():
        for space in group.spaces:
            seed = subject.run.config.seed
            means = KMeans(len(np.unique(group.y)), n_init=STARTS, random_state=seed)
            with warnings.catch_warnings():  # of codes that are fewer points than clusters
                warnings.simplefilter("ignore", ConvergenceWarning)
                clusters = means.fit_predict(np.asarray(group.rows(space), np.float64))
            name = f"clustering/{called(prefix, space)}"
            # No intervals: an example that is drawn twice agrees with itself, so the bootstrap of
            # these two lies above them.
            values[f"{name}nmi"] = normalized_mutual_info_score(group.y, clusters)
            values[f"{name}ari"] = adjusted_rand_score(group.y, clusters)
            arrays[f"{prefix}{space}"] = clusters
    return Measured(values, arrays)
