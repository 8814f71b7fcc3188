"""A linear regression of a number, where the data have one for each example, on the codes.

The penalty is chosen on the validation split. Examples whose number is not known are left out.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import evaluation, plots
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.scores.base import bounded, check_held_out
from reprlearn.subject import Group, Needs, Subject

NEEDS = Needs(can=("encode",), columns=("v",))
QUESTION = "does a linear regression of the codes tell the number? R2, absolute error"
METRICS = {
    "r2": Metric("share of the number's variance that is predicted; 0: its mean", "higher"),
    "absolute_error": Metric("distance of the prediction, in the number's units", "lower"),
}
CAPTIONS = {
    "regression": (
        "The number of each test example, and what a linear regression of its code predicts. The "
        "nearer to the diagonal, the better."
    ),
}
UNCHOSEN = 1e-2  # the penalty, where there is nothing to choose it on


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses the training split, and splits with fewer than two numbers that differ."""
    check_held_out(split)
    for of in ("validation", split):
        values = load(of)["v"]
        if len(np.unique(values[~np.isnan(values)])) < 2:
            raise UsageError(f"the {of} split has no two numbers that differ; allowed: some")


def measure(subject: Subject) -> Measured:
    """R2 and the error of each example, in each space; the predictions from the codes."""
    train, test = (_known(subject, split) for split in ("train", subject.split))
    held_out = None if subject.split == "validation" else _known(subject, "validation")
    values, arrays = {}, {"values": test[1]}
    for space in test[0].spaces:
        penalties = evaluation.probe.RIDGE_PENALTIES if held_out else [UNCHOSEN]
        found = evaluation.ridges(train[0].rows(space), train[1], penalties)
        if held_out:
            rows = held_out[0].rows(space)
            found.sort(key=lambda ridge, rows=rows: np.square(ridge(rows) - held_out[1]).sum())
        predicted = found[0](test[0].rows(space))
        name = f"regression/{called('', space)}"
        values |= _r2(f"{name}r2", test[1], predicted)
        values[f"{name}absolute_error"] = np.abs(test[1] - predicted)
        arrays[f"{space}_penalty"] = np.array(found[0].penalty)
        if space == "learned":
            arrays["predicted"] = predicted
    return Measured(values, arrays)


def _known(subject: Subject, split: str) -> tuple[Group, np.ndarray]:
    """The examples of a split whose number is known, and these numbers."""
    arrays = subject.load(split)
    known = ~np.isnan(arrays["v"])
    return Group({"x": arrays["x"][known]}, subject.spaces), arrays["v"][known]


def _r2(name: str, true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    def of(places):
        spread = np.square(true[places] - true[places].mean()).sum()
        missed = np.square(true[places] - predicted[places]).sum()
        return 1.0 - missed / spread if spread > 0 else np.nan

    interval = evaluation.bootstrap_of(of, len(true))
    return bounded(name, of(np.arange(len(true))), interval)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The predictions over the numbers."""
    true, predicted = measured.arrays["values"], measured.arrays["predicted"]
    yield "regression", plots.regression(true, predicted, f"A number from the codes ({what})")
