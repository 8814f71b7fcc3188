"""What the baselines and the run learned of two domains in the plane."""

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.data import Arrays
from reprlearn.figures.base import DRAWN
from reprlearn.runs import Run
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("predict", "encode", "discriminate"), columns=("target/x",), kind="point")
CAPTION = (
    "One row for each training. The first panel has the decision boundary over the source's "
    "classes and the target, black; the others the features in the plane, the domains, and "
    "the hidden units. Adaptation worked where the boundary also parts the target's two "
    "moons."
)


def draw(subject: Subject) -> Figure | None:
    """Of two labelled classes, and one boundary for both domains."""
    run, arrays = subject.run, subject.load()
    if run.method.by_column:
        return None
    if len(run.class_names) != 2 or "target/y" not in arrays:
        return None
    shown = {role: array[:DRAWN] for role, array in arrays.items()}
    rows = [_row(run.baseline(name), name, shown) for name in subject.ended_baselines()]
    rows.append(_row(run, run.config.method, shown))
    return plots.adaptation_panels(rows, f"Source and target ({subject.what})", run.class_names)


def _row(run: Run, name: str, arrays: Arrays) -> plots.AdaptationRow:
    source, target = arrays["source/x"], arrays["target/x"]
    xs, ys, plane = plots.plane(np.concatenate([source, target]))
    logits = run.predict(plane).reshape(len(ys), len(xs), -1)
    return plots.AdaptationRow(
        name=name.replace("_", " "),
        source_points=source,
        source_labels=arrays["source/y"],
        target_points=target,
        target_labels=arrays["target/y"],
        grid_xs=xs,
        grid_ys=ys,
        grid_logits=logits[..., 1] - logits[..., 0],
        source_features=run.encode(source),
        target_features=run.encode(target),
        domain_grid=run.discriminate(plane).reshape(len(ys), len(xs)),
        unit_grid=run.encode(plane).reshape(len(ys), len(xs), -1),
    )
