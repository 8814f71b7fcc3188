"""Sets that are drawn, not stored: mixtures of Gaussians for GANs, two domains of moons."""

import re
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import keys
from reprlearn.examples import Examples

Sampler = Callable[[jax.Array, int], dict[str, jax.Array]]

SIZES = {"train": 10_000, "validation": 2_500, "test": 2_500}  # of a mixture
MOONS = {"train": 300, "validation": 300, "test": 2_000}  # of each domain
CENTRE = (0.5, 0.25)  # of the two moons, about which the target is turned


class Mixture(NamedTuple):
    """Gaussians of one deviation, equally likely: `centres` `[M, D]`, `scale` sigma."""

    centres: np.ndarray
    scale: float

    def sample(self, key: jax.Array, n: int) -> dict[str, jax.Array]:
        """ "point" float32 `[n, D]` and "label" int32 `[n]`, the Gaussian that it comes from."""
        label_key, noise_key = jax.random.split(key)
        label = jax.random.randint(label_key, (n,), 0, len(self.centres))
        noise = jax.random.normal(noise_key, (n, self.centres.shape[1]))
        return {"point": jnp.asarray(self.centres)[label] + self.scale * noise, "label": label}


def ring() -> Mixture:
    """Eight Gaussians of sigma .01 on the unit circle (Srivastava et al. 2017, VEEGAN)."""
    angles = 2.0 * np.pi * np.arange(8) / 8
    return Mixture(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), 0.01)


def grid() -> Mixture:
    """5 x 5 Gaussians of sigma .05, 2 apart (Srivastava et al. 2017, VEEGAN)."""
    side = np.arange(-4.0, 5.0, 2.0, dtype=np.float32)
    return Mixture(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), 0.05)


MIXTURES = {"ring": ring, "grid": grid}
NAMES = ("ring", "grid", "moons-35")


def is_synthetic(name: str) -> bool:
    """Whether a set's name is one of these: ring, grid, or moons-D, turned by D degrees."""
    return name in MIXTURES or _degrees(name) is not None


def has_domains(name: str) -> bool:
    """Whether a set is two domains, source and target."""
    return _degrees(name) is not None


def describe(name: str) -> Examples:
    """The shape and the classes of a synthetic set."""
    if name in MIXTURES:
        count = len(MIXTURES[name]().centres)
        return Examples((2,), tuple(f"mode {i}" for i in range(count)))
    return Examples((2,), ("upper moon", "lower moon"))


def sampler(name: str) -> Sampler | None:
    """How a set is streamed from a key; None for one that is a fixed number of examples."""
    return MIXTURES[name]().sample if name in MIXTURES else None


def load(name: str, split: str, seed: int) -> dict[str, np.ndarray]:
    """A split: of a mixture "point" and "label"; of moons the same under "source/", "target/".

    The validation split of moons has no target labels: nothing may be selected by them.
    """
    if name in MIXTURES:
        key = keys.stream(keys.root(seed), f"data/{split}")
        drawn = MIXTURES[name]().sample(key, SIZES[split])
        return {part: np.asarray(array) for part, array in drawn.items()}
    rng = np.random.default_rng([seed, list(SIZES).index(split)])
    source, target = (moons(MOONS[split], angle, rng) for angle in (0.0, _degrees(name)))
    arrays = {f"source/{part}": array for part, array in source.items()}
    arrays |= {f"target/{part}": array for part, array in target.items()}
    if split == "validation":
        del arrays["target/label"]
    return arrays


def moons(
    n: int, degrees: float, rng: np.random.Generator, noise: float = 0.05
) -> dict[str, np.ndarray]:
    """The inter-twinning moons, turned about their centre: "point" `[n, 2]` and "label" `[n]`.

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, section 5.1.
    """
    from sklearn.datasets import make_moons

    points, labels = make_moons(n, noise=noise, random_state=int(rng.integers(2**31)))
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (points - CENTRE) @ turn.T + CENTRE
    return {"point": points.astype(np.float32), "label": labels.astype(np.int32)}


def _degrees(name: str) -> float | None:
    match = re.fullmatch(r"moons-(\d{1,3}(?:\.\d+)?)", name)
    return float(match.group(1)) if match else None
