"""Learning features that two domains share: gradient reversal, and distances between samples."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn.losses import _checks

BLOCK_VALUES = 2**18  # of differences that are held at a time


@jax.custom_vjp
def _reverse(x: jax.Array, scale: jax.Array) -> jax.Array:
    return x


def _forward(x, scale):
    return x, scale


def _backward(scale, gradient):
    return -scale.astype(gradient.dtype) * gradient, jnp.zeros_like(scale)


_reverse.defvjp(_forward, _backward)


def reverse_gradient(x: jax.Array, scale: jax.Array | float = 1.0) -> jax.Array:
    """The identity whose gradient is reversed: what lies below learns to do the opposite.

    .. math:: R(x) = x, \\qquad \\frac{dR}{dx} = -\\lambda I

    Args:
      x: any shape, floating.
      scale: lambda, a scalar; no gradient reaches it.

    Returns:
      x.

    Raises:
      TypeError: x is not floating.
      ValueError: scale is not a scalar.

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, eq. 17 and 18.

    >>> jax.grad(lambda x: reverse_gradient(x, 0.5) ** 2)(3.0).item()
    -3.0
    """
    x, scale = jnp.asarray(x), jnp.asarray(scale, jnp.float32)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x must be floating, got {x.dtype}{list(x.shape)}")
    _checks.rank(0, scale=scale)
    return _reverse(x, scale)


def domain_cross_entropy(logits: jax.Array, is_source: jax.Array) -> jax.Array:
    """Cross-entropy of telling the source domain from the target.

    .. math:: \\ell_b = -d_b \\log \\sigma(l_b) - (1 - d_b) \\log(1 - \\sigma(l_b))

    Args:
      logits: l, `[B]`, floating; sigma(l) is the probability of the source.
      is_source: d, `[B]`, 1 for an example of the source, 0 for one of the target.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: the logits are not floating.
      ValueError: the shapes differ, or is_source holds anything but 0 and 1.

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, eq. 8.

    >>> print(domain_cross_entropy(jnp.array([0.0, 2.0]), jnp.array([1, 0])).round(4))
    [0.6931 2.1269]
    """
    (logits,) = _checks.floating(logits=logits)
    _checks.rank(1, logits=logits)
    is_source = _checks.zero_or_one(logits.shape, is_source=is_source)
    return jax.nn.softplus(jnp.where(is_source > 0, -logits, logits))


def adaptation_schedule(progress: jax.Array | float, *, gamma: float = 10.0) -> jax.Array:
    """The weight of the domain term, rising from 0 to 1 as training goes on.

    .. math:: \\lambda_p = \\frac{2}{1 + e^{-\\gamma p}} - 1 = \\tanh(\\gamma p / 2)

    Args:
      progress: p, the share of training that is done, any shape.
      gamma: how fast it rises.

    Returns:
      the shape of progress, float32.

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, section 5.2.2.

    >>> print(adaptation_schedule(jnp.array([0.0, 0.1, 1.0])).round(4))
    [0.     0.4621 0.9999]
    """
    (progress,) = _checks.floating(progress=progress)
    return jnp.tanh(0.5 * gamma * progress)


def mmd(
    x: jax.Array,
    y: jax.Array,
    *,
    bandwidths: Sequence[float] | float,
    biased: bool = True,
) -> jax.Array:
    """The squared maximum mean discrepancy of two samples.

    .. math:: \\frac{1}{N^2} \\sum_{ij} k(x_i, x_j) + \\frac{1}{M^2} \\sum_{ij} k(y_i, y_j)
              - \\frac{2}{NM} \\sum_{ij} k(x_i, y_j), \\qquad
              k(a, b) = \\sum_s e^{-\\|a - b\\|^2 / 2 s^2}

    The biased estimate, as above, is at least 0. The unbiased one leaves out i = j in the first two
    sums and divides them by N (N - 1) and M (M - 1); it can be negative. Kernels are computed some
    rows at a time, and again for the gradient: memory grows with N + M, not with N M D.

    Args:
      x: `[N, D]`, floating.
      y: `[M, D]`.
      bandwidths: s, a number or several, each positive, in the unit of x.
      biased: which of the two estimates.

    Returns:
      a scalar, float32; 0 where the samples are the same and the estimate is biased.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the widths differ, a bandwidth is not positive, or a sample has fewer than two
        examples and the estimate is unbiased.

    References:
      Gretton et al. 2012, *A Kernel Two-Sample Test*, eq. 5 and, unbiased, eq. 3.

    >>> round(mmd(jnp.array([[0.0]]), jnp.array([[2.0]]), bandwidths=1.0).item(), 4)  # 2 - 2/e^2
    1.7293
    """
    x, y = _samples(x, y, least=1 if biased else 2)
    bandwidths = np.atleast_1d(bandwidths).tolist()
    if not bandwidths:
        raise ValueError("bandwidths is empty; allowed: at least one, each positive")
    for bandwidth in bandwidths:
        _checks.positive(bandwidths=bandwidth)

    def mean_kernel(a, b, alike):
        leave_out = alike and not biased
        count = len(a) * (len(b) - leave_out)
        return _kernel_sum(a, b, bandwidths, leave_out) / count

    value = mean_kernel(x, x, True) + mean_kernel(y, y, True) - 2.0 * mean_kernel(x, y, False)
    # Rounding may leave -1e-8 of a biased estimate; its gradient stays.
    return value - jax.lax.stop_gradient(jnp.minimum(value, 0.0)) if biased else value


def _kernel_sum(
    a: jax.Array, b: jax.Array, bandwidths: Sequence[float], leave_out: bool
) -> jax.Array:
    """The kernels of all rows of a `[N, D]` with all of b `[M, D]`, summed; or but for i = j."""
    # In the unit of the widest kernel the others' exponents are multiples of its own.
    widest = max(bandwidths)
    ratios = [widest / bandwidth for bandwidth in bandwidths]

    @jax.checkpoint  # the differences of a row, `[M, D]`, are made again on the way back
    def of_row(row):
        a_i, i = row
        # Differences, not |a|^2 + |b|^2 - 2ab: that cancels for data far from the origin.
        squared = jnp.square((a_i - b) / widest).sum(axis=-1)  # [M]
        kernels = sum(jnp.exp(-0.5 * (ratio * (ratio * squared))) for ratio in ratios)
        return jnp.where(leave_out & (jnp.arange(len(b)) == i), 0.0, kernels).sum(axis=-1)

    rows = max(1, BLOCK_VALUES // b.size)
    return jax.lax.map(of_row, (a[:, None], jnp.arange(len(a))), batch_size=rows).sum(axis=-1)


def coral(x: jax.Array, y: jax.Array) -> jax.Array:
    """The distance between the covariances of two samples.

    .. math:: \\frac{1}{4 D^2} \\|C_x - C_y\\|_F^2

    Args:
      x: `[N, D]`, floating, N >= 2.
      y: `[M, D]`, M >= 2.

    Returns:
      a scalar, float32.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the widths differ, or a sample has fewer than two examples.

    References:
      Sun & Saenko 2016, *Deep CORAL*, eq. 1.

    >>> coral(jnp.array([[0.0], [2.0]]), jnp.array([[0.0], [4.0]])).item()  # (2 - 8)^2 / 4
    9.0
    """
    x, y = _samples(x, y, least=2)

    def covariance(a):
        centred = a - a.mean(axis=0, keepdims=True)
        return jnp.matmul(centred.T, centred, precision="highest") / (len(a) - 1)

    return jnp.square(covariance(x) - covariance(y)).sum() / (4.0 * x.shape[1] ** 2)


def class_confusion(logits: jax.Array, *, temperature: float = 2.5) -> jax.Array:
    """How much a classifier confuses classes on a batch without labels.

    .. math:: L = \\frac1C \\sum_{j} \\sum_{k \\ne j} \\frac{A_{jk}}{\\sum_l A_{jl}}, \\qquad
              A = P^T diag(w) P, \\qquad
              w_i = B \\frac{1 + e^{-H(p_i)}}{\\sum_j (1 + e^{-H(p_j)})}

    with the probabilities P `[B, C]` of softened logits and their entropies H: examples that the
    classifier is sure of count more. The gradient passes the weights w too; the authors' code stops
    it there.

    Args:
      logits: `[B, C]`, floating.
      temperature: by which the logits are divided.

    Returns:
      a scalar in [0, (C - 1) / C], float32; 0 where each example is of one class for certain.

    Raises:
      TypeError: the logits are not floating.
      ValueError: they are not `[B, C]`, or the temperature is not positive.

    References:
      Jin et al. 2020, *Minimum Class Confusion for Versatile Domain Adaptation*, section 3.

    >>> print(class_confusion(jnp.zeros((4, 2))).round(4))  # nothing is known
    0.5
    """
    (logits,) = _checks.floating(logits=logits)
    _checks.rank(2, logits=logits)
    _checks.positive(temperature=temperature)
    logs = jax.nn.log_softmax(logits / temperature)
    p = jnp.exp(logs)
    certainty = 1.0 + jnp.exp((p * logs).sum(axis=-1, keepdims=True))
    weights = len(p) * certainty / certainty.sum()
    together = jnp.matmul(p.T, weights * p, precision="highest")
    mass = together.sum(axis=-1, keepdims=True)
    together = together / jnp.where(mass > 0, mass, 1.0)  # none of a class that nobody may be of
    return (together.sum() - jnp.trace(together)) / p.shape[1]


def _samples(x: jax.Array, y: jax.Array, least: int) -> tuple[jax.Array, jax.Array]:
    x, y = _checks.floating(x=x, y=y)
    _checks.rank(2, x=x, y=y)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"widths must be equal, got x {list(x.shape)}, y {list(y.shape)}")
    if min(len(x), len(y)) < least:
        raise ValueError(f"x and y must have at least {least} examples, got {len(x)} and {len(y)}")
    return x, y
