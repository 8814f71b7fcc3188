"""Generated images."""

import jax
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures.base import SHOWN, STREAM, of_images
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("sample",), columns=("x",), kind="image")
CAPTION = (
    "Generated from random codes, none chosen. Compare with the examples of the data: is each "
    "sample plausible, and are they as varied?"
)


def draw(subject: Subject) -> Figure:
    """The means of p(x|z) where there are codes, else samples."""
    run, key = subject.run, subject.key(STREAM)
    if not run.method.decode:
        return plots.samples(run.sample(key, SHOWN), f"Samples ({of_images(subject)})")
    means = run.decode(jax.random.normal(key, (SHOWN, run.config.model.latent_dim)))
    return plots.samples(means, f"Means of p(x|z), z from the prior ({of_images(subject)})")
