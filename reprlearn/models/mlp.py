"""Fully connected encoders and decoders; `widths=()` makes them linear."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

Activation = Callable[[jax.Array], jax.Array]


def hidden_layers(
    h: jax.Array,
    widths: Sequence[int],
    activation: Activation,
    dtype: Any,
    bias_scales: tuple[float, float],
) -> jax.Array:
    """Dense layers with an activation after each; called inside a compact module.

    Args:
      h: `[B, F]`.
      widths: of the layers.
      activation: after each.
      dtype: of the computation.
      bias_scales: standard deviations of the biases at the start: of the first layer, the others'.
        Spread biases put the kinks of narrow inputs where the data lie; 0 is the usual start.
    """
    for i, width in enumerate(widths):
        scale = bias_scales[min(i, 1)]
        bias = nn.initializers.normal(scale) if scale else nn.initializers.zeros
        h = activation(nn.Dense(width, dtype=dtype, bias_init=bias)(h))
    return h


class MLPEncoder(nn.Module):
    """x `[B, ...]`, flattened, through hidden layers of `widths` to `head`.

    Parameters are float32; `dtype` is the precision of the computation; `bias_scales` as in
    `hidden_layers`.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32
    bias_scales: tuple[float, float] = (0.0, 0.0)

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, ...]` to what `head` makes of `[B, widths[-1]]`."""
        h = x.reshape(x.shape[0], -1)
        return self.head(
            hidden_layers(h, self.widths, self.activation, self.dtype, self.bias_scales)
        )


class MLPDecoder(nn.Module):
    """z `[B, latent_dim]` through hidden layers of `widths` to x of `shape`, read by `output`."""

    widths: Sequence[int]
    shape: tuple[int, ...]
    output: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32
    bias_scales: tuple[float, float] = (0.0, 0.0)

    @nn.compact
    def __call__(self, z: jax.Array) -> Any:
        """z `[B, latent_dim]` to p(x|z) with x `[B, *shape]`."""
        h = hidden_layers(z, self.widths, self.activation, self.dtype, self.bias_scales)
        x = nn.Dense(math.prod(self.shape), dtype=self.dtype)(h)
        return self.output(x.reshape(x.shape[0], *self.shape))
