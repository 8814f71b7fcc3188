"""Losses of cosines on labelled batches: examples of one class belong together."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses.cosine import cosines, log_softmax_of_others


def supervised_contrastive(
    embeddings: jax.Array, labels: jax.Array, *, temperature: float = 0.1
) -> jax.Array:
    """Supervised contrastive loss: all examples of a batch with one's label are its positives.

    .. math:: \\ell_i = -\\frac{1}{|P(i)|} \\sum_{p \\in P(i)} \\log \\frac
              {\\exp(\\cos(z_i, z_p) / \\tau)}{\\sum_{a \\ne i} \\exp(\\cos(z_i, z_a) / \\tau)}

    Args:
      embeddings: z, `[B, D]`, floating.
      labels: `[B]`, integers; P(i) are the others with the label of i.
      temperature: tau, positive.

    Returns:
      `[B]`, float32, nats; 0 for an example whose label no other has.

    Raises:
      TypeError: the embeddings are not floating, or the labels not integers.
      ValueError: the shapes do not fit, or temperature <= 0.

    References:
      Khosla et al. 2020, *Supervised Contrastive Learning*, eq. 2.

    >>> print(supervised_contrastive(jnp.eye(3), jnp.array([0, 0, 1])).round(4))  # log 2
    [0.6931 0.6931 0.    ]
    """
    (embeddings,) = _checks.floating(embeddings=embeddings)
    _checks.rank(2, embeddings=embeddings)
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(temperature=temperature)
    log_p = log_softmax_of_others(cosines(embeddings, embeddings) / temperature)  # [B, B]
    positive = (labels[:, None] == labels[None, :]) & ~jnp.eye(len(labels), dtype=bool)
    total = jnp.where(positive, -log_p, 0.0).sum(-1)
    return total / jnp.maximum(positive.sum(-1), 1)


def multi_similarity(
    embeddings: jax.Array,
    labels: jax.Array,
    *,
    attraction: float = 2.0,
    repulsion: float = 50.0,
    threshold: float = 0.5,
) -> jax.Array:
    """Multi-similarity loss: of an anchor's positives and negatives the hard ones count most.

    .. math:: \\ell_i = \\frac1\\alpha \\log \\Big(1 + \\sum_{p \\in P(i)}
              e^{-\\alpha (S_{ip} - \\lambda)}\\Big) + \\frac1\\beta \\log \\Big(1 +
              \\sum_{n \\in N(i)} e^{\\beta (S_{in} - \\lambda)}\\Big), \\qquad
              S_{ij} = \\cos(z_i, z_j)

    Without the paper's mining of pairs: all pairs of the batch are in the sums.

    Args:
      embeddings: z, `[B, D]`, floating.
      labels: `[B]`, integers; P(i) are the others with the label of i, N(i) those of other labels.
      attraction: alpha, positive.
      repulsion: beta, positive.
      threshold: lambda, a cosine.

    Returns:
      `[B]`, float32.

    Raises:
      TypeError: the embeddings are not floating, or the labels not integers.
      ValueError: the shapes do not fit, or attraction or repulsion <= 0.

    References:
      Wang, Han, Huang, Dong & Scott 2019, *Multi-Similarity Loss with General Pair Weighting for
      Deep Metric Learning*, eq. 18.
    """
    (embeddings,) = _checks.floating(embeddings=embeddings)
    _checks.rank(2, embeddings=embeddings)
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(attraction=attraction, repulsion=repulsion)
    above = cosines(embeddings, embeddings) - threshold
    same = labels[:, None] == labels[None, :]
    positive = same & ~jnp.eye(len(labels), dtype=bool)

    def one_and(exponents: jax.Array, counted: jax.Array) -> jax.Array:
        """log(1 + the sum of what is counted)."""
        lowest = jnp.finfo(exponents.dtype).min
        exponents = jnp.where(counted, exponents, lowest)
        return jax.nn.logsumexp(jnp.pad(exponents, [(0, 0), (0, 1)]), axis=-1)

    attracted = one_and(-attraction * above, positive) / attraction
    return attracted + one_and(repulsion * above, ~same) / repulsion


def arcface(
    embeddings: jax.Array,
    class_vectors: jax.Array,
    labels: jax.Array,
    *,
    margin: float = 0.5,
    temperature: float = 0.05,
) -> jax.Array:
    """ArcFace: cross-entropy of cosines with class vectors, the own one by an angle harder.

    .. math:: \\ell_i = -\\log \\frac{e^{\\cos(\\theta_{y_i} + m) / \\tau}}
              {e^{\\cos(\\theta_{y_i} + m) / \\tau} + \\sum_{j \\ne y_i}
              e^{\\cos \\theta_j / \\tau}}

    Beyond an angle of pi - m the cosine is continued by a line, so that it falls on.

    Args:
      embeddings: `[B, D]`, floating; their lengths do not matter.
      class_vectors: `[C, D]`, floating: parameters; their lengths do not matter.
      labels: `[B]`, integers from 0 to below C.
      margin: m, in radians; positive, below pi.
      temperature: tau, one over the paper's scale s; positive.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating, or the labels not integers.
      ValueError: the shapes do not fit, or margin or temperature <= 0.

    References:
      Deng, Guo, Xue & Zafeiriou 2019, *ArcFace*, eq. 3.
    """
    embeddings, class_vectors = _checks.floating(embeddings=embeddings, class_vectors=class_vectors)
    _checks.rank(2, embeddings=embeddings, class_vectors=class_vectors)
    if embeddings.shape[1] != class_vectors.shape[1]:
        shapes = f"{list(embeddings.shape)} and {list(class_vectors.shape)}"
        raise ValueError(f"embeddings and class_vectors must be of one width, got {shapes}")
    labels = _checks.integer(embeddings.shape[:1], labels=labels)
    _checks.positive(margin=margin, temperature=temperature)
    angles = cosines(embeddings, class_vectors)  # [B, C]
    own = jnp.take_along_axis(angles, labels[:, None], axis=1)
    # cos(theta + m) of the cosine; its root has a slope where |cos| is 1 if it stays below.
    inside = jnp.clip(own, -1.0 + 1e-6, 1.0 - 1e-6)
    turned = inside * jnp.cos(margin) - jnp.sqrt(1.0 - jnp.square(inside)) * jnp.sin(margin)
    turned = jnp.where(own > -jnp.cos(margin), turned, own - margin * jnp.sin(margin))
    is_own = jnp.arange(angles.shape[1])[None, :] == labels[:, None]
    scores = jnp.where(is_own, turned, angles) / temperature
    return -jnp.take_along_axis(jax.nn.log_softmax(scores, axis=-1), labels[:, None], axis=1)[:, 0]
