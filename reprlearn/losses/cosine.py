"""Losses of cosines: find what belongs together among all of a batch; lengths do not matter."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import euclidean_norm


def info_nce(
    queries: jax.Array,
    keys: jax.Array,
    similar: jax.Array | None = None,
    *,
    temperature: float = 0.1,
) -> jax.Array:
    """InfoNCE: find each query's key, the one in its own row, among all keys of the batch.

    .. math:: \\ell_i = -\\log \\frac{\\exp(\\cos(q_i, k_i) / \\tau)}
              {\\sum_j \\exp(\\cos(q_i, k_j) / \\tau)}

    Args:
      queries: `[B, D]`, floating; their lengths do not matter.
      keys: `[B, D]`; row i is the positive of query i, the others are its negatives.
      similar: bool `[B, B]`, which keys are similar to a query, too, and no negatives of it.
      temperature: tau, positive.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or temperature <= 0.

    References:
      van den Oord, Li & Vinyals 2018, *Representation Learning with Contrastive Predictive
      Coding*, eq. 4.

    >>> print(info_nce(jnp.eye(2), 2 * jnp.eye(2)[::-1], temperature=1.0).round(4))  # log(1 + e)
    [1.3133 1.3133]
    """
    queries, keys = _checks.floating(queries=queries, keys=keys)
    _checks.rank(2, queries=queries)
    _checks.same_shape(queries=queries, keys=keys)
    _checks.positive(temperature=temperature)
    scores = cosines(queries, keys) / temperature  # [B, B]
    if similar is not None:
        _checks.rank(2, similar=similar)
        left_out = similar & ~jnp.eye(len(queries), dtype=bool)
        scores = jnp.where(left_out, jnp.finfo(scores.dtype).min, scores)
    return -jnp.diagonal(jax.nn.log_softmax(scores, axis=-1))


def symmetric_info_nce(
    queries: jax.Array,
    keys: jax.Array,
    similar: jax.Array | None = None,
    *,
    temperature: float = 0.1,
) -> jax.Array:
    """InfoNCE both ways: each query finds its key, and each key its query.

    .. math:: \\ell_i = \\tfrac12 \\ell(q_i, k) + \\tfrac12 \\ell(k_i, q)

    Args, Raises: as of `info_nce`, which gives one way.

    Returns:
      `[B]`, float32, nats.

    References:
      Radford et al. 2021, *Learning Transferable Visual Models From Natural Language Supervision*,
      figure 3.
    """
    back = None if similar is None else jnp.swapaxes(similar, 0, 1)
    options = {"temperature": temperature}
    there = info_nce(queries, keys, similar, **options)
    return 0.5 * (there + info_nce(keys, queries, back, **options))


def nt_xent(left: jax.Array, right: jax.Array, *, temperature: float = 0.5) -> jax.Array:
    """The normalised, temperature-scaled cross-entropy of SimCLR over 2B views.

    .. math:: \\ell_i = -\\log \\frac{\\exp(\\cos(z_i, z_{j(i)}) / \\tau)}
              {\\sum_{k \\ne i} \\exp(\\cos(z_i, z_k) / \\tau)}

    Args:
      left: `[B, D]`, one view of each example; floating.
      right: `[B, D]`, the other view.
      temperature: tau, positive.

    Returns:
      `[2B]`, float32, nats: of the left views, then of the right ones.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or temperature <= 0.

    References:
      Chen, Kornblith, Norouzi & Hinton 2020, *A Simple Framework for Contrastive Learning*, eq. 1.

    >>> left, right = jnp.array([[1.0, 0.0]]), jnp.array([[0.0, 1.0]])
    >>> nt_xent(left, right).tolist()  # with one pair there is nothing to confuse it with
    [0.0, 0.0]
    """
    left, right = _checks.floating(left=left, right=right)
    _checks.rank(2, left=left)
    _checks.same_shape(left=left, right=right)
    _checks.positive(temperature=temperature)
    z = jnp.concatenate([left, right])  # [2B, D]
    views = len(z)
    log_p = log_softmax_of_others(cosines(z, z) / temperature)
    other = jnp.roll(jnp.arange(views), views // 2)
    return 0.0 - log_p[jnp.arange(views), other]


def cosines(a: jax.Array, b: jax.Array) -> jax.Array:
    """The cosine of every row of a `[N, D]` with every row of b `[M, D]`, `[N, M]`.

    In full precision: at a temperature of 0.1 TensorFloat's error of 1e-3 would be one of 1e-2.
    """
    return jnp.matmul(normalize(a), normalize(b).T, precision="highest")


def normalize(vectors: jax.Array) -> jax.Array:
    """Rows made one unit long.

    .. math:: z_b / \\|z_b\\|_2

    A row of zeros has no direction: it stays, and its gradient is 0. Rows of numbers below
    float32's smallest normal one count as such.

    Args:
      vectors: z, `[B, D]`, floating.

    Returns:
      `[B, D]`, float32.

    Raises:
      TypeError: vectors is not floating.
      ValueError: vectors is not `[B, D]`.

    >>> normalize(jnp.array([[0.0, -2.0], [0.0, 0.0]])).tolist()
    [[0.0, -1.0], [0.0, 0.0]]
    """
    (vectors,) = _checks.floating(vectors=vectors)
    _checks.rank(2, vectors=vectors)
    # The slope of 1 / length has length^2 in it, so rows are brought near unit size first.
    size = jax.lax.stop_gradient(jnp.abs(vectors).max(axis=-1, keepdims=True))
    zero = size < jnp.finfo(vectors.dtype).tiny
    size = jnp.minimum(size, 2.0**126)  # above it 1 / size would be no normal number
    vectors = jnp.where(zero, 0.0, vectors / jnp.where(zero, 1.0, size))
    return vectors / jnp.where(zero, 1.0, euclidean_norm(vectors)[:, None])


def log_softmax_of_others(scores: jax.Array) -> jax.Array:
    """Row-wise log-softmax of `[N, N]` without the diagonal, which becomes the lowest number."""
    lowest = jnp.finfo(scores.dtype).min  # not -inf, whose gradient would be NaN
    alone = jnp.eye(len(scores), dtype=bool)
    return jax.nn.log_softmax(jnp.where(alone, lowest, scores), axis=-1)
