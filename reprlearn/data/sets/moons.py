"""Two inter-twinning moons, turned by an angle, drawn from the seed: moons, moons-35, moons-50.

Two of them are the source and the target of Ganin et al. 2016, *Domain-Adversarial Training of
Neural Networks*, section 5.1.
"""

import re

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import SPLITS, Dataset, Rows
from reprlearn.data.options import Options

NAMES = ("moons", "moons-35")
SIZES = {"train": 300, "validation": 300, "test": 2_000}
CENTRE = (0.5, 0.25)  # of the two moons, about which they are turned


def answers(name: str) -> bool:
    """Whether it is moons, or moons-D, turned by D degrees."""
    return _degrees(name) is not None


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The moons at their angle; the same ones, but for the turn, for the same seed."""
    del like  # these sets say themselves what they are
    degrees = _degrees(options.name)

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        rng = np.random.default_rng([seed, SPLITS.index(split)])
        rng.integers(2**31, size=draw)  # those of the draws before
        return Rows(moons(SIZES[split], degrees, rng))

    roles = {"x": columns.vector(2), "y": columns.classes(("upper moon", "lower moon"))}
    return Dataset(options.name, roles, open_split, drawn=True)


def moons(
    n: int, degrees: float, rng: np.random.Generator, noise: float = 0.05
) -> dict[str, np.ndarray]:
    """The moons, turned about their centre: "x" float32 `[n, 2]` and "y" int32 `[n]`."""
    from sklearn.datasets import make_moons

    points, labels = make_moons(n, noise=noise, random_state=int(rng.integers(2**31)))
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (points - CENTRE) @ turn.T + CENTRE
    return {"x": points.astype(np.float32), "y": labels.astype(np.int32)}


def _degrees(name: str) -> float | None:
    match = re.fullmatch(r"moons(?:-(\d{1,3}(?:\.\d+)?))?", name)
    return float(match.group(1) or 0.0) if match else None
