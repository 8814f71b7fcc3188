"""Corruptions of examples, drawn anew for every key: what a denoising auto-encoder undoes.

Vincent et al. 2010, *Stacked Denoising Autoencoders*, section 5.
"""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks


def gaussian_noise(key: jax.Array, x: jax.Array, *, scale: float) -> jax.Array:
    """Adds independent Gaussian noise to every value.

    .. math:: \\tilde x = x + s \\epsilon, \\qquad \\epsilon \\sim N(0, I)

    Values may leave the range of x.

    Args:
      key: a typed PRNG key.
      x: `[B, ...]`, floating.
      scale: s, the standard deviation, in the units of x.

    Returns:
      `[B, ...]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: the scale is below 0.
    """
    (x,) = _checks.floating(x=x)
    if not scale >= 0:
        raise ValueError(f"scale is {scale}; allowed: a number of at least 0")
    return x + scale * jax.random.normal(key, x.shape, x.dtype)


def masking_noise(key: jax.Array, x: jax.Array, *, rate: float) -> jax.Array:
    """Sets each value to 0 with probability `rate`, independently.

    Args:
      key: a typed PRNG key.
      x: `[B, ...]`, floating.
      rate: from 0 to 1.

    Returns:
      `[B, ...]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: the rate is outside of [0, 1].

    >>> masking_noise(jax.random.key(0), jnp.array([[0.2, 0.7]]), rate=1.0).tolist()
    [[0.0, 0.0]]
    """
    (x,) = _checks.floating(x=x)
    _check_rate(rate)
    return jnp.where(jax.random.bernoulli(key, rate, x.shape), 0.0, x)


def salt_and_pepper_noise(key: jax.Array, x: jax.Array, *, rate: float) -> jax.Array:
    """Sets each value, with probability `rate`, to 0 or to 1, both as likely.

    Args:
      key: a typed PRNG key.
      x: `[B, ...]`, floating, in [0, 1].
      rate: from 0 to 1.

    Returns:
      `[B, ...]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: the rate, or outside of a traced function a value, is outside of [0, 1].
    """
    (x,) = _checks.floating(x=x)
    _check_rate(rate)
    _checks.unit_interval(x=x)
    u = jax.random.uniform(key, x.shape)  # below rate / 2 pepper, from there to rate salt
    return jnp.where(u < rate, (u >= rate / 2).astype(x.dtype), x)


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is {rate}; allowed: a number from 0 to 1")
