"""Augmentations: other views of the same image, drawn anew for every key and example.

What two views have in common is what a representation is to keep: Chen et al. 2020, *A Simple
Framework for Contrastive Learning of Visual Representations*, section 3.
"""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue
ASPECTS = (3 / 4, 4 / 3)  # of what is cropped, width over height


def affine(
    key: jax.Array,
    x: jax.Array,
    *,
    shift: float = 0.0,
    rotation: float = 0.0,
    scale: float = 0.0,
    shear: float = 0.0,
    crop: float = 0.0,
    flip: bool = False,
) -> jax.Array:
    """Moves, turns, scales, shears, crops and mirrors each image, in one interpolation.

    Every amount is uniform; what lies outside of an image is its nearest pixel.

    Args:
      key: a typed PRNG key.
      x: `[B, H, W, C]`, floating.
      shift: the most that the image moves, up or down and left or right, as a share of its side.
      rotation: the most that it turns either way, in degrees.
      scale: the most that it grows or shrinks: by a factor from 1 - scale to 1 + scale; below 1.
      shear: the most that it is sheared either way, in degrees; below 90.
      crop: the largest share of the area that is cut away, below 1; what is left, of an aspect from
        3:4 to 4:3, fills the image.
      flip: whether one half of the images are mirrored, left to right.

    Returns:
      `[B, H, W, C]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: x is no images, or an amount is not allowed.
    """
    (x,) = _checks.floating(x=x)
    _checks.rank(4, x=x)
    for name, amount, bound in (
        ("shift", shift, jnp.inf),
        ("rotation", rotation, jnp.inf),
        ("scale", scale, 1.0),
        ("shear", shear, 90.0),
        ("crop", crop, 1.0),
    ):
        if not 0 <= amount < bound:
            raise ValueError(f"{name} is {amount}; allowed: at least 0, and below {bound}")
    key, flip_key = jax.random.split(key)
    u = iter(jax.random.uniform(key, (9, len(x)), minval=-1.0))  # each in [-1, 1)
    side = jnp.array(x.shape[1:3], jnp.float32)[:, None]
    moved = shift * side * jnp.stack([next(u), next(u)])  # [2, B]: rows, columns
    angle, slope = jnp.deg2rad(rotation) * next(u), jnp.tan(jnp.deg2rad(shear) * next(u))
    factor = 1.0 + scale * next(u)
    area = 1.0 - crop * (next(u) + 1.0) / 2.0
    low, high = jnp.log(jnp.array(ASPECTS))
    aspect = jnp.exp(low + (high - low) * (next(u) + 1.0) / 2.0)
    across, along = next(u), next(u)
    mirrored = jax.random.bernoulli(flip_key, 0.5, (len(x),)) & flip
    kept = jnp.minimum(jnp.stack([jnp.sqrt(area / aspect), jnp.sqrt(area * aspect)]), 1.0)
    kept = jnp.where(crop > 0, kept, 1.0)
    window = jnp.stack([across, along]) * (1.0 - kept) / 2.0 * side
    # From a place of the result to one of the image: cropped and mirrored, then moved and turned.
    cosine, sine = jnp.cos(angle) / factor, jnp.sin(angle) / factor
    turned = jnp.array([[cosine, -sine], [sine, cosine]])  # [2, 2, B]
    ones = jnp.ones_like(slope)
    sheared = jnp.array([[ones, jnp.zeros_like(slope)], [slope, ones]])
    linear = jnp.einsum("ijb,jkb->ikb", turned, sheared)
    sides = kept * jnp.stack([jnp.ones(len(x)), jnp.where(mirrored, -1.0, 1.0)])
    offset = jnp.einsum("ijb,jb->ib", linear, window - moved)
    return warp(x, (linear * sides[None]).transpose(2, 0, 1), offset.T)


def warp(x: jax.Array, matrix: jax.Array, offset: jax.Array) -> jax.Array:
    """Images seen through an affine map, with bilinear interpolation.

    .. math:: y_b(p) = x_b(A_b p + t_b)

    Places p are in pixels from the centre: (row, column). Outside of an image is its nearest pixel.

    Args:
      x: `[B, H, W, C]`, floating.
      matrix: A, `[B, 2, 2]`.
      offset: t, `[B, 2]`.

    Returns:
      `[B, H, W, C]`, float32.

    >>> x = jnp.array([[1.0, 2.0], [3.0, 4.0]])[None, :, :, None]
    >>> warp(x, jnp.eye(2)[None], jnp.array([[0.0, 0.5]]))[0, :, :, 0].tolist()
    [[1.5, 2.0], [3.5, 4.0]]
    """
    (x,) = _checks.floating(x=x)
    _checks.rank(4, x=x)
    rows, height, width, channels = x.shape
    centre = jnp.array([(height - 1) / 2, (width - 1) / 2])
    lines = jnp.arange(height, dtype=jnp.float32), jnp.arange(width, dtype=jnp.float32)
    grid = jnp.stack(jnp.meshgrid(*lines, indexing="ij"), axis=-1)
    grid = grid.reshape(-1, 2) - centre[None]
    places = jnp.einsum("bij,pj->bpi", matrix, grid, precision="highest")
    places = places + (offset + centre[None])[:, None]
    last = jnp.array([height - 1, width - 1])[None, None]
    places = jnp.clip(places, 0.0, last.astype(jnp.float32))
    low = jnp.minimum(jnp.floor(places), jnp.maximum(last - 1, 0)).astype(jnp.int32)
    high = jnp.minimum(low + 1, last)
    part = places - low  # how much of the next pixel
    flat = x.reshape(rows, -1, channels)

    def at(i: jax.Array, j: jax.Array) -> jax.Array:
        return jnp.take_along_axis(flat, (i * width + j)[:, :, None], axis=1)

    (top, left), (bottom, right) = (jnp.moveaxis(a, -1, 0) for a in (low, high))
    down, over = part[:, :, :1], part[:, :, 1:]
    above = at(top, left) * (1.0 - over) + at(top, right) * over
    below = at(bottom, left) * (1.0 - over) + at(bottom, right) * over
    return (above * (1.0 - down) + below * down).reshape(x.shape)


def blur(key: jax.Array, x: jax.Array, *, sigma: float) -> jax.Array:
    """Blurs each image by a Gaussian, whose deviation is uniform from 0 to sigma.

    Args:
      key: a typed PRNG key.
      x: `[B, H, W, C]`, floating.
      sigma: the largest deviation, in pixels; positive.

    Returns:
      `[B, H, W, C]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: x is no images, or sigma <= 0.
    """
    (x,) = _checks.floating(x=x)
    _checks.rank(4, x=x)
    _checks.positive(sigma=sigma)
    reach = -int(-3 * sigma // 1)  # three deviations
    at = jnp.arange(-reach, reach + 1)
    width = jnp.maximum(jax.random.uniform(key, (len(x), 1), maxval=sigma), 1e-3)
    weights = jax.nn.softmax(-0.5 * jnp.square(at[None] / width), axis=-1)  # [B, reach + 1 + reach]
    for axis in (1, 2):
        padded = jnp.pad(x, [(reach, reach) if a == axis else (0, 0) for a in range(4)], "edge")
        x = sum(
            jax.lax.slice_in_dim(padded, i, i + x.shape[axis], axis=axis)
            * weights[:, i, None, None, None]
            for i in range(len(at))
        )
    return x


def colour(
    key: jax.Array,
    x: jax.Array,
    *,
    brightness: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
) -> jax.Array:
    """Changes how bright, how contrasted and how colourful each image is, within [0, 1].

    .. math:: x \\leftarrow b \\, x, \\qquad x \\leftarrow \\bar g + c \\, (x - \\bar g), \\qquad
              x \\leftarrow g + s \\, (x - g)

    with g the grey of a pixel, its mean over the image, and each factor uniform from 1 - amount to
    1 + amount. After each the image is cut to [0, 1].

    Args:
      key: a typed PRNG key.
      x: `[B, H, W, C]` in [0, 1]; of three channels red, green, blue; of others grey is their mean.
      brightness, contrast, saturation: the amounts, from 0 to 1.

    Returns:
      `[B, H, W, C]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: x is no images, or an amount is outside of [0, 1].
    """
    (x,) = _checks.floating(x=x)
    _checks.rank(4, x=x)
    amounts = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
    for name, amount in amounts.items():
        if not 0 <= amount <= 1:
            raise ValueError(f"{name} is {amount}; allowed: 0 to 1")
    drawn = jax.random.uniform(key, (3, len(x), 1, 1, 1), minval=-1.0)
    factors = 1.0 + jnp.array(list(amounts.values())).reshape(3, 1, 1, 1, 1) * drawn
    x = jnp.clip(x * factors[0], 0.0, 1.0)
    if contrast:
        x = _between(_grey(x).mean(axis=(1, 2), keepdims=True), x, factors[1])
    return _between(_grey(x), x, factors[2]) if saturation else x


def _between(grey: jax.Array, x: jax.Array, factor: jax.Array) -> jax.Array:
    return jnp.clip(grey + factor * (x - grey), 0.0, 1.0)


def _grey(x: jax.Array) -> jax.Array:
    weights = jnp.array(LUMINANCE) if x.shape[-1] == 3 else jnp.full(x.shape[-1], 1 / x.shape[-1])
    return jnp.einsum("bhwc,c->bhw", x, weights, precision="highest")[..., None]


def cutout(key: jax.Array, x: jax.Array, *, side: float) -> jax.Array:
    """Blackens a square of each image, at a place of its own; it may reach over the edge.

    Args:
      key: a typed PRNG key.
      x: `[B, H, W, C]`, floating.
      side: of the square, as a share of the image's shorter side; from 0 to 1.

    Returns:
      `[B, H, W, C]`, float32; the centre of the square is any pixel, each as likely.

    Raises:
      TypeError: x is not floating.
      ValueError: x is no images, or side is outside of [0, 1].

    References:
      DeVries & Taylor 2017, *Improved Regularization of Convolutional Neural Networks with Cutout*.
    """
    (x,) = _checks.floating(x=x)
    _checks.rank(4, x=x)
    if not 0 <= side <= 1:
        raise ValueError(f"side is {side}; allowed: 0 to 1")
    rows, height, width, _ = x.shape
    size = round(side * min(height, width))
    row_key, column_key = jax.random.split(key)
    inside = jnp.ones((rows, 1, 1), bool)
    for axis, key, length in ((1, row_key, height), (2, column_key, width)):
        first = jax.random.randint(key, (rows, 1, 1), 0, length) - size // 2
        place = jnp.arange(length).reshape((1, -1, 1) if axis == 1 else (1, 1, -1))
        inside = inside & (place >= first) & (place < first + size)
    return jnp.where(inside[..., None], 0.0, x)
