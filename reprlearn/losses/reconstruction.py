"""How far a reconstruction is from its target, `[B]`, summed over each example's dimensions."""

import math

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import sum_over_example, tangent_exp


def squared_error(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Squared Euclidean distance between prediction and target, the auto-encoder's first loss.

    .. math:: \\ell_b = \\sum_j (\\hat x_{bj} - x_{bj})^2

    Args:
      predictions: `[B, ...]`, floating.
      targets: `[B, ...]`, floating, the same shape.

    Returns:
      `[B]`, float32, in squared units of the data.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or there is no batch axis.

    >>> squared_error(jnp.array([[1.0, 2.0]]), jnp.array([[0.0, 4.0]])).tolist()
    [5.0]
    """
    predictions, targets = _checks.floating(predictions=predictions, targets=targets)
    _checks.at_least_rank(1, predictions=predictions)
    _checks.same_shape(predictions=predictions, targets=targets)
    return sum_over_example(jnp.square(predictions - targets))


def bernoulli_cross_entropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy between targets in [0, 1] and Bernoulli distributions given by logits.

    .. math:: \\ell_b = -\\sum_j x_{bj} \\log \\sigma(l_{bj})
              + (1 - x_{bj}) \\log(1 - \\sigma(l_{bj}))

    computed as max(l, 0) (1 - x) + max(-l, 0) x + log(1 + exp(-abs(l))), which neither overflows
    nor cancels. At l = inf it is 0 where x = 1, else inf; at l = -inf where x = 0.

    Args:
      logits: `[B, ...]`, floating, log-odds.
      targets: `[B, ...]`, floating, the same shape; probabilities (grey levels) in [0, 1].

    Returns:
      `[B]`, float32, nats: -log p(x) where the targets are binary.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, there is no batch axis, or a target is outside of [0, 1], which
        can be seen only outside of a traced function.

    References:
      Kingma & Welling 2014, *Auto-Encoding Variational Bayes*, appendix C.1.

    >>> loss = bernoulli_cross_entropy(jnp.array([[0.0, 0.0]]), jnp.array([[1.0, 0.3]]))  # [1]
    >>> round(loss.item(), 4)
    1.3863
    """
    logits, targets = _checks.floating(logits=logits, targets=targets)
    _checks.at_least_rank(1, logits=logits)
    _checks.same_shape(logits=logits, targets=targets)
    _checks.unit_interval(targets=targets)
    positive, negative = jnp.maximum(logits, 0.0), jnp.minimum(logits, 0.0)
    # negative - positive is -abs(l), but with the gradient 0 at l = 0, where jnp.abs has 1: a layer
    # that starts at 0 must feel sigma(0) - x.
    unlikely = jnp.log1p(jnp.exp(negative - positive))
    # 0 inf is 0 here: a target that is certain, and said to be.
    above = jnp.where(jnp.isinf(positive) & (targets == 1), 0.0, positive)
    below = jnp.where(jnp.isinf(negative) & (targets == 0), 0.0, negative)
    # The last term is added last: it is all there is where the first two are 0.
    return sum_over_example((above * (1.0 - targets) - below * targets) + unlikely)


def gaussian_negative_log_likelihood(
    mean: jax.Array, targets: jax.Array, *, log_scale: jax.Array | float = 0.0
) -> jax.Array:
    """Negative log-density of targets under Gaussians of independent dimensions.

    .. math:: \\ell_b = \\sum_j \\tfrac12 (x_{bj} - \\mu_{bj})^2 e^{-2 s_{bj}} + s_{bj}
              + \\tfrac12 \\log 2\\pi

    The constant is kept, so values of different scales compare. Below s = -20 the precision goes on
    along its tangent instead of overflowing.

    Args:
      mean: `[B, ...]`, floating.
      targets: `[B, ...]`, floating, the same shape.
      log_scale: s, log of the standard deviation; a scalar, or broadcasts to `[B, ...]`.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, there is no batch axis, or log_scale does not broadcast.

    References:
      Kingma & Welling 2014, *Auto-Encoding Variational Bayes*, appendix C.2.

    >>> loss = gaussian_negative_log_likelihood(jnp.array([[0.0]]), jnp.array([[2.0]]))  # [1]
    >>> round(loss.item(), 4)
    2.9189
    """
    mean, targets, log_scale = _checks.floating(mean=mean, targets=targets, log_scale=log_scale)
    _checks.at_least_rank(1, mean=mean)
    _checks.same_shape(mean=mean, targets=targets)
    _checks.broadcastable(mean.shape, log_scale=log_scale)
    log_scale = jnp.broadcast_to(log_scale, mean.shape)
    quadratic = 0.5 * jnp.square(targets - mean) * tangent_exp(-2.0 * log_scale)
    return sum_over_example(quadratic + log_scale + 0.5 * math.log(2.0 * math.pi))
