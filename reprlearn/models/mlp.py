"""Fully connected encoders and decoders; `widths=()` makes them linear."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn import devices

Activation = Callable[[jax.Array], jax.Array]


class BatchNorm(nn.Module):
    """Each channel brought to mean 0 and deviation 1, then to ones that are learned.

    .. math:: g_c \\frac{x_c - \\mu_c}{\\sqrt{\\sigma_c^2 + \\epsilon}} + s_c

    Where the collection "batch_stats" may change, in training, mu and sigma are those of the batch,
    over all devices of a pmap, and move the averages that are used elsewhere (Ioffe & Szegedy
    2015).
    """

    axis: int = -1
    dtype: Any = jnp.float32
    bias_init: Callable[..., jax.Array] = nn.initializers.zeros

    @nn.compact
    def __call__(self, h: jax.Array) -> jax.Array:
        """`[..., C, ...]`, of the same shape; `axis` is that of the channels."""
        return nn.BatchNorm(
            use_running_average=not self.is_mutable_collection("batch_stats"),
            axis=self.axis,
            momentum=0.9,
            dtype=self.dtype,
            bias_init=self.bias_init,
            axis_name=devices.axis(),
            use_fast_variance=False,  # of a large mean, the fast one has no digits left
        )(h)


def hidden_layers(
    h: jax.Array,
    widths: Sequence[int],
    activation: Activation,
    dtype: Any,
    bias_scales: tuple[float, float],
    normalization: str = "none",
) -> jax.Array:
    """Dense layers with an activation after each; called inside a compact module.

    Args:
      h: `[B, F]`.
      widths: of the layers.
      activation: after each.
      dtype: of the computation.
      bias_scales: standard deviations of the biases at the start: of the first layer, the others'.
        Spread biases put the kinks of narrow inputs where the data lie; 0 is the usual start.
      normalization: "none", or "domain": a `BatchNorm` before each activation; it has the bias.
    """
    by_domain = normalization == "domain"
    for i, width in enumerate(widths):
        scale = bias_scales[min(i, 1)]
        bias = nn.initializers.normal(scale) if scale else nn.initializers.zeros
        h = nn.Dense(width, dtype=dtype, bias_init=bias, use_bias=not by_domain)(h)
        if by_domain:
            h = BatchNorm(dtype=dtype, bias_init=bias)(h)
        h = activation(h)
    return h


class MLPEncoder(nn.Module):
    """x `[B, ...]`, flattened, through hidden layers of `widths` to `head`.

    Parameters are float32; `dtype` is the precision of the computation; `bias_scales` and
    `normalization` as in `hidden_layers`.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32
    bias_scales: tuple[float, float] = (0.0, 0.0)
    normalization: str = "none"

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, ...]` to what `head` makes of `[B, widths[-1]]`."""
        h = x.reshape(x.shape[0], -1)
        layers = self.widths, self.activation, self.dtype, self.bias_scales, self.normalization
        return self.head(hidden_layers(h, *layers))


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
