"""Convolutional encoders and decoders of images `[B, H, W, C]`, fast on every platform.

Inside, images are `[C, H, W, B]`: on a CPU every product of a convolution, forward and backward, is
then a plain one of two matrices, and a window is cut out in runs as long as a batch. Elsewhere the
compiler chooses the layout in memory itself, whatever the order of the axes.
"""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.layout import Layout, with_layout_constraint

from reprlearn.models.mlp import Activation, BatchNorm

Pair = tuple[int, int]  # of rows, of columns

# Numbers of an image that windows are written out in at once, and beyond which it is done in such
# blocks: more do not stay in the cache.
BLOCK, LARGE = 2**20, 2**22


def convolution(
    x: jax.Array,
    kernel: jax.Array,
    *,
    strides: Pair = (1, 1),
    padding: str | Sequence[Pair] = "SAME",
    dilation: Pair = (1, 1),
) -> jax.Array:
    """A convolution, as every network computes it: on the CPU as a matrix product, elsewhere lax's.

    Args:
      x: `[C, H, W, B]`.
      kernel: `[KH, KW, C, F]`.
      strides: (rows, columns).
      padding: "SAME", "VALID" or ((top, bottom), (left, right)) in pixels; negative ones crop.
      dilation: (rows, columns), from one pixel that the kernel sees to the next.

    Returns:
      `[F, H', W', B]`.
    """
    spans = tuple((side - 1) * d + 1 for side, d in zip(kernel.shape[:2], dilation, strict=True))
    if isinstance(padding, str):
        padding = lax.padtype_to_pads(x.shape[1:3], spans, strides, padding)

    def native(x, kernel):
        return lax.conv_general_dilated(
            x,
            kernel,
            strides,
            padding,
            rhs_dilation=dilation,
            dimension_numbers=("CHWN", "HWIO", "CHWN"),
        )

    def matmul(x, kernel):
        return conv_as_matmul(x, kernel, strides, padding, dilation)

    return lax.platform_dependent(x, kernel, cpu=matmul, default=native)


def conv_as_matmul(
    x: jax.Array, kernel: jax.Array, strides: Pair, padding: Sequence[Pair], dilation: Pair
) -> jax.Array:
    """`convolution` as shifted slices and one matrix product; equal to lax's to rounding.

    XLA's own CPU convolution runs on one thread inside a scan; a matrix product uses all cores. A
    stride that divides the kernel's sides is folded into the channels first: fewer, larger slices.
    Where there are few features, what is sliced is not the input but its products with the kernel.
    Windows that fill more memory than the cache has are written out in blocks of rows.
    """
    spans = [(side - 1) * d + 1 for side, d in zip(kernel.shape[:2], dilation, strict=True)]
    x, sizes = _pad_to_windows(x, spans, strides, padding)
    if dilation == (1, 1) and all(k % s == 0 for k, s in zip(spans, strides, strict=True)):
        folded = space_to_depth(kernel.transpose(2, 0, 1, 3), strides)  # [s s C, KH/s, KW/s, F]
        x, kernel, strides = space_to_depth(x, strides), folded.transpose(1, 2, 0, 3), (1, 1)
    height, width, channels, features = kernel.shape
    windows = [
        tuple(
            slice(i * d, i * d + n * s, s)
            for i, d, n, s in zip(place, dilation, sizes, strides, strict=True)
        )
        for place in np.ndindex(height, width)
    ]
    batch = x.shape[3]
    if strides == (1, 1) and channels > 2 * features:
        taps = kernel.transpose(0, 1, 3, 2).reshape(-1, channels) @ x.reshape(channels, -1)
        taps = taps.reshape(-1, *x.shape[1:])
        parts = jnp.split(taps, height * width)  # its gradient is one concatenation
        return sum(part[:, i, j] for part, (i, j) in zip(parts, windows, strict=True))
    # Of one image: a program that is exported does not know how many there will be.
    one_row = height * width * channels * sizes[1]
    fitting = max(1, BLOCK // max(1, one_row))
    if strides == (1, 1) and one_row * sizes[0] > LARGE and fitting < sizes[0]:
        return _in_blocks(x, kernel, dilation, sizes[0], fitting)
    rows = jnp.concatenate([x[:, i, j] for i, j in windows])
    rows = rows.reshape(height * width * channels, sizes[0] * sizes[1] * batch)
    return (kernel.reshape(-1, features).T @ rows).reshape(features, *sizes, batch)


def _in_blocks(x: jax.Array, kernel: jax.Array, dilation: Pair, size: int, rows: int) -> jax.Array:
    """`conv_as_matmul` without padding or strides, giving `size` rows, so many at a time."""
    blocks = -(-size // rows)
    rows = -(-size // blocks)
    more = blocks * rows - size
    seen = x.shape[1] + more - (blocks - 1) * rows  # rows of x for those of a block
    x = jnp.pad(x, ((0, 0), (0, more), (0, 0), (0, 0)))

    def block(first):
        part = lax.dynamic_slice_in_dim(x, first, seen, axis=1)
        return conv_as_matmul(part, kernel, (1, 1), ((0, 0), (0, 0)), dilation)

    found = lax.map(block, rows * jnp.arange(blocks)).swapaxes(0, 1)
    return found.reshape(found.shape[0], blocks * rows, *found.shape[3:])[:, :size]


def _pad_to_windows(
    x: jax.Array, spans: Sequence[int], strides: Pair, padding: Sequence[Pair]
) -> tuple[jax.Array, list[int]]:
    """x, padded and then cropped to what its windows see, and how many there are each way."""
    config, counts = [(0, 0, 0)], []
    for size, span, stride, (low, high) in zip(x.shape[1:3], spans, strides, padding, strict=True):
        count = max(0, (size + low + high - span) // stride + 1)
        seen = (count - 1) * stride + span if count else 0
        config.append((low, seen - low - size, 0))
        counts.append(count)
    return lax.pad(x, jnp.zeros((), x.dtype), [*config, (0, 0, 0)]), counts


def space_to_depth(x: jax.Array, factors: Pair = (2, 2)) -> jax.Array:
    """Rearranges pixels into channels: `[C, f H, g W, B]` to `[f g C, H, W, B]`.

    References:
      Shi et al. 2016, *Real-Time Single Image and Video Super-Resolution*, eq. 4, backwards.
    """
    channels, rows, columns, batch = x.shape
    f, g = factors
    x = x.reshape(channels, rows // f, f, columns // g, g, batch).transpose(2, 4, 0, 1, 3, 5)
    return x.reshape(f * g * channels, rows // f, columns // g, batch)


def depth_to_space(x: jax.Array, factors: Pair = (2, 2)) -> jax.Array:
    """Rearranges channels into pixels: `[f g C, H, W, B]` to `[C, f H, g W, B]`.

    References:
      Shi et al. 2016, *Real-Time Single Image and Video Super-Resolution*, eq. 4.
    """
    channels, rows, columns, batch = x.shape
    f, g = factors
    x = x.reshape(f, g, channels // (f * g), rows, columns, batch).transpose(2, 3, 0, 4, 1, 5)
    return x.reshape(channels // (f * g), f * rows, g * columns, batch)


def batch_first(x: jax.Array) -> jax.Array:
    """`[C, H, W, B]` to `[B, H, W, C]`, for what is not a convolution.

    On a CPU it is written to memory: else each loop of the loss would collect its pixels anew.
    """

    def written(x):
        return with_layout_constraint(x, Layout(tuple(range(x.ndim))))

    return lax.platform_dependent(x.transpose(3, 1, 2, 0), cpu=written, default=lambda x: x)


class Conv(nn.Module):
    """A convolutional layer, `nn.Conv` on `[C, H, W, B]`; the parameters are the same."""

    features: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: str | Sequence[Pair] = "SAME"
    dilation: Pair = (1, 1)
    dtype: Any = jnp.float32
    use_bias: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """x `[C, H, W, B]` to `[features, H', W', B]`."""
        shape = (*self.kernel_size, x.shape[0], self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = jnp.zeros(self.features)
        if self.use_bias:
            bias = self.param("bias", nn.initializers.zeros, (self.features,))
        x, kernel, bias = nn.dtypes.promote_dtype(x, kernel, bias, dtype=self.dtype)
        options = {"strides": self.strides, "padding": self.padding, "dilation": self.dilation}
        return convolution(x, kernel, **options) + bias[:, None, None, None]


class InstanceNorm(nn.Module):
    """Each map of each image brought to mean 0 and deviation 1, then to ones that are learned.

    .. math:: g_c \\frac{x_{cb} - \\mu_{cb}}{\\sqrt{\\sigma_{cb}^2 + \\epsilon}} + s_c

    over the pixels: the next layer sees neither the brightness nor the contrast of an image. No
    other image of a batch is looked at, so training and use are the same (Ulyanov et al. 2016).
    """

    epsilon: float = 1e-3

    @nn.compact
    def __call__(self, maps: jax.Array) -> jax.Array:
        """Maps `[C, H, W, B]`, of the same shape."""
        shape, pixels = (len(maps), 1, 1, 1), (1, 2)
        mean = maps.mean(axis=pixels, keepdims=True)
        variance = jnp.square(maps - mean).mean(axis=pixels, keepdims=True)
        gain = self.param("gain", nn.initializers.ones, shape)
        shift = self.param("shift", nn.initializers.zeros, shape)
        return (maps - mean) * jax.lax.rsqrt(variance + self.epsilon) * gain + shift


class ConvEncoder(nn.Module):
    """Images `[B, H, W, C]` through one 4x4 convolution of stride 2 for each width, to `head`.

    `normalization` is "none"; "instance", an `InstanceNorm` behind each convolution; or "domain", a
    `BatchNorm`, which has the bias.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32
    normalization: str = "none"

    @nn.compact
    def __call__(self, x: jax.Array) -> Any:
        """x `[B, H, W, C]` to what `head` makes of the flattened last map."""
        h = x.transpose(3, 1, 2, 0)
        by_domain = self.normalization == "domain"
        for width in self.widths:
            h = Conv(width, (4, 4), strides=(2, 2), dtype=self.dtype, use_bias=not by_domain)(h)
            if by_domain:
                h = BatchNorm(axis=0, dtype=self.dtype)(h)
            elif self.normalization == "instance":
                h = InstanceNorm()(h)
            h = self.activation(h)
        return self.head(h.reshape(-1, h.shape[3]).T)


class ConvDecoder(nn.Module):
    """z `[B, latent_dim]` to images of `shape` (H, W, C), doubling the resolution for each width.

    Each doubling mirrors the encoder's step: a 4x4 transposed convolution of stride 2, computed as
    a 2x2 convolution at the low resolution and a depth-to-space step. Each pixel is made of as many
    taps as its neighbours: no checkerboard. `widths` run from coarse to fine; sides that no power
    of two divides are made larger and cropped at the centre.
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
        h = nn.Dense(first * rows * columns, dtype=self.dtype)(z)
        h = h.T.reshape(first, rows, columns, -1)
        # Each step ends with the next step's width; the last one with the image's channels.
        for features in (*self.widths[1:], channels)[: len(self.widths)]:
            pixels = Conv(4 * features, (2, 2), padding=((1, 1), (1, 1)), dtype=self.dtype)
            h = depth_to_space(pixels(self.activation(h)))[:, 1:-1, 1:-1]
        top, left = (rows * factor - height) // 2, (columns * factor - width) // 2
        return self.output(batch_first(h[:, top : top + height, left : left + width]))
