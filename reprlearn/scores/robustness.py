"""Robustness: the linear probe of clean training examples on test examples that are disturbed.

By Gaussian noise, its deviation in the units that the model sees: images from 0 to 1, a vector's
fields standardised; images also by a Gaussian blur. The penalty is chosen on clean validation
examples.
"""

from collections.abc import Iterator, Mapping

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter

from reprlearn import plots
from reprlearn.columns import Column, from_model, to_model
from reprlearn.kept import SPACES, Measured, Metric, called
from reprlearn.scores.base import check, fitted, probe
from reprlearn.subject import Needs, Subject

__all__ = ["CAPTIONS", "METRICS", "NEEDS", "QUESTION", "check", "draw", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "does a linear probe still tell the class under noise and blur? accuracy by strength"
NOISES = (0.1, 0.2, 0.4)  # deviations
BLURS = (0.5, 1.0, 2.0)  # deviations, in pixels
METRICS = {
    "accuracy": Metric("share of clean examples whose class the probe tells", "higher"),
    **{f"accuracy_noise_{s}": Metric(f"the same under noise of {s}", "higher") for s in NOISES},
    **{f"accuracy_blur_{s}": Metric(f"the same, blurred by {s} pixels", "higher") for s in BLURS},
}
CAPTIONS = {
    "robustness": (
        "Accuracy of a probe that was fitted to clean examples, on disturbed ones. A "
        "representation that ignores the disturbance keeps its line flat."
    ),
}


def measure(subject: Subject) -> Measured:
    """Whether each example is right, in each space, by kind and strength of the disturbance."""
    values = {}
    rng = np.random.default_rng(jax.random.key_data(subject.key("scores/robustness")).tolist())
    for group in fitted(subject):
        disturbed = _disturbed(subject.run.column, group.test.x, rng)
        for space in group.test.spaces:
            fitted_to = probe(group, space)
            for name, x in disturbed.items():
                metric = f"{called(group.prefix, space)}accuracy{name}"
                right = fitted_to.predict(group.test.spaces[space](x)) == group.test.y
                values[f"robustness/{metric}"] = right
    return Measured(values)


def _disturbed(column: Column, x: np.ndarray, rng: np.random.Generator) -> Mapping[str, np.ndarray]:
    """The examples as they are, "", and disturbed: "_noise_0.1", ..., as the run takes them."""
    seen, images = to_model(column, x), column.kind == "image"
    found = {"": seen}
    for strength in NOISES:
        noisy = seen + strength * rng.standard_normal(seen.shape, np.float32)
        found[f"_noise_{strength}"] = np.clip(noisy, 0.0, 1.0) if images else noisy
    for strength in BLURS if images else ():
        blurred = gaussian_filter(seen, (0, strength, strength, 0))
        found[f"_blur_{strength}"] = np.clip(blurred, 0.0, 1.0)
    return {name: from_model(column, array) for name, array in found.items()}


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The accuracy over the strength of noise and of blur, a curve for each space."""
    curves: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for kind, strengths in (("noise", NOISES), ("blur", BLURS)):
        for space in SPACES:
            names = [f"{called('', space)}accuracy{end}" for end in _ends(kind, strengths)]
            found = [measured.values.get(f"robustness/{name}") for name in names]
            if None not in found:
                curves.setdefault(kind, {})[space] = ([0.0, *strengths], found)
    yield "robustness", plots.accuracy_curves(curves, f"Linear probes, disturbed ({what})")


def _ends(kind: str, strengths: tuple[float, ...]) -> list[str]:
    return ["", *(f"_{kind}_{strength}" for strength in strengths)]
