"""An encoder and a decoder as one module; the tied one shares its matrices."""

import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn.models.heads import Posterior
from reprlearn.models.mlp import Activation


class Autoencoder(nn.Module):
    """An encoder and a decoder; parameters `{"encoder": ..., "decoder": ...}`."""

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: jax.Array) -> Any:
        """x `[B, ...]` to a code `[B, latent_dim]` or a Posterior over it."""
        return self.encoder(x)

    def decode(self, z: jax.Array) -> Any:
        """z `[B, latent_dim]` to p(x|z)."""
        return self.decoder(z)

    def __call__(self, x: jax.Array) -> Any:
        """x to p(x|z): touches every parameter, so one `init` makes them all."""
        code = self.encode(x)
        return self.decode(code.mean if isinstance(code, Posterior) else code)


class TiedAutoencoder(nn.Module):
    """An auto-encoder that decodes with its encoder's matrices transposed.

    .. math:: z = W x + b, \\qquad \\hat x = W^T z + c   (one layer)

    The lecture's W^t o W; with one linear layer and squared error its optimum spans the principal
    subspace. `widths` ends with the dimension of the code; between layers stands `activation`, on
    the code `code_activation`, and the output is linear.

    References:
      Bourlard & Kamp 1988; Baldi & Hornik 1989, *Neural Networks and Principal Component Analysis*.
    """

    widths: Sequence[int]
    shape: tuple[int, ...]
    output: nn.Module
    activation: Activation = nn.relu
    code_activation: Activation = lambda z: z
    dtype: Any = jnp.float32

    def setup(self) -> None:
        """One kernel W_i for each layer, one bias for each direction."""
        dims = [math.prod(self.shape), *self.widths]
        init = nn.initializers.lecun_normal()
        self.kernels = [
            self.param(f"kernel_{i}", init, (dims[i], dims[i + 1])) for i in range(len(dims) - 1)
        ]
        self.encoder_biases = [
            self.param(f"encoder_bias_{i}", nn.initializers.zeros, (width,))
            for i, width in enumerate(dims[1:])
        ]
        self.decoder_biases = [
            self.param(f"decoder_bias_{i}", nn.initializers.zeros, (width,))
            for i, width in enumerate(dims[:-1])
        ]

    def encode(self, x: jax.Array) -> jax.Array:
        """x `[B, *shape]` to z `[B, widths[-1]]`."""
        h = x.reshape(x.shape[0], -1).astype(self.dtype)
        last = len(self.kernels) - 1
        for i, (kernel, bias) in enumerate(zip(self.kernels, self.encoder_biases, strict=True)):
            h = h @ kernel.astype(self.dtype) + bias.astype(self.dtype)[None, :]
            h = self.code_activation(h) if i == last else self.activation(h)
        return h.astype(jnp.float32)

    def decode(self, z: jax.Array) -> Any:
        """z `[B, widths[-1]]` to p(x|z) with x `[B, *shape]`, through the transposed kernels."""
        h = z.astype(self.dtype)
        for i in reversed(range(len(self.kernels))):
            bias = self.decoder_biases[i].astype(self.dtype)[None, :]
            h = h @ self.kernels[i].T.astype(self.dtype) + bias
            h = self.activation(h) if i > 0 else h
        return self.output(h.reshape(h.shape[0], *self.shape))

    def __call__(self, x: jax.Array) -> Any:
        """x to p(x|z): touches every parameter, so one `init` makes them all."""
        return self.decode(self.encode(x))
