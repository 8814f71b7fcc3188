"""An adversary of an encoder: it tells two groups of codes apart, its gradient comes reversed."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from reprlearn import losses
from reprlearn.parts import classifiers
from reprlearn.settings import Setting, choice, not_negative, positive

SETTINGS: Mapping[str, Setting] = {
    "trade_off": not_negative(
        1.0, "lambda, the weight of the reversed gradient; where it rises, its end"
    ),
    "trade_off_schedule": choice(
        "rising", ("constant", "rising"), "of lambda: constant, or rising from 0"
    ),
    "gamma": positive(10.0, "how fast lambda rises"),
}
# What alarms: the share that is told apart to the end; never more than a share and some nats.
TOLD_APART, GUESSED, NATS_BELOW_GUESSING = 0.99, 0.55, 0.003


def trade_off(model: Any, steps: int) -> Callable[[jax.Array], jax.Array]:
    """lambda at a step: constant, or rising by `losses.adaptation_schedule`.

    Args:
      model: `config.model`, with SETTINGS.
      steps: of the run.
    """
    if model.trade_off_schedule == "constant":
        return lambda step: model.trade_off
    return lambda step: (
        model.trade_off * losses.adaptation_schedule(step / steps, gamma=model.gamma)
    )


def tell_apart(
    discriminate: Callable[[jax.Array], jax.Array], z: jax.Array, weight: jax.Array | float
) -> tuple[jax.Array, jax.Array]:
    """How well an adversary tells the first half of some codes from the second.

    Its own parameters get the gradient of the cross-entropy; z gets it reversed, times `weight`.

    Args:
      discriminate: z `[2B, F]` to logits `[2B]` of being of the first half.
      z: codes `[2B, F]`, of the source and then of the target.
      weight: lambda.

    Returns:
      the mean cross-entropy of the i-th of each half, and the share that is told right; `[B]`.

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, eq. 9 and 10.
    """
    of_first, of_second = jnp.split(discriminate(losses.reverse_gradient(z, weight)), 2)
    is_first = jnp.ones(len(of_first))
    entropy = losses.domain_cross_entropy(of_first, is_first)
    entropy = (entropy + losses.domain_cross_entropy(of_second, 1.0 - is_first)) / 2.0
    return entropy, (jnp.float32(of_first > 0) + jnp.float32(of_second <= 0)) / 2.0


def guess(
    discriminate: Callable[[jax.Array], jax.Array],
    z: jax.Array,
    s: jax.Array,
    weight: jax.Array | float,
) -> tuple[jax.Array, jax.Array]:
    """How well an adversary guesses of some codes which group each is of.

    Its own parameters get the gradient of the cross-entropy; z gets it reversed, times `weight`.

    Args:
      discriminate: z `[B, F]` to logits `[B, groups]`.
      z: codes `[B, F]`.
      s: groups, int `[B]`.
      weight: lambda.

    Returns:
      the cross-entropy of each in nats, and whether it is guessed right, `[B]`.
    """
    logits = discriminate(losses.reverse_gradient(z, weight))
    return classifiers.cross_entropy(logits, s), jnp.float32(logits.argmax(axis=-1) == s)


def alarms(lines: Sequence[Mapping[str, float]]) -> list[str]:
    """Signs that a domain head and the features do not meet.

    Args:
      lines: the metrics of training in order, with "domain_accuracy" and "domain_cross_entropy".

    Returns:
      a sentence for each sign: the domains are told apart to the end, or never were.
    """
    accuracy = [line["domain_accuracy"] for line in lines]
    entropy = [line["domain_cross_entropy"] for line in lines]
    found = []
    if min(classifiers.last_quarter(accuracy)) >= TOLD_APART:
        found.append(
            f"the domain head tells {100 * accuracy[-1]:.1f}% of the examples' domains to the end: "
            "the features are not alike. Its gradient is too weak (raise model.trade_off) or the "
            "head too strong (narrow model.discriminator.widths)"
        )
    if max(accuracy) < GUESSED and min(entropy) > math.log(2) - NATS_BELOW_GUESSING:
        found.append(
            f"the domain head never told the domains apart, with {100 * max(accuracy):.0f}% right "
            "at best: it learned nothing that features could adapt to, or the domains are alike"
        )
    return found
