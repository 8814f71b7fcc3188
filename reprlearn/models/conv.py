"""Convolutional encoders and decoders of images `[B, H, W, C]`, fast on every platform."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from reprlearn.models.mlp import Activation


def conv_as_matmul(
    x: jax.Array,
    kernel: jax.Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
) -> jax.Array:
    """A convolution as shifted slices and one matrix product; equal to lax's to rounding.

    XLA's own CPU convolution runs on one thread inside a scan; a matrix product uses all cores.

    Args:
      x: `[B, H, W, C]`.
      kernel: `[KH, KW, C, F]`.
      window_strides: (rows, columns).
      padding: "SAME", "VALID" or ((top, bottom), (left, right)) in pixels.

    Returns:
      `[B, H', W', F]`.
    """
    kernel_rows, kernel_columns, _channels, features = kernel.shape
    row_stride, column_stride = window_strides
    if isinstance(padding, str):
        sizes = x.shape[1:3], (kernel_rows, kernel_columns)
        padding = lax.padtype_to_pads(*sizes, window_strides, padding)
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    rows = (x.shape[1] - kernel_rows) // row_stride + 1
    columns = (x.shape[2] - kernel_columns) // column_stride + 1
    patches = [
        x[
            :,
            i : i + row_stride * rows : row_stride,
            j : j + column_stride * columns : column_stride,
        ]
        for i in range(kernel_rows)
        for j in range(kernel_columns)
    ]
    return jnp.concatenate(patches, axis=-1) @ kernel.reshape(-1, features)


def conv_general_dilated(x, kernel, window_strides, padding, **options) -> jax.Array:
    """`lax.conv_general_dilated` without dilation or groups; on the CPU as a matrix product."""

    def native(x, kernel):
        return lax.conv_general_dilated(x, kernel, window_strides, padding, **options)

    def matmul(x, kernel):
        return conv_as_matmul(x, kernel, window_strides, padding)

    return lax.platform_dependent(x, kernel, cpu=matmul, default=native)


def conv(features: int, size: int, stride: int, dtype: Any) -> nn.Conv:
    """The one convolution layer used here: square kernel, output ceil(input / stride)."""
    return nn.Conv(
        features,
        (size, size),
        strides=(stride, stride),
        padding="SAME",
        dtype=dtype,
        conv_general_dilated=conv_general_dilated,
    )


def depth_to_space(x: jax.Array, factor: int = 2) -> jax.Array:
    """Rearranges channels into pixels: `[B, H, W, f f C]` to `[B, f H, f W, C]`.

    References:
      Shi et al. 2016, *Real-Time Single Image and Video Super-Resolution*, eq. 4.
    """
    batch, rows, columns, channels = x.shape
    x = x.reshape(batch, rows, columns, factor, factor, channels // factor**2)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, rows * factor, columns * factor, -1)


class ConvEncoder(nn.Module):
    """Images `[B, H, W, C]` through one 4x4 convolution of stride 2 for each width, to `head`."""

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, H, W, C]` to what `head` makes of the flattened last map."""
        h = x
        for width in self.widths:
            h = self.activation(conv(width, 4, 2, self.dtype)(h))
        return self.head(h.reshape(h.shape[0], -1))


class ConvDecoder(nn.Module):
    """z `[B, latent_dim]` to images of `shape` (H, W, C), doubling the resolution for each width.

    Each doubling is a 3x3 convolution at the low resolution and a depth-to-space step: no
    checkerboard, and a plain matrix product on the CPU. `widths` run from coarse to fine; sides
    that no power of two divides are made larger and cropped at the centre.
    """

    widths: Sequence[int]
    shape: tuple[int, ...]
    output: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, z: jax.Array) -> Any:
        """z `[B, latent_dim]` to p(x|z) with x `[B, H, W, C]`."""
        height, width, channels = self.shape
        factor = 2 ** len(self.widths)
        rows, columns = -(-height // factor), -(-width // factor)
        first = self.widths[0] if self.widths else channels
        h = nn.Dense(rows * columns * first, dtype=self.dtype)(z)
        h = h.reshape(-1, rows, columns, first)
        # Each step ends with the next step's width; the last one with the image's channels.
        for features in (*self.widths[1:], channels)[: len(self.widths)]:
            h = depth_to_space(conv(4 * features, 3, 1, self.dtype)(self.activation(h)))
        top, left = (rows * factor - height) // 2, (columns * factor - width) // 2
        return self.output(h[:, top : top + height, left : left + width])
