"""Losses of distances, on pairs and triplets: near what is similar, far what is not."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import euclidean_norm


def pair_contrastive(
    left: jax.Array, right: jax.Array, similar: jax.Array, *, margin: float = 1.0
) -> jax.Array:
    """Contrastive loss of pairs: similar ones attract, dissimilar ones repel up to a margin.

    .. math:: \\ell_b = \\tfrac12 s_b D_b^2 + \\tfrac12 (1 - s_b) \\max(0, m - D_b)^2,
              \\qquad D_b = \\|l_b - r_b\\|_2

    Where D = 0 a dissimilar pair has no direction to part in, and its gradient is 0.

    Args:
      left: `[B, D]`, floating.
      right: `[B, D]`, floating.
      similar: `[B]`, 1 for a similar pair, 0 for a dissimilar one.
      margin: m, beyond which a dissimilar pair is left alone; positive.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: an embedding is not floating.
      ValueError: the shapes differ, `similar` holds anything but 0 and 1, or margin <= 0.

    References:
      Hadsell, Chopra & LeCun 2006, *Dimensionality Reduction by Learning an Invariant Mapping*,
      eq. 4.

    >>> left, right = jnp.array([[0.0, 0.0], [0.0, 0.0]]), jnp.array([[0.3, 0.4], [0.3, 0.4]])
    >>> pair_contrastive(left, right, jnp.array([1, 0])).tolist()  # D = 0.5 in both
    [0.125, 0.125]
    """
    left, right = _checks.floating(left=left, right=right)
    _checks.rank(2, left=left)
    _checks.same_shape(left=left, right=right)
    similar = _checks.zero_or_one(left.shape[:1], similar=similar)
    _checks.positive(margin=margin)
    attract = jnp.square(left - right).sum(axis=-1)  # D^2, with a gradient where D has none
    repel = jnp.square(jnp.maximum(margin - euclidean_norm(left - right), 0.0))
    return 0.5 * jnp.where(similar > 0, attract, repel)


def pair_logistic(
    left: jax.Array, right: jax.Array, similar: jax.Array, *, margin: float = 1.0
) -> jax.Array:
    """Logistic loss of pairs: the margin less the squared distance are the log-odds of similar.

    .. math:: \\ell_b = \\log(1 + \\exp(-t_b (m - D_b^2))), \\qquad D_b = \\|l_b - r_b\\|_2

    with t = 1 of a similar pair, -1 of a dissimilar one. Unlike `pair_contrastive` it also pushes
    dissimilar pairs beyond the margin, ever less.

    Args:
      left: `[B, D]`, floating.
      right: `[B, D]`, floating.
      similar: `[B]`, 1 for a similar pair, 0 for a dissimilar one.
      margin: m, the squared distance at which both kinds are as likely; positive.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an embedding is not floating.
      ValueError: the shapes differ, `similar` holds anything but 0 and 1, or margin <= 0.

    References:
      Hu, Lu & Tan 2014, *Discriminative Deep Metric Learning for Face Verification in the Wild*,
      eq. 7.

    >>> left, right = jnp.array([[0.0, 0.0]]), jnp.array([[0.6, 0.8]])
    >>> print(pair_logistic(left, right, jnp.array([1])).round(4))  # D = 1: log 2
    [0.6931]
    """
    left, right = _checks.floating(left=left, right=right)
    _checks.rank(2, left=left)
    _checks.same_shape(left=left, right=right)
    similar = _checks.zero_or_one(left.shape[:1], similar=similar)
    _checks.positive(margin=margin)
    log_odds = margin - jnp.square(left - right).sum(axis=-1)
    return jax.nn.softplus(jnp.where(similar > 0, -log_odds, log_odds))


def all_pairs_contrastive(
    embeddings: jax.Array, labels: jax.Array, *, margin: float = 1.0
) -> jax.Array:
    """The contrastive loss over all pairs of a batch: for each example its mean with the others.

    .. math:: \\ell_i = \\frac{1}{B - 1} \\sum_{j \\ne i} \\ell(z_i, z_j, s_{ij}), \\qquad
              s_{ij} = 1 where the labels agree

    with the pair's loss of `pair_contrastive`. Dissimilar examples nearer than 1e-19 coincide.

    Args:
      embeddings: z, `[B, D]`, floating, B at least 2.
      labels: `[B]`, integers; two examples are similar if their labels agree.
      margin: m, beyond which a dissimilar pair is left alone; positive.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: the embeddings are not floating, or the labels not integers.
      ValueError: the shapes do not fit, there is no pair, or margin <= 0.

    References:
      Hadsell, Chopra & LeCun 2006, *Dimensionality Reduction by Learning an Invariant Mapping*,
      eq. 4.

    >>> z = jnp.array([[0.0], [0.5], [4.0]])  # only the first pair is near
    >>> all_pairs_contrastive(z, jnp.array([0, 1, 2])).tolist()
    [0.0625, 0.0625, 0.0]
    """
    (embeddings,) = _checks.floating(embeddings=embeddings)
    _checks.rank(2, embeddings=embeddings)
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(margin=margin)
    count = len(embeddings)
    if count < 2:
        raise ValueError(f"embeddings {list(embeddings.shape)} has no pair of examples")
    attract = pairwise_squared(embeddings)
    apart = attract != 0  # so is NaN
    distance = jnp.where(apart, jnp.sqrt(jnp.where(apart, attract, 1.0)), 0.0)
    repel = jnp.square(jnp.maximum(margin - distance, 0.0))
    pairs = 0.5 * jnp.where(labels[:, None] == labels[None, :], attract, repel)
    return jnp.where(jnp.eye(count, dtype=bool), 0.0, pairs).sum(-1) / (count - 1)


@jax.custom_jvp
def pairwise_squared(z: jax.Array) -> jax.Array:
    """|z_i - z_j|^2 `[B, B]`, of the differences themselves: those of equal rows are exactly 0."""
    return jnp.square(z[:, None] - z[None, :]).sum(-1)


@pairwise_squared.defjvp
def _pairwise_squared_jvp(primals, tangents):
    """2 (z_i - z_j) (dz_i - dz_j), of the differences: a product, multiplied out, would cancel.

    Near examples push each other with the inverse of their distance, so a product's rounding, small
    beside the spread of z, would be all that is left of their gap.
    """
    (z,), (dz,) = primals, tangents
    half = jax.lax.platform_dependent(z, dz, cpu=_by_columns, default=_at_once)
    return pairwise_squared(z), half + half.T


@jax.checkpoint  # the differences `[B, B, D]` would be kept for the way back
def _at_once(z: jax.Array, dz: jax.Array) -> jax.Array:
    """2 (z_i - z_j) dz_i, `[B, B]`."""
    return 2.0 * ((z[:, None] - z[None, :]) * dz[:, None]).sum(axis=-1)


def _by_columns(z: jax.Array, dz: jax.Array) -> jax.Array:
    """The same, a column after the other: on a CPU a third of the time."""

    @jax.checkpoint
    def column(z_j):
        return 2.0 * ((z - z_j) * dz).sum(axis=-1)

    return jax.lax.scan(lambda carry, z_j: (carry, column(z_j[None])), None, z)[1].T


def triplet(
    anchor: jax.Array, positive: jax.Array, negative: jax.Array, *, margin: float = 1.0
) -> jax.Array:
    """Triplet loss: an anchor lies nearer to its positive than to its negative, by a margin.

    .. math:: \\ell_b = \\max(0, \\|a_b - p_b\\|_2^2 - \\|a_b - n_b\\|_2^2 + m)

    Args:
      anchor: `[B, D]`, floating.
      positive: `[B, D]`, similar to the anchor.
      negative: `[B, D]`, dissimilar to it.
      margin: m, of squared distances; positive.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the shapes differ, or margin <= 0.

    References:
      Schroff, Kalenichenko & Philbin 2015, *FaceNet*, eq. 3.

    >>> a, p, n = jnp.array([[0.0]]), jnp.array([[2.0]]), jnp.array([[1.5]])
    >>> triplet(a, p, n, margin=0.25).tolist()  # 4 - 2.25 + 0.25
    [2.0]
    """
    anchor, positive, negative = _checks.floating(
        anchor=anchor, positive=positive, negative=negative
    )
    _checks.rank(2, anchor=anchor)
    _checks.same_shape(anchor=anchor, positive=positive, negative=negative)
    _checks.positive(margin=margin)
    return jnp.maximum(_nearer(anchor, positive, negative) + margin, 0.0)


@jax.custom_jvp
def _nearer(anchor: jax.Array, positive: jax.Array, negative: jax.Array) -> jax.Array:
    """|a - p|^2 - |a - n|^2, `[B]`: as one product, which does not cancel where both are far."""
    both = (anchor - positive) + (anchor - negative)
    # Halved until it is about 1, which is exact: terms of 1e40 would be inf - inf.
    exponent = jnp.frexp(jnp.abs(both).max(axis=-1))[1]
    terms = (negative - positive) * jnp.ldexp(both, -exponent[:, None])
    return jnp.ldexp(terms.sum(axis=-1), exponent)


@_nearer.defjvp
def _nearer_jvp(primals, tangents):
    """2 (n - p) da - 2 (a - p) dp + 2 (a - n) dn: finite wherever the differences are."""
    anchor, positive, negative = primals
    d_anchor, d_positive, d_negative = tangents
    terms = (negative - positive) * d_anchor - (anchor - positive) * d_positive
    return _nearer(*primals), 2.0 * (terms + (anchor - negative) * d_negative).sum(axis=-1)
