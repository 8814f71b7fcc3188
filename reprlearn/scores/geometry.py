"""The geometry of the codes: "good features: similar examples are close, dissimilar ones far".

Of the learned codes; with "pca_", "pixels_" and "untrained_" of these spaces; with "unseen_" of
classes that were not trained on. Without labels only what needs none is measured.

"geometry/distance_ratio" is the distance within classes over that between them, "/alignment" and
"/uniformity" those of Wang & Isola 2020, "/purity" the share of the 10 nearest that have the same
class, "/effective_rank" and "/dead_dimensions" say how much of the space is used; of codes of two
dimensions "/trustworthiness" and "/continuity" say whether neighbourhoods are kept.
"""

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import Measured
from reprlearn.subject import Group, Needs, Subject, called

NEEDS = Needs(can=("encode",), columns=("x",))
QUESTION = "are similar examples close and dissimilar ones far? and is all of the space used?"
NEIGHBOURS, MAPPED = 10, 2_000


def measure(subject: Subject) -> Measured:
    """What each space is like; whether the neighbours of each example have its class."""
    values, arrays = {}, {}
    for prefix, group in subject.groups().items():
        for space in group.spaces:
            found = _unlabelled(group, space)
            if group.y is not None and len(np.unique(group.y)) > 1:
                pure = _purity(group, space)
                found |= _labelled(group, space) | {"purity": pure.mean()}
                arrays[f"{prefix}{space}"] = pure
            name = f"geometry/{called(prefix, space)}"
            values |= {f"{name}{metric}": value for metric, value in found.items()}
    return Measured(values, arrays)


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
