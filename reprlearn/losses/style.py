"""Content and style of images, by the activations of a network (Gatys, Ecker & Bethge 2016)."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import sum_over_example


def gram_matrix(features: jax.Array) -> jax.Array:
    """How the channels of a layer go together, whatever the place.

    .. math:: G_{bij} = \\frac{1}{M} \\sum_{m=1}^{M} F_{bmi} F_{bmj}

    over the M places of a map. Gatys et al. leave out 1/M, and have it in the loss: with it maps of
    different sizes compare.

    Args:
      features: F, `[B, ..., C]`, floating; all axes between the first and the last are places.

    Returns:
      `[B, C, C]`, float32, symmetric.

    Raises:
      TypeError: features are not floating.
      ValueError: they have fewer than three axes, or no place.

    References:
      Gatys, Ecker & Bethge 2016, *Image Style Transfer Using Convolutional Neural Networks*, eq. 3.

    >>> gram_matrix(jnp.array([[[1.0, 2.0], [3.0, 0.0]]])).tolist()
    [[[5.0, 1.0], [1.0, 2.0]]]
    """
    (features,) = _checks.floating(features=features)
    _checks.at_least_rank(3, features=features)
    if 0 in features.shape[1:]:
        raise ValueError(f"features {list(features.shape)} must have places and channels")
    rows = features.reshape(features.shape[0], -1, features.shape[-1])
    return jnp.einsum("bmi,bmj->bij", rows, rows) / rows.shape[1]


def content_loss(features: jax.Array, targets: jax.Array) -> jax.Array:
    """Half the squared distance of two activations of one layer.

    .. math:: \\ell_b = \\tfrac12 \\sum_{mi} (F_{bmi} - P_{bmi})^2

    Args:
      features: F, `[B, ...]`, floating, of the image that is sought.
      targets: P, the same shape, of the image whose content is wanted.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or there is no batch axis.

    References:
      Gatys et al. 2016, eq. 1.

    >>> content_loss(jnp.array([[1.0, 2.0]]), jnp.array([[0.0, 4.0]])).tolist()
    [2.5]
    """
    features, targets = _checks.floating(features=features, targets=targets)
    _checks.at_least_rank(1, features=features)
    _checks.same_shape(features=features, targets=targets)
    return 0.5 * sum_over_example(jnp.square(features - targets))


def style_loss(grams: jax.Array, targets: jax.Array) -> jax.Array:
    """The distance of two Gram matrices of one layer.

    .. math:: \\ell_b = \\frac{1}{4 C^2} \\sum_{ij} (G_{bij} - A_{bij})^2

    Args:
      grams: G, `[B, C, C]`, floating, of `gram_matrix`.
      targets: A, the same shape, of the image whose style is wanted.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or are no square matrices.

    References:
      Gatys et al. 2016, eq. 4, where 1/M^2 is here in the Gram matrices.

    >>> style_loss(jnp.zeros((1, 2, 2)), jnp.array([[[4.0, 0.0], [0.0, 0.0]]])).tolist()
    [1.0]
    """
    grams, targets = _checks.floating(grams=grams, targets=targets)
    _checks.rank(3, grams=grams)
    _checks.same_shape(grams=grams, targets=targets)
    if grams.shape[1] != grams.shape[2]:
        raise ValueError(f"grams {list(grams.shape)} must be square matrices")
    return sum_over_example(jnp.square(grams - targets)) / (4 * grams.shape[1] ** 2)


def total_variation(images: jax.Array) -> jax.Array:
    """How much neighbouring pixels differ: noise has much of it, smooth images little.

    .. math:: \\ell_b = \\sum_{hwc} (x_{b,h+1,w,c} - x_{bhwc})^2 + (x_{b,h,w+1,c} - x_{bhwc})^2

    Args:
      images: x, `[B, H, W, C]`, floating.

    Returns:
      `[B]`, float32, in squared units of the pixels.

    Raises:
      TypeError: images are not floating.
      ValueError: they have not four axes.

    References:
      Rudin, Osher & Fatemi 1992, *Nonlinear Total Variation Based Noise Removal*; squared, as
      Mahendran & Vedaldi 2015 with beta = 2.

    >>> total_variation(jnp.array([[[[0.0], [1.0]], [[2.0], [2.0]]]])).tolist()
    [6.0]
    """
    (images,) = _checks.floating(images=images)
    _checks.rank(4, images=images)
    down = jnp.square(images[:, 1:] - images[:, :-1])
    across = jnp.square(images[:, :, 1:] - images[:, :, :-1])
    return sum_over_example(down) + sum_over_example(across)
