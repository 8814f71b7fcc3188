"""Generative adversarial networks: two players, one update (Goodfellow et al. 2014)."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns, Takes, need
from reprlearn.errors import (
    UsageError,
    check_above,
    check_at_least,
    check_choice,
    check_size,
    check_widths,
)
from reprlearn.methods.base import Batch, Key, Method, TrainState, descend
from reprlearn.models import build

VARIANTS = ({"model.discriminator_steps": 3, "model.loss": "wasserstein"},)

PLAYERS = ("generator", "discriminator")


class Game(NamedTuple):
    """What each player minimises: discriminator(real, fake) and generator(fake, real), `[B]`."""

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]


LOSSES = {
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
PENALTY_SCHEDULES = ("constant", "cosine")


def gan(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: dict[str, optax.GradientTransformation],
    *,
    latent_dim: int,
    loss: str = "nonsaturating",
    penalty: str = "none",
    penalty_weight: Callable[[jax.Array], jax.Array] | float = 0.0,
    discriminator_steps: int = 1,
    data_scale: float = 1.0,
) -> Method:
    """A generative adversarial network with prior N(0, I).

    .. math:: \\min_G \\max_D E_x[\\log D(x)] + E_z[\\log(1 - D(G(z)))]   (the original game)

    One update is `discriminator_steps` steps of the discriminator, each on a minibatch and a noise
    of its own, then one step of the generator on fresh noise.

    Args:
      generator: z `[B, latent_dim]` to x `[B, ...]`.
      discriminator: x `[B, ...]` to logits `[B]`.
      optimizer: one for "generator", one for "discriminator".
      latent_dim: the dimension of z.
      loss: a key of LOSSES.
      penalty: a key of PENALTIES, on the discriminator's slope.
      penalty_weight: its weight, or a function of the step.
      discriminator_steps: k.
      data_scale: both players see x times this number.

    Returns:
      a Method that can sample and discriminate.

    References:
      Goodfellow et al. 2014, *Generative Adversarial Nets*, algorithm 1.
    """
    game, weight_at, optimizer = LOSSES[loss], penalty_weight, dict(optimizer)
    if not callable(weight_at):
        weight_at = lambda step: penalty_weight  # noqa: E731

    def init(key: Key, batch: Batch) -> TrainState:
        x = batch["x"]
        keys = dict(zip(PLAYERS, jax.random.split(key), strict=True))
        z = jnp.zeros((len(x), latent_dim))
        params = {
            "generator": generator.init(keys["generator"], z)["params"],
            "discriminator": discriminator.init(keys["discriminator"], x)["params"],
        }
        return TrainState(
            step=jnp.int32(0),
            params=params,
            opt_state={player: optimizer[player].init(params[player]) for player in PLAYERS},
        )

    def generate(params, key, n):
        return generator.apply({"params": params}, jax.random.normal(key, (n, latent_dim)))

    def critic(params):
        return lambda x: discriminator.apply({"params": params}, x)

    def discriminator_step(generator_params, weight):
        def step(carry, minibatch):
            params, opt_state = carry
            real, key = minibatch
            noise_key, penalty_key = jax.random.split(key)
            fake = generate(generator_params, noise_key, len(real))

            def objective(params):
                play = game.discriminator(critic(params)(real), critic(params)(fake)).mean()
                paid = PENALTIES[penalty](penalty_key, critic(params), real, fake).mean()
                return play + weight * paid, {"discriminator_loss": play, "penalty": paid}

            gradients, metrics = jax.grad(objective, has_aux=True)(params)
            return descend(optimizer["discriminator"], gradients, params, opt_state), metrics

        return step

    def update(state: TrainState, batch: Batch, key: Key):
        x = data_scale * batch["x"]
        real = x.reshape(discriminator_steps, -1, *x.shape[1:])  # [k, B, ...]
        discriminator_key, generator_key = jax.random.split(key)
        opponent = (state.params["discriminator"], state.opt_state["discriminator"])
        opponent, metrics = jax.lax.scan(
            discriminator_step(state.params["generator"], weight_at(state.step)),
            opponent,
            (real, jax.random.split(discriminator_key, discriminator_steps)),
        )

        def objective(params):
            judge = critic(opponent[0])
            fake = generate(params, generator_key, real.shape[1])
            return game.generator(judge(fake), judge(real[-1])).mean()

        value, gradients = jax.value_and_grad(objective)(state.params["generator"])
        before = state.params["generator"], state.opt_state["generator"]
        player = descend(optimizer["generator"], gradients, *before)
        state = TrainState(
            step=state.step + 1,
            params={"generator": player[0], "discriminator": opponent[0]},
            opt_state={"generator": player[1], "discriminator": opponent[1]},
        )
        return state, jax.tree.map(jnp.mean, metrics) | {"generator_loss": value}

    def evaluate(state, batch, key):
        judge, real = critic(state.params["discriminator"]), data_scale * batch["x"]
        fake = generate(state.params["generator"], key, len(real))
        real_logits, fake_logits = judge(real), judge(fake)
        return {
            "discriminator_loss": game.discriminator(real_logits, fake_logits),
            "generator_loss": game.generator(fake_logits, real_logits),
        }

    return Method(
        init=init,
        update=update,
        evaluate=evaluate,
        sample=lambda state, key, n: generate(state.params["generator"], key, n) / data_scale,
        discriminate=lambda state, x: critic(state.params["discriminator"])(data_scale * x),
        takes=Takes(minibatches=discriminator_steps),
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The GAN that a config describes: model.widths, loss, penalty, discriminator_steps, ..."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    check(model)
    if config.training.accumulate_steps > 1:
        raise UsageError(
            f"training.accumulate_steps is {config.training.accumulate_steps}; allowed with two "
            "players: 1, for the one would move while the other's gradients are gathered"
        )
    if x.kind == "image" and model.data_scale != 1.0:
        raise UsageError(f"model.data_scale is {model.data_scale}; allowed on images: 1.0")
    return gan(
        models.MLPDecoder(
            widths=tuple(model.widths),
            shape=x.shape,
            output=models.PlainOutput(nn.sigmoid) if x.kind == "image" else models.PlainOutput(),
            activation=build.activation("model.activation", model.activation),
            dtype=jnp.dtype(model.dtype),
            bias_scales=tuple(model.generator_bias_scales),
        ),
        models.MLPEncoder(
            widths=tuple(model.discriminator_widths),
            # A game of differences cannot see what all logits have in common.
            head=models.LogitHead(jnp.dtype(model.dtype), use_bias=model.loss not in DIFFERENCES),
            activation=build.activation("model.activation", model.activation),
            dtype=jnp.dtype(model.dtype),
            bias_scales=tuple(model.discriminator_bias_scales),
        ),
        {
            "generator": optimizers.from_config(config),
            "discriminator": optimizers.from_config(
                config, "discriminator_optimizer", updates_per_step=model.discriminator_steps
            ),
        },
        latent_dim=model.latent_dim,
        loss=model.loss,
        penalty=model.penalty,
        penalty_weight=_penalty_weight(model, config.training.steps),
        discriminator_steps=model.discriminator_steps,
        data_scale=model.data_scale,
    )


def check(model: Any) -> None:
    """Refuses fields of `config.model` that make no game.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    check_choice("model.loss", model.loss, LOSSES)
    check_choice("model.penalty", model.penalty, PENALTIES)
    check_choice("model.penalty_schedule", model.penalty_schedule, PENALTY_SCHEDULES)
    check_choice("model.dtype", model.dtype, build.DTYPES)
    check_at_least("model.penalty_weight", model.penalty_weight, 0.0)
    check_at_least("model.final_penalty_weight", model.final_penalty_weight, 0.0)
    check_size("model.discriminator_steps", model.discriminator_steps)
    check_size("model.latent_dim", model.latent_dim)
    check_widths("model.widths", model.widths)
    check_widths("model.discriminator_widths", model.discriminator_widths)
    check_above("model.data_scale", model.data_scale, 0.0)
    for field in ("generator_bias_scales", "discriminator_bias_scales"):
        if len(model[field]) != 2:
            raise UsageError(f"model.{field} is {model[field]!r}; allowed: two, as (1.0, 0.3)")
        for scale in model[field]:
            check_at_least(f"model.{field}", scale, 0.0)


def _penalty_weight(model: Any, steps: int) -> Callable[[jax.Array], jax.Array]:
    """The penalty's weight at a step: constant, or to the final one, at the last, on a cosine."""
    if model.penalty_schedule == "constant":
        return lambda step: model.penalty_weight
    start, end, last = model.penalty_weight, model.final_penalty_weight, max(steps - 1, 1)
    return lambda step: end + (start - end) * 0.5 * (1.0 + jnp.cos(math.pi * step / last))
