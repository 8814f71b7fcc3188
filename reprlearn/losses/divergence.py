"""Kullback-Leibler divergences, entropy and information, in nats."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import sum_over_example, tangent_exp, tangent_exp_excess


def gaussian_kl(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """KL divergence of a diagonal Gaussian from the standard normal prior.

    .. math:: KL(N(\\mu, \\sigma^2) \\| N(0, I)) =
              \\tfrac12 \\sum_j \\mu_j^2 + \\sigma_j^2 - 1 - \\log \\sigma_j^2

    Args:
      mean: `[B, ...]`, floating.
      log_variance: `[B, ...]`, floating, the same shape: log sigma^2. Above 40 the variance goes on
        along its tangent instead of overflowing.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or there is no batch axis.

    References:
      Kingma & Welling 2014, *Auto-Encoding Variational Bayes*, appendix B.

    >>> gaussian_kl(jnp.array([[3.0, 0.0]]), jnp.array([[0.0, 0.0]])).tolist()
    [4.5]
    """
    mean, log_variance = _checks.floating(mean=mean, log_variance=log_variance)
    _checks.at_least_rank(1, mean=mean)
    _checks.same_shape(mean=mean, log_variance=log_variance)
    return 0.5 * sum_over_example(jnp.square(mean) + tangent_exp_excess(log_variance))


def gaussian_kl_between(
    mean_q: jax.Array, log_variance_q: jax.Array, mean_p: jax.Array, log_variance_p: jax.Array
) -> jax.Array:
    """KL divergence KL(q || p) of two diagonal Gaussians; not symmetric.

    .. math:: \\tfrac12 \\sum_j \\log\\frac{\\sigma_{p}^2}{\\sigma_{q}^2}
              + \\frac{\\sigma_{q}^2 + (\\mu_q - \\mu_p)^2}{\\sigma_{p}^2} - 1

    Args:
      mean_q: `[B, ...]`, floating.
      log_variance_q: `[B, ...]`, log sigma_q^2.
      mean_p: `[B, ...]`.
      log_variance_p: `[B, ...]`, log sigma_p^2.

    Returns:
      `[B]`, float32, nats. Exponents above 40 go on along their tangent instead of overflowing.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or there is no batch axis.

    References:
      Bishop 2006, *Pattern Recognition and Machine Learning*, exercise 2.13.
    """
    mean_q, log_variance_q, mean_p, log_variance_p = _checks.floating(
        mean_q=mean_q, log_variance_q=log_variance_q, mean_p=mean_p, log_variance_p=log_variance_p
    )
    _checks.at_least_rank(1, mean_q=mean_q)
    _checks.same_shape(
        mean_q=mean_q, log_variance_q=log_variance_q, mean_p=mean_p, log_variance_p=log_variance_p
    )
    log_ratio = log_variance_q - log_variance_p
    distance = jnp.square(mean_q - mean_p) * tangent_exp(-log_variance_p)
    return 0.5 * sum_over_example(distance + tangent_exp_excess(log_ratio))


def kl_divergence(q: jax.Array, p: jax.Array) -> jax.Array:
    """KL divergence KL(q || p) of two discrete distributions over the last axis; not symmetric.

    .. math:: KL(q \\| p) = \\sum_k q_k \\log \\frac{q_k}{p_k}

    with 0 log 0 = 0, and infinite where q puts mass on an outcome that p excludes.

    Args:
      q: `[..., K]`, floating, probabilities that sum to one.
      p: `[..., K]`, floating, the same shape.

    Returns:
      `[...]`, float32, nats; `[B]` for `[B, K]`. Gradients are finite; where the value is infinite
      they leave out the infinite terms.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or there is no axis.

    References:
      Kullback & Leibler 1951, *On Information and Sufficiency*, eq. 2.2.

    >>> round(kl_divergence(jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75])).item(), 4)
    0.1438
    """
    q, p = _checks.floating(q=q, p=p)
    _checks.at_least_rank(1, q=q)
    _checks.same_shape(q=q, p=p)
    # Double where: the unused branch must not put a NaN into the gradient. Only an exact 0 is
    # replaced: a NaN or a negative "probability" shows in the result.
    safe_q, safe_p = jnp.where(q == 0, 1.0, q), jnp.where(p == 0, 1.0, p)
    # Where the two are near, their logarithms' difference would be mostly rounding.
    excess = (safe_q - safe_p) / safe_p
    near = jnp.abs(excess) < 0.5
    far_ratio = jnp.log(safe_q) - jnp.log(safe_p)
    log_ratio = jnp.where(near, jnp.log1p(jnp.where(near, excess, 0.0)), far_ratio)
    terms = jnp.where(q == 0, 0.0, safe_q * log_ratio)
    return jnp.where((q > 0) & (p == 0), jnp.inf, terms).sum(axis=-1)


def entropy(p: jax.Array) -> jax.Array:
    """Entropy of a discrete distribution over the last axis, with 0 log 0 = 0.

    .. math:: H(p) = -\\sum_k p_k \\log p_k

    Args:
      p: `[..., K]`, floating, probabilities that sum to one.

    Returns:
      `[...]`, float32, nats; `[B]` for `[B, K]`.

    Raises:
      TypeError: p is not floating.
      ValueError: p has no axis.

    References:
      Shannon 1948, *A Mathematical Theory of Communication*, section 6.
    """
    (p,) = _checks.floating(p=p)
    _checks.at_least_rank(1, p=p)
    safe_p = jnp.where(p == 0, 1.0, p)
    return -jnp.where(p == 0, 0.0, safe_p * jnp.log(safe_p)).sum(axis=-1)


def information(p: jax.Array) -> jax.Array:
    """Information content of outcomes of probability p; infinite for impossible ones.

    .. math:: I(x) = -\\log p(x)

    The entropy is its mean: H(p) = sum_k p_k I_k.

    Args:
      p: `[B]` or any shape, floating, probabilities.

    Returns:
      the same shape, float32, nats.

    Raises:
      TypeError: p is not floating.

    References:
      Shannon 1948, *A Mathematical Theory of Communication*.
    """
    (p,) = _checks.floating(p=p)
    return jnp.where(p == 0, jnp.inf, -jnp.log(jnp.where(p == 0, 1.0, p)))
