"""A convolutional network of VGG's shape, whose layers are read by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn.models.conv import Conv
from reprlearn.models.mlp import Activation

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels
CONVOLUTIONS = 2  # of each block of an encoder


def layer_names(convolutions: Sequence[int]) -> list[str]:
    """The layers of a network with so many convolutions in each block, as in the paper.

    >>> layer_names((2, 1))
    ['conv1_1', 'conv1_2', 'conv2_1']
    """
    return [f"conv{b + 1}_{i + 1}" for b, count in enumerate(convolutions) for i in range(count)]


class VGG(nn.Module):
    """Blocks of 3x3 convolutions, ReLU after each; between blocks the mean of 2x2 pixels.

    The mean in place of the maximum gives smoother images (Gatys et al. 2016, section 2); beyond
    the border the outermost pixels go on, so that no frame is seen. Images in [0, 1] are
    standardised as those of ImageNet are, grey ones as three equal channels.

    Attributes:
      widths: channels of each block.
      convolutions: of each block.
      activation: after each convolution.
      dtype: of the computation; parameters and activations are float32.

    References:
      Simonyan & Zisserman 2015, *Very Deep Convolutional Networks for Large-Scale Image
      Recognition*.
    """

    widths: Sequence[int]
    convolutions: Sequence[int]
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> Mapping[str, jax.Array]:
        """x `[B, H, W, 1 or 3]` in [0, 1] to the activations of each layer, `[B, H', W', C]`."""
        x = jnp.broadcast_to(x, (*x.shape[:-1], 3))
        x = (x - jnp.array(MEAN)[None, None, None]) / jnp.array(DEVIATION)[None, None, None]
        h, found = x.transpose(3, 1, 2, 0), {}
        for block, (width, count) in enumerate(zip(self.widths, self.convolutions, strict=True)):
            if block:
                h = _halved(h)
            for i in range(count):
                name = f"conv{block + 1}_{i + 1}"
                h = jnp.pad(h, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
                pixels = Conv(width, (3, 3), padding="VALID", dtype=self.dtype, name=name)
                h = self.activation(pixels(h))
                found[name] = h.transpose(3, 1, 2, 0).astype(jnp.float32)
        return found


def _halved(h: jax.Array) -> jax.Array:
    """`[C, H, W, B]` to the means of 2x2 pixels; a last odd row or column is left out."""
    channels, rows, columns, batch = h.shape
    h = h[:, : rows // 2 * 2, : columns // 2 * 2]
    return h.reshape(channels, rows // 2, 2, columns // 2, 2, batch).mean(axis=(2, 4))


class VGGEncoder(nn.Module):
    """A `VGG` of two convolutions a block as an encoder: its last block, halved, to a head.

    Attributes:
      widths: channels of each block.
      head: of the flattened last block.
      activation, dtype: as of a `VGG`.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, H, W, 1 or 3]` in [0, 1] to what `head` makes of it."""
        convolutions = (CONVOLUTIONS,) * len(self.widths)
        found = VGG(self.widths, convolutions, self.activation, self.dtype, name="phi")(x)
        h = _halved(found[layer_names(convolutions)[-1]].transpose(3, 1, 2, 0))
        return self.head(h.reshape(-1, h.shape[3]).T)


def structural(params: Mapping[str, Mapping[str, jax.Array]]) -> dict:
    """Random kernels of a VGG without what they see of even areas, but for the first layer's.

    Each later kernel gets the mean 0 over its window: it answers to edges and textures, so that
    content is where things are, not how bright they are. The first layer keeps the colours.
    """
    centred = {}
    for place, (name, layer) in enumerate(params.items()):
        kernel = layer["kernel"]
        if place:
            kernel = kernel - kernel.mean(axis=(0, 1), keepdims=True)
        centred[name] = {**layer, "kernel": kernel}
    return centred
