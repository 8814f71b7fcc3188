"""Variational inference: the reparameterisation, the ELBO and its importance-weighted form."""

import math

import jax

from reprlearn.losses import _checks
from reprlearn.losses._stable import LARGEST_EXPONENT, tangent_exp


def reparameterize(key: jax.Array, mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """Samples a diagonal Gaussian as a differentiable function of its parameters.

    .. math:: z = \\mu + \\sigma \\odot \\epsilon, \\qquad \\epsilon \\sim N(0, I)

    Args:
      key: a typed PRNG key.
      mean: `[B, ...]`, floating.
      log_variance: `[B, ...]`, floating, the same shape: log sigma^2.

    Returns:
      `[B, ...]`, float32: one sample for each example.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ.

    References:
      Kingma & Welling 2014, *Auto-Encoding Variational Bayes*, section 2.4.
    """
    mean, log_variance = _checks.floating(mean=mean, log_variance=log_variance)
    _checks.same_shape(mean=mean, log_variance=log_variance)
    epsilon = jax.random.normal(key, mean.shape, mean.dtype)
    # The variance saturates where gaussian_kl's does: sigma at exp(20).
    return mean + tangent_exp(0.5 * log_variance, LARGEST_EXPONENT / 2) * epsilon


def elbo(log_likelihood: jax.Array, kl: jax.Array, *, beta: jax.Array | float = 1.0) -> jax.Array:
    """Evidence lower bound; a bound on log p(x) for beta >= 1.

    .. math:: L = E_{q(z|x)}[\\log p(x|z)] - \\beta \\, KL(q(z|x) \\| p(z))

    Args:
      log_likelihood: `[B]`, floating, nats: log p(x|z) with z drawn from q(z|x).
      kl: `[B]`, floating, nats: the divergence, or a sample of it, log q(z|x) - log p(z).
      beta: a scalar; 1 gives the bound of Kingma & Welling, other values the beta-VAE.

    Returns:
      `[B]`, float32, nats. To be maximised.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or beta is not a scalar.

    References:
      Kingma & Welling 2014, eq. 3; Higgins et al. 2017, *beta-VAE*, eq. 4.

    >>> elbo(jnp.array([-90.0]), jnp.array([20.0]), beta=0.5).tolist()
    [-100.0]
    """
    log_likelihood, kl, beta = _checks.floating(log_likelihood=log_likelihood, kl=kl, beta=beta)
    _checks.same_shape(log_likelihood=log_likelihood, kl=kl)
    _checks.broadcastable((), beta=beta)
    return log_likelihood - beta * kl


def importance_weighted_bound(log_weights: jax.Array, *, axis: int = 0) -> jax.Array:
    """Bound on log p(x) from k samples; tighter as k grows, the ELBO's one-sample form at k = 1.

    .. math:: L_k = \\log \\frac1k \\sum_{i=1}^k w_i, \\qquad
              w_i = \\frac{p(x, z_i)}{q(z_i | x)}, \\quad z_i \\sim q(z|x)

    Args:
      log_weights: `[K, B]` (with axis=0), floating: log w of each sample.
      axis: the axis of the samples.

    Returns:
      `[B]`, float32, nats. To be maximised.

    Raises:
      TypeError: log_weights is not floating.
      ValueError: log_weights has no such axis, or no samples along it.

    References:
      Burda, Grosse & Salakhutdinov 2016, *Importance Weighted Autoencoders*, eq. 8.

    >>> w = jnp.log(jnp.array([[1.0], [3.0]]))
    >>> round(jnp.exp(importance_weighted_bound(w)).item(), 4)
    2.0
    """
    (log_weights,) = _checks.floating(log_weights=log_weights)
    if not -log_weights.ndim <= axis < log_weights.ndim:
        raise ValueError(f"log_weights {list(log_weights.shape)} has no axis {axis}")
    samples = log_weights.shape[axis]
    if samples == 0:
        raise ValueError(f"log_weights {list(log_weights.shape)} has no samples on axis {axis}")
    return jax.nn.logsumexp(log_weights, axis=axis) - math.log(samples)
