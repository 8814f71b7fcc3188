"""The geometry of the codes: "good features: similar examples are close, dissimilar ones far".

Without labels only what needs none is measured.
"""

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import Measured, Metric, called
from reprlearn.subject import Group, Needs, Subject

NEEDS = Needs(can=("encode",))
QUESTION = "are similar examples close and dissimilar ones far? and is all of the space used?"
METRICS = {
    "uniformity": Metric(
        "how far from evenly the directions lie on the sphere (Wang & Isola 2020)", "lower"
    ),
    "effective_rank": Metric("how many directions the spread fills (Roy & Vetterli 2007)"),
    "dead_dimensions": Metric("dimensions that hardly vary", "lower"),
    "trustworthiness": Metric("neighbours on the map are neighbours in the data", "higher"),
    "continuity": Metric("neighbours in the data are neighbours on the map", "higher"),
    "distance_ratio": Metric("distance within classes over that between them", "lower"),
    "alignment": Metric("squared distance of two of a class on the sphere", "lower"),
    "purity": Metric("share of the 10 nearest others that have the same class", "higher"),
}
NEIGHBOURS, MAPPED = 10, 2_000


def measure(subject: Subject) -> Measured:
    """What each space is like; no intervals, as examples are each other's neighbours."""
    values = {}
    for prefix, group in subject.groups().items():
        for space in group.spaces:
            found = _unlabelled(group, space)
            if group.y is not None and len(np.unique(group.y)) > 1:
                found |= _labelled(group, space) | {"purity": _purity(group, space).mean()}
            name = f"geometry/{called(prefix, space)}"
            values |= {f"{name}{metric}": value for metric, value in found.items()}
    return Measured(values)


def _unlabelled(group: Group, space: str) -> dict[str, float]:
    rows = group.rows(space)
    found = {
        "uniformity": evaluation.uniformity(rows),
        "effective_rank": evaluation.effective_rank(rows),
        "dead_dimensions": evaluation.dead_dimensions(rows),
    }
    if rows.shape[1] == 2 and len(rows) > 24:
        pixels = group.rows("pixels")[:MAPPED]
        found |= evaluation.map_quality(pixels, rows[:MAPPED])
    return found


def _labelled(group: Group, space: str) -> dict[str, float]:
    rows = group.rows(space)
    return {
        "distance_ratio": evaluation.distance_ratio(rows, group.y),
        "alignment": evaluation.alignment(rows, group.y),
    }


def _purity(group: Group, space: str) -> np.ndarray:
    """Of each example the share of its nearest others that have its class."""
    places, _ = evaluation.nearest(group.rows(space), k=min(NEIGHBOURS, len(group.x) - 1))
    return (group.y[places] == group.y[:, None]).mean(axis=1)
