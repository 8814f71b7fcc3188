"""What makes the features of two domains alike: an adversary, or a distance between them."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from reprlearn import losses
from reprlearn.settings import Setting, choice

# The target's features may be told from the source's: by themselves, or with the predicted class.
ADVERSARIES = ("adversarial", "conditional")
NONE = "none"  # nothing but that the batch statistics are each domain's own
BANDWIDTHS = tuple((factor / 2) ** 0.5 for factor in (0.25, 0.5, 1.0, 2.0, 4.0))

Distance = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def mmd(source: jax.Array, target: jax.Array, logits: jax.Array) -> jax.Array:
    """The squared maximum mean discrepancy, of five Gaussian kernels.

    Each is :math:`e^{-d^2 / 2 s^2}`, with 2 s^2 from a quarter to four times the mean squared
    distance of the batch's features. The kernels count alike and the estimate is the biased one;
    the paper learns the kernels' weights.

    References:
      Long et al. 2015, *Learning Transferable Features with Deep Adaptation Networks*, section 3.
    """
    del logits
    z = jnp.concatenate([source, target])
    spread = jnp.square(z - z.mean(axis=0, keepdims=True)).sum(axis=-1).mean()
    scale = jax.lax.rsqrt(2.0 * jax.lax.stop_gradient(spread) + 1e-12)
    found = losses.mmd(scale * source, scale * target, bandwidths=BANDWIDTHS)
    return found / len(BANDWIDTHS)


def coral(source: jax.Array, target: jax.Array, logits: jax.Array) -> jax.Array:
    """How far the covariances differ (Sun & Saenko 2016)."""
    del logits
    return losses.coral(source, target)


def confusion(source: jax.Array, target: jax.Array, logits: jax.Array) -> jax.Array:
    """How much the classifier confuses classes of the target (Jin et al. 2020)."""
    del source, target
    return losses.class_confusion(logits)


# (the source's features [B, F], the target's, the target's logits [B, C]) -> a scalar. With pmap
# each device has the distance of its own part of the batch: fewer examples, so a larger estimate.
DISTANCES: Mapping[str, Distance] = {"mmd": mmd, "coral": coral, "confusion": confusion}

SETTINGS: Mapping[str, Setting] = {
    "alignment": choice(
        "adversarial",
        (*ADVERSARIES, *DISTANCES, NONE),
        "adversarial: a domain head's reversed gradient; conditional: the same, which sees the "
        "predicted class too; mmd, coral: a distance of the domains' features; confusion: how "
        "much classes of the target are confused; none: with model.encoder.normalization=domain "
        "its statistics alone (Li et al. 2017)",
    )
}


def with_class(z: jax.Array, logits: jax.Array) -> jax.Array:
    """What a conditional adversary sees: each feature times each class's probability.

    The paper draws some of these products at random where there are more than 4,096; here all stay.

    Args:
      z: features `[B, F]`.
      logits: `[B, C]`; no gradient reaches them.

    Returns:
      `[B, F C]`.

    References:
      Long et al. 2018, *Conditional Adversarial Domain Adaptation*, section 3.
    """
    p = jax.nn.softmax(jax.lax.stop_gradient(logits))
    return (z[:, :, None] * p[:, None, :]).reshape(z.shape[0], -1)
