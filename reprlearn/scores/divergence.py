"""Divergence of two domains: the H-divergence, for three classes H of classifiers.

Of the features that `encode` makes, and of the examples as they are; by a linear classifier, a
small network (of which the value is the proxy A-distance) and a Gaussian kernel. No label is used.
"""

from typing import Any

from ml_collections import ConfigDict

from reprlearn import evaluation
from reprlearn.kept import Measured, Metric, called
from reprlearn.roles import DOMAINS, X_OF_DOMAINS, domain
from reprlearn.scores.base import bounded, check_domains
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode",), columns=("target/x",))
QUESTION = "can the domains be told apart by their features? H-divergence, by three classifiers"
METRICS = {
    "linear": Metric("from 0, alike, to 2, no example mistaken: by a linear classifier", "lower"),
    "mlp": Metric("the same by a small network: the proxy A-distance", "lower"),
    "kernel": Metric("the same by a Gaussian kernel", "lower"),
}
PARTED, FOLDS = 500, 5  # examples of each domain, and the folds


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses a domain of fewer examples than folds."""
    check_domains({name: domain(load(split), name) for name in DOMAINS}, split, FOLDS)


def measure(subject: Subject) -> Measured:
    """Before and after `encode`, by each classifier."""
    arrays, values = subject.load(), {}
    examples = [domain(arrays, name)["x"][:PARTED] for name in DOMAINS]
    spaces = [subject.spaces_of(column) for column in X_OF_DOMAINS]
    for space in (name for name in ("learned", "pixels") if name in spaces[0]):  # of texts one
        features = [of[space](x) for of, x in zip(spaces, examples, strict=True)]
        for classifier in METRICS:
            options = {"classifier": classifier, "seed": subject.run.config.seed, "folds": FOLDS}
            found = evaluation.h_divergence(*features, **options)
            name = f"divergence/{called('', space)}{classifier}"
            values |= bounded(name, found.value, found.interval)
    return Measured(values)
