"""The game of a generator and a discriminator: what each minimises, and what its slope costs."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from reprlearn import losses
from reprlearn.settings import Setting, choice, not_negative


class Game(NamedTuple):
    """What each player minimises: discriminator(real, fake) and generator(fake, real), `[B]`."""

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]


GAMES = {
    "minimax": Game(losses.discriminator_loss, lambda f, r: losses.generator_minimax_loss(f)),
    "nonsaturating": Game(
        losses.discriminator_loss, lambda f, r: losses.generator_nonsaturating_loss(f)
    ),
    "hinge": Game(losses.hinge_discriminator_loss, lambda f, r: losses.hinge_generator_loss(f)),
    "wasserstein": Game(
        losses.wasserstein_critic_loss, lambda f, r: losses.wasserstein_generator_loss(f)
    ),
    "least_squares": Game(
        losses.least_squares_discriminator_loss,
        lambda f, r: losses.least_squares_generator_loss(f),
    ),
    "relativistic": Game(losses.relativistic_loss, losses.relativistic_loss),
}
# Games that see differences of logits alone: what all have in common, a bias, means nothing.
DIFFERENCES = ("wasserstein", "relativistic")
# (key, critic, real, fake) -> [B], to be weighed; R1, R2 with the half of Mescheder et al. 2018.
PENALTIES: dict[str, Callable[..., jax.Array]] = {
    "none": lambda key, critic, real, fake: jnp.zeros(len(real)),
    "gradient": losses.gradient_penalty,
    "r1": lambda key, critic, real, fake: 0.5 * losses.r1_penalty(critic, real),
    "r1_r2": lambda key, critic, real, fake: (
        0.5 * losses.r1_penalty(critic, real) + 0.5 * losses.r1_penalty(critic, fake)
    ),
}

SETTINGS: Mapping[str, Setting] = {
    "loss": choice("nonsaturating", GAMES, "the loss of generator and discriminator"),
    "penalty": choice("none", PENALTIES, "the penalty on the gradient of the discriminator"),
    "penalty_weight": not_negative(0.0, "the weight of the penalty"),
    "penalty_schedule": choice(
        "constant", ("constant", "cosine"), "of this weight; cosine: to final_penalty_weight"
    ),
    "final_penalty_weight": not_negative(0.0, 'the weight at which "cosine" ends'),
}


def penalty_weight(model: Any, steps: int) -> Callable[[jax.Array], jax.Array]:
    """The penalty's weight at a step: constant, or on a cosine to the final one at the last step.

    Args:
      model: `config.model`, with SETTINGS.
      steps: of the run.
    """
    if model.penalty_schedule == "constant":
        return lambda step: model.penalty_weight
    start, end, last = model.penalty_weight, model.final_penalty_weight, max(steps - 1, 1)
    return lambda step: end + (start - end) * 0.5 * (1.0 + jnp.cos(math.pi * step / last))
