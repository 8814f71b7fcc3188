"""Triplet losses whose triplets are mined in a batch: of all there are, those that teach most."""

import functools

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses.contrastive import pairwise_squared
from reprlearn.losses.cosine import normalize

MININGS = ("all", "semi_hard", "hardest")
NEAREST, FARTHEST = 0.5, 1.4  # distances on the sphere between which negatives are drawn


def mined_triplet(
    embeddings: jax.Array, labels: jax.Array, *, mining: str = "semi_hard", margin: float = 1.0
) -> jax.Array:
    """The triplet loss of a labelled batch: for each anchor its mean over the triplets mined.

    .. math:: \\ell_a = \\frac{1}{|T(a)|} \\sum_{(p, n) \\in T(a)}
              \\max(0, D_{ap}^2 - D_{an}^2 + m), \\qquad D_{ij} = \\|z_i - z_j\\|_2

    T(a) holds, of the examples p of the anchor's label and n of other labels: "all", each p with
    each n; "semi_hard", each p with the nearest n that is farther than p, or the farthest n where
    none is; "hardest", the farthest p with the nearest n.

    Args:
      embeddings: z, `[B, D]`, floating.
      labels: `[B]`, integers.
      mining: one of MININGS.
      margin: m, of squared distances; positive.

    Returns:
      `[B]`, float32; 0 for an anchor without a positive or without a negative.

    Raises:
      TypeError: the embeddings are not floating, or the labels not integers.
      ValueError: the shapes do not fit, another mining, or margin <= 0.

    References:
      Schroff, Kalenichenko & Philbin 2015, *FaceNet*, section 3.2; Hermans, Beyer & Leibe 2017,
      *In Defense of the Triplet Loss for Person Re-Identification*, eq. 5.

    >>> z = jnp.array([[0.0], [1.0], [2.0], [3.0]])
    >>> labels = jnp.array([0, 0, 1, 0])
    >>> mined_triplet(z, labels, mining="hardest").tolist()  # of the first 9 - 4 + 1
    [6.0, 4.0, 0.0, 9.0]
    """
    if mining not in MININGS:
        raise ValueError(f"mining is {mining!r}; allowed: {', '.join(MININGS)}")
    (embeddings,) = _checks.floating(embeddings=embeddings)
    _checks.rank(2, embeddings=embeddings)
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(margin=margin)
    squared = pairwise_squared(embeddings)
    positive, negative = _kinds(labels)
    if mining == "hardest":
        far = jnp.where(positive, squared, -jnp.inf).argmax(-1)[:, None]
        near = jnp.where(negative, squared, jnp.inf).argmin(-1)[:, None]
        gap = jnp.take_along_axis(squared, far, 1) - jnp.take_along_axis(squared, near, 1)
        has_both = positive.any(-1) & negative.any(-1)
        return jnp.where(has_both, jnp.maximum(gap[:, 0] + margin, 0.0), 0.0)
    if mining == "semi_hard":
        chosen = _semi_hard(jax.lax.stop_gradient(squared), negative)
        each = jnp.maximum(squared - jnp.take_along_axis(squared, chosen, 1) + margin, 0.0)
    else:
        rows = squared, negative
        each = jax.lax.map(jax.checkpoint(lambda row: _over_negatives(*row, margin)), rows)
    return _over_positives(each, positive, negative)


def distance_weighted_triplet(
    key: jax.Array, embeddings: jax.Array, labels: jax.Array, *, margin: float = 0.2
) -> jax.Array:
    """The triplet loss on the unit sphere, with negatives drawn evenly over their distances.

    .. math:: \\ell_a = \\frac{1}{|P(a)|} \\sum_{p \\in P(a)} \\max(0, D_{ap}^2 - D_{an}^2 + m),
              \\qquad P(n = j) \\propto 1 / q(D_{aj}), \\qquad
              q(d) \\propto d^{D - 2} (1 - d^2 / 4)^{(D - 3) / 2}

    q is the density of the distance between two random points of the sphere. Distances below 0.5
    count as 0.5; negatives beyond 1.4 are drawn only where an anchor has no other.

    Args:
      key: a typed key; it draws a negative for each anchor and positive.
      embeddings: `[B, D]`, floating; their lengths do not matter.
      labels: `[B]`, integers; P(a) are the others with the label of a.
      margin: m, of squared distances, which are from 0 to 4; positive.

    Returns:
      `[B]`, float32; 0 for an anchor without a positive or without a negative.

    Raises:
      TypeError: the embeddings are not floating, or the labels not integers.
      ValueError: the shapes do not fit, or margin <= 0.

    References:
      Wu, Manmatha, Smola & Krähenbühl 2017, *Sampling Matters in Deep Embedding Learning*, eq. 4.
    """
    z = normalize(embeddings)
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(margin=margin)
    squared = pairwise_squared(z)
    positive, negative = _kinds(labels)
    logits = distance_logits(jax.lax.stop_gradient(squared), negative, z.shape[1])
    count = len(labels)
    chosen = jax.random.categorical(key, logits[:, None, :], shape=(count, count))  # [a, p]
    each = jnp.maximum(squared - jnp.take_along_axis(squared, chosen, 1) + margin, 0.0)
    return _over_positives(each, positive, negative)


def distance_logits(squared: jax.Array, negative: jax.Array, dimensions: int) -> jax.Array:
    """-log q of the distance of each negative, `[B, B]`; the lowest number where none is drawn."""
    squared = jnp.clip(squared, NEAREST**2, 4.0 - 1e-4)
    log_q = 0.5 * (dimensions - 2.0) * jnp.log(squared)
    log_q += 0.5 * (dimensions - 3.0) * jnp.log1p(-squared / 4.0)
    near = negative & (squared <= FARTHEST**2)
    drawn = jnp.where(near.any(-1, keepdims=True), near, negative)
    return jnp.where(drawn, -log_q, jnp.finfo(jnp.float32).min)


def _kinds(labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Which examples are positives and which negatives of each anchor, bool `[B, B]`."""
    same = labels[:, None] == labels[None, :]
    return same & ~jnp.eye(len(labels), dtype=bool), ~same


def _semi_hard(squared: jax.Array, negative: jax.Array) -> jax.Array:
    """For each anchor and p the nearest negative farther than p, else the farthest: `[B, B]`."""
    # The bits of what is not negative rise with it; on a CPU XLA sorts integers four times faster.
    bits = functools.partial(jax.lax.bitcast_convert_type, new_dtype=jnp.int32)
    far, count = bits(jnp.where(negative, squared, jnp.inf)), len(squared)
    ranked = jnp.sort(far, axis=-1)

    def place(values, side):
        search = functools.partial(jnp.searchsorted, side=side, method="scan_unrolled")
        return jax.vmap(search)(ranked, values)

    # Of equal negatives the first has the place where their distance begins.
    rows, others = jnp.arange(count)[:, None], jnp.arange(count, dtype=jnp.int32)
    item = jnp.full(squared.shape, count, jnp.int32).at[rows, place(far, "left")].min(others)
    farther = place(bits(squared), "right")
    nearest = jnp.take_along_axis(item, jnp.minimum(farther, count - 1), 1)
    farthest = jnp.where(negative, squared, -1.0).argmax(-1)[:, None]
    return jnp.where(farther < negative.sum(-1, keepdims=True), nearest, farthest)


def _over_negatives(squared: jax.Array, negative: jax.Array, margin: float) -> jax.Array:
    """Of one anchor, for each p the mean over the negatives, `[B]`."""
    gaps = jnp.maximum(squared[:, None] - squared[None, :] + margin, 0.0)  # [p, n]
    return jnp.where(negative, gaps, 0.0).sum(-1) / jnp.maximum(negative.sum(), 1)


def _over_positives(each: jax.Array, positive: jax.Array, negative: jax.Array) -> jax.Array:
    """The mean over the positives of each anchor that has some, and a negative: `[B]`."""
    used = positive & negative.any(-1, keepdims=True)
    return jnp.where(used, each, 0.0).sum(-1) / jnp.maximum(used.sum(-1), 1)
