"""Images decoded on a grid of Gaussian quantiles, of codes of two dimensions."""

from statistics import NormalDist

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures.base import of_images
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("prior", "decode"), columns=("x",), kind="image")
CAPTION = (
    "Each image is decoded from a code on a grid over the plane, spaced so that each is as "
    "likely under the prior. Neighbours should change smoothly; blurred places are codes that "
    "no example has."
)
GRID = 20  # the side


def draw(subject: Subject) -> Figure | None:
    """Of codes of two dimensions."""
    if subject.run.config.model.latent_dim != 2:
        return None
    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / GRID) for i in range(GRID)])
    z = [(across, up) for up in quantiles[::-1] for across in quantiles]
    title = f"Decoded from Gaussian quantiles ({of_images(subject)})"
    return plots.manifold(subject.run.decode(np.array(z)), quantiles, title)
