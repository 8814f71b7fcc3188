"""A deep auto-encoder that can also be run a layer at a time."""

import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn.models.mlp import Activation


class StackedAutoencoder(nn.Module):
    """Layers i = 0, 1, ... that are each an auto-encoder of what the layers before it give.

    .. math:: h_0 = x, \\qquad h_{i+1} = f_i(W_i h_i + b_i), \\qquad
              \\hat h_i = g_i(W'_i h_{i+1} + b'_i)

    `widths` ends with the dimension of the code, which is linear, as is what `output` reads; all
    other f and g are `activation`. Unrolled, all layers up and down again, it is one deep
    auto-encoder. Parameters `{"encoder_0": ..., "decoder_0": ...}`; decoder_i undoes encoder_i.
    With `classes` it can also tell so many apart, by one more layer on the code, "classifier".

    References:
      Hinton & Salakhutdinov 2006, *Reducing the Dimensionality of Data with Neural Networks*;
      Bengio et al. 2007, *Greedy Layer-Wise Training of Deep Networks*.
    """

    widths: Sequence[int]
    shape: tuple[int, ...]
    output: nn.Module
    activation: Activation = nn.sigmoid
    classes: int = 0
    dtype: Any = jnp.float32

    def setup(self) -> None:
        """A layer up and a layer down for each width, and one that classifies."""
        dims = [math.prod(self.shape), *self.widths[:-1]]
        self.encoder = [nn.Dense(width, dtype=self.dtype) for width in self.widths]
        self.decoder = [nn.Dense(dim, dtype=self.dtype) for dim in dims]
        self.classifier = nn.Dense(self.classes, dtype=self.dtype) if self.classes else None

    def up(self, h: jax.Array, layer: int) -> jax.Array:
        """h_i `[B, ...]` to h_{i+1} `[B, widths[i]]`."""
        found = self.encoder[layer](h.reshape(h.shape[0], -1))
        return found if layer == len(self.widths) - 1 else self.activation(found)

    def down(self, h: jax.Array, layer: int) -> jax.Array:
        """h_{i+1} `[B, widths[i]]` to what stands before g_i: logits, or for layer 0 x, flat."""
        return self.decoder[layer](h)

    def encode(self, x: jax.Array) -> jax.Array:
        """x `[B, *shape]` to z `[B, widths[-1]]`."""
        for layer in range(len(self.widths)):
            x = self.up(x, layer)
        return x.astype(jnp.float32)

    def decode(self, z: jax.Array) -> Any:
        """z `[B, widths[-1]]` to p(x|z) with x `[B, *shape]`."""
        for layer in reversed(range(1, len(self.widths))):
            z = self.activation(self.down(z, layer))
        return self.read(self.down(z, 0))

    def read(self, flat: jax.Array) -> Any:
        """What layer 0 gives, `[B, D]`, to p(x|z) with x `[B, *shape]`."""
        return self.output(flat.reshape(flat.shape[0], *self.shape))

    def classify(self, x: jax.Array) -> jax.Array:
        """x `[B, *shape]` to the logits of its class, `[B, classes]`."""
        return self.classifier(self.encode(x)).astype(jnp.float32)

    def __call__(self, x: jax.Array) -> Any:
        """x to p(x|z): touches every parameter, so one `init` makes them all."""
        if self.is_initializing() and self.classes:
            self.classify(x)
        return self.decode(self.encode(x))
