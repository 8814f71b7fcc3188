"""Penalties of a code: how much of it is active, and how far it moves with the example."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks


def l1_activation(z: jax.Array) -> jax.Array:
    """The sum of a code's absolute values: its minimum has zeros.

    .. math:: \\ell_b = \\sum_k |z_{bk}|

    Args:
      z: `[B, K]`, floating.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: z is not floating.
      ValueError: it is not of two axes.

    References:
      Olshausen & Field 1996, *Emergence of Simple-Cell Receptive Field Properties by Learning a
      Sparse Code for Natural Images*, with S(x) = |x|.

    >>> l1_activation(jnp.array([[1.0, -3.0], [0.0, 0.5]])).tolist()
    [4.0, 0.5]
    """
    (z,) = _checks.floating(z=z)
    _checks.rank(2, z=z)
    return (jnp.sign(z) * z).sum(axis=1)  # the slope of jnp.abs at 0 is 1


def kl_sparsity(rates: jax.Array, *, rate: float) -> jax.Array:
    """How far the rates at which units are active are from a wanted one.

    .. math:: KL(\\rho \\| \\hat\\rho_k) = \\rho \\log \\frac{\\rho}{\\hat\\rho_k}
              + (1 - \\rho) \\log \\frac{1 - \\rho}{1 - \\hat\\rho_k}

    Args:
      rates: rho_hat, `[K]`, in (0, 1): of each unit, a sigmoid, the mean over a batch.
      rate: rho, in (0, 1).

    Returns:
      `[K]` nats, float32, at least 0; one for each unit, as it is a property of the batch.

    Raises:
      TypeError: the rates are not floating.
      ValueError: they are not of one axis, or leave [0, 1]; rho is not between 0 and 1.

    References:
      Ng 2011, *Sparse Autoencoder*, CS294A lecture notes, p. 15; Lee, Ekanadham & Ng 2008.

    >>> [round(v, 4) for v in kl_sparsity(jnp.array([0.1, 0.5]), rate=0.1).tolist()]
    [0.0, 0.3681]
    """
    (rates,) = _checks.floating(rates=rates)
    _checks.rank(1, rates=rates)
    _checks.unit_interval(rates=rates)
    if not 0 < rate < 1:
        raise ValueError(f"rate is {rate}; allowed: a number between 0 and 1")
    least = jnp.finfo(rates.dtype).tiny  # a unit that is never active has a large, finite penalty
    on, off = jnp.log(jnp.maximum(rates, least)), jnp.log(jnp.maximum(1.0 - rates, least))
    return rate * (jnp.log(rate) - on) + (1.0 - rate) * (jnp.log(1.0 - rate) - off)


def contractive(encode: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """How far a code moves with its example: the squared norm of the encoder's Jacobian.

    .. math:: \\|J(x_b)\\|_F^2 = \\sum_{kd} \\left( \\frac{\\partial z_k}{\\partial x_d}(x_b)
              \\right)^2

    It takes K gradients of the encoder for each example.

    Args:
      encode: `[B, ...]` to `[B, K]`; no example's code may depend on another example.
      x: `[B, ...]`, floating.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: x is not floating.
      ValueError: the codes are not `[B, K]`.

    References:
      Rifai et al. 2011, *Contractive Auto-Encoders: Explicit Invariance During Feature Extraction*,
      eq. 1.

    >>> contractive(lambda x: x * jnp.array([[1.0, 2.0]]), jnp.zeros((1, 2))).tolist()
    [5.0]
    """
    slopes = jacobians(encode, x)
    return jnp.square(slopes).sum(axis=(1, 2))


def jacobians(encode: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """The Jacobian of an encoder at each example, `[B, K, D]`; arguments are those above."""
    (x,) = _checks.floating(x=x)
    _checks.at_least_rank(1, x=x)
    codes = jax.eval_shape(encode, x)
    if codes.ndim != 2 or codes.shape[0] != len(x):
        raise ValueError(f"encode must give [{len(x)}, K], got {list(codes.shape)}")

    def of_one(example):
        return jax.jacrev(lambda one: encode(one[None])[0])(example)

    return jax.vmap(of_one)(x).reshape(len(x), codes.shape[1], -1)
