"""Fully connected encoders and decoders; `widths=()` makes them linear."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

Activation = Callable[[jax.Array], jax.Array]


class MLPEncoder(nn.Module):
    """x `[B, ...]`, flattened, through hidden layers of `widths` to `head`.

    Parameters are float32; `dtype` is the precision of the computation.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, ...]` to what `head` makes of `[B, widths[-1]]`."""
        h = x.reshape(x.shape[0], -1)
        for width in self.widths:
            h = self.activation(nn.Dense(width, dtype=self.dtype)(h))
        return self.head(h)


class MLPDecoder(nn.Module):
    """z `[B, latent_dim]` through hidden layers of `widths` to x of `shape`, read by `output`."""

    widths: Sequence[int]
    shape: tuple[int, ...]
    output: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, z: jax.Array) -> Any:
        """z `[B, latent_dim]` to p(x|z) with x `[B, *shape]`."""
        h = z
        for width in self.widths:
            h = self.activation(nn.Dense(width, dtype=self.dtype)(h))
        x = nn.Dense(math.prod(self.shape), dtype=self.dtype)(h)
        return self.output(x.reshape(x.shape[0], *self.shape))
