"""Mixtures of Gaussians in the plane, drawn from the seed: what GANs are tried on."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import columns, keys
from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset, Rows
from reprlearn.data.options import Options

SIZES = {"train": 10_000, "validation": 2_500, "test": 2_500}


class Mixture(NamedTuple):
    """Gaussians of one deviation, equally likely: `centres` `[M, D]`, `scale` sigma."""

    centres: np.ndarray
    scale: float

    def sample(self, key: jax.Array, n: int) -> dict[str, jax.Array]:
        """ "x" float32 `[n, D]` and "y" int32 `[n]`, the Gaussian that it comes from."""
        label_key, noise_key = jax.random.split(key)
        label = jax.random.randint(label_key, (n,), 0, len(self.centres))
        noise = jax.random.normal(noise_key, (n, self.centres.shape[1]))
        return {"x": jnp.asarray(self.centres)[label] + self.scale * noise, "y": label}


def ring() -> Mixture:
    """Eight Gaussians of sigma .01 on the unit circle (Srivastava et al. 2017, VEEGAN)."""
    angles = 2.0 * np.pi * np.arange(8) / 8
    return Mixture(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), 0.01)


def grid() -> Mixture:
    """5 x 5 Gaussians of sigma .05, 2 apart (Srivastava et al. 2017, VEEGAN)."""
    side = np.arange(-4.0, 5.0, 2.0, dtype=np.float32)
    return Mixture(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), 0.05)


MIXTURES = {"ring": ring, "grid": grid}
NAMES = tuple(MIXTURES)


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in MIXTURES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The mixture; training draws from it without end, the other splits are fixed by the seed."""
    del like  # these sets say themselves what they are
    mixture = MIXTURES[options.name]()

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        key = keys.stream(keys.root(seed), f"data/{split}{f'/{draw}' if draw else ''}")
        drawn = mixture.sample(key, SIZES[split])
        return Rows({role: np.asarray(array) for role, array in drawn.items()})

    names = [f"mode {i}" for i in range(len(mixture.centres))]
    roles = {"x": columns.vector(mixture.centres.shape[1]), "y": columns.classes(names)}
    return Dataset(
        options.name, roles, open_split, drawn=True, sampler=mixture.sample, truth=mixture
    )
