"""Losses of two views that use no negatives: views agree, and the numbers of a code say different
things."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks

SMALL = 1e-4  # beside a variance, so that its root has a slope where it is 0


def barlow_twins(left: jax.Array, right: jax.Array, *, redundancy: float = 0.005) -> jax.Array:
    """Barlow Twins: the correlations of two views' codes are those of one with itself.

    .. math:: \\ell = \\sum_i (1 - C_{ii})^2 + \\lambda \\sum_{i \\ne j} C_{ij}^2, \\qquad
              C_{ij} = \\frac{1}{B} \\sum_b \\hat l_{bi} \\hat r_{bj}

    with l and r standardised over the batch, each number of a code by itself. A number that is the
    same for all examples is 0.

    Args:
      left: `[B, D]`, codes of one view of each example; floating, B at least 2.
      right: `[B, D]`, of the other view.
      redundancy: lambda, the weight of correlations between numbers; positive.

    Returns:
      `[B]`, float32: the loss of the batch, for each example the same.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, there is one example, or redundancy <= 0.

    References:
      Zbontar, Jing, Misra, LeCun & Deny 2021, *Barlow Twins*, eq. 1.

    >>> z = jnp.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    >>> print(barlow_twins(z, z, redundancy=0.5).round(3))  # uncorrelated: nothing is left
    [0. 0. 0. 0.]
    """
    left, right = _views(left, right)
    _checks.positive(redundancy=redundancy)
    left, right = _standardised(left), _standardised(right)
    correlation = jnp.matmul(left.T, right, precision="highest") / len(left)
    same = jnp.eye(correlation.shape[0], dtype=bool)
    each = jnp.where(same, jnp.square(1.0 - correlation), redundancy * jnp.square(correlation))
    return jnp.full(len(left), each.sum())


def vicreg(
    left: jax.Array,
    right: jax.Array,
    *,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
) -> jax.Array:
    """VICReg: two views agree, each number of a code varies, and no two say the same.

    .. math:: \\ell_b = \\lambda \\frac{1}{D} \\|l_b - r_b\\|^2 + \\mu (v(l) + v(r)) +
              \\nu (c(l) + c(r))

    .. math:: v(z) = \\frac{1}{D} \\sum_i \\max(0, 1 - \\sqrt{Var(z_i) + \\epsilon}), \\qquad
              c(z) = \\frac{1}{D} \\sum_{i \\ne j} Cov(z)_{ij}^2

    Args:
      left: `[B, D]`, codes of one view of each example; floating, B at least 2.
      right: `[B, D]`, of the other view.
      invariance, variance, covariance: lambda, mu and nu; positive.

    Returns:
      `[B]`, float32; variance and covariance are those of the batch, for each example the same.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, there is one example, or a weight <= 0.

    References:
      Bardes, Ponce & LeCun 2022, *VICReg*, eq. 1 to 6.
    """
    left, right = _views(left, right)
    _checks.positive(invariance=invariance, variance=variance, covariance=covariance)
    agree = jnp.square(left - right).mean(axis=-1)
    spread = sum(_spread(z, variance, covariance) for z in (left, right))
    return invariance * agree + spread


def _views(left: jax.Array, right: jax.Array) -> tuple[jax.Array, jax.Array]:
    left, right = _checks.floating(left=left, right=right)
    _checks.rank(2, left=left)
    _checks.same_shape(left=left, right=right)
    if len(left) < 2:
        raise ValueError(f"left {list(left.shape)} has one example, which varies with no other")
    return left, right


def _standardised(z: jax.Array) -> jax.Array:
    """Each column with mean 0 and deviation 1 over the batch; one that does not vary is 0."""
    centred = z - z.mean(axis=0, keepdims=True)
    variance = jnp.square(centred).mean(axis=0, keepdims=True)
    varies = variance > 1e-12
    return jnp.where(varies, centred * jax.lax.rsqrt(jnp.where(varies, variance, 1.0)), 0.0)


def _spread(z: jax.Array, variance: float, covariance: float) -> jax.Array:
    """What a batch of codes costs that does not vary, or whose numbers are correlated."""
    centred = z - z.mean(axis=0, keepdims=True)
    cov = jnp.matmul(centred.T, centred, precision="highest") / (len(z) - 1)
    deviation = jnp.sqrt(jnp.diagonal(cov) + SMALL)
    others = jnp.where(jnp.eye(len(cov), dtype=bool), 0.0, jnp.square(cov))
    width = z.shape[1]
    return variance * jnp.maximum(1.0 - deviation, 0.0).mean() + covariance * others.sum() / width
