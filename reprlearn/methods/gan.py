"""Generative adversarial networks: two players, one update (Goodfellow et al. 2014)."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import models, optimizers
from reprlearn.columns import Columns
from reprlearn.errors import UsageError
from reprlearn.methods.base import Batch, Key, Method, TrainState, descend
from reprlearn.models import build
from reprlearn.parts import games
from reprlearn.roles import Takes, need
from reprlearn.settings import integer, positive

VARIANTS = ({"model.discriminator_steps": 3, "model.loss": "wasserstein"},)

PLAYERS = ("generator", "discriminator")


SETTINGS = {
    "model": {
        "generator": build.network((128, 128, 128)),
        "discriminator": build.network((128, 128, 128)),
        "latent_dim": integer(2, "the dimension of the noise"),
        **games.SETTINGS,
        "discriminator_steps": integer(1, "updates of the discriminator for each of the generator"),
        "data_scale": positive(1.0, "a factor by which the data are multiplied before training"),
        "dtype": build.DTYPE,
    },
    "discriminator_optimizer": optimizers.SETTINGS,
}


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
      loss: a key of games.GAMES.
      penalty: a key of games.PENALTIES, on the discriminator's slope.
      penalty_weight: its weight, or a function of the step.
      discriminator_steps: k.
      data_scale: both players see x times this number.

    Returns:
      a Method that can decode (generate), sample and discriminate; where the discriminator ends in
      a `head`, it encodes an example by what that head reads, `[B, F]`. Such codes are none of the
      generator's.

    References:
      Goodfellow et al. 2014, *Generative Adversarial Nets*, algorithm 1.
      Radford et al. 2016, *Unsupervised Representation Learning with Deep Convolutional Generative
      Adversarial Networks*, section 5.1: the discriminator's features.
    """
    game, weight_at, optimizer = games.GAMES[loss], penalty_weight, dict(optimizer)
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

    def prior(key, n):
        return jax.random.normal(key, (n, latent_dim))

    def generate(params, z):
        return generator.apply({"params": params}, z)

    def critic(params):
        return lambda x: discriminator.apply({"params": params}, x)

    def discriminator_step(generator_params, weight):
        def step(carry, minibatch):
            params, opt_state = carry
            real, key = minibatch
            noise_key, penalty_key = jax.random.split(key)
            fake = generate(generator_params, prior(noise_key, len(real)))

            def objective(params):
                play = game.discriminator(critic(params)(real), critic(params)(fake)).mean()
                paid = games.PENALTIES[penalty](penalty_key, critic(params), real, fake).mean()
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
            fake = generate(params, prior(generator_key, real.shape[1]))
            return game.generator(judge(fake), judge(real[-1])).mean()

        value, gradients = jax.value_and_grad(objective)(state.params["generator"])
        before = state.params["generator"], state.opt_state["generator"]
        player = descend(optimizer["generator"], gradients, *before)
        after = state.replace(
            step=state.step + 1,
            params={"generator": player[0], "discriminator": opponent[0]},
            opt_state={"generator": player[1], "discriminator": opponent[1]},
        )
        return after, jax.tree.map(jnp.mean, metrics) | {"generator_loss": value}

    def decode(state, z):
        return generate(state.params["generator"], z) / data_scale

    def encode(state, x):
        features = discriminator.clone(head=lambda h: h)
        params = {"params": state.params["discriminator"]}
        return features.apply(params, data_scale * x).astype(jnp.float32)

    def evaluate(state, batch, key):
        judge, real = critic(state.params["discriminator"]), data_scale * batch["x"]
        fake = generate(state.params["generator"], prior(key, len(real)))
        real_logits, fake_logits = judge(real), judge(fake)
        return {
            "discriminator_loss": game.discriminator(real_logits, fake_logits),
            "generator_loss": game.generator(fake_logits, real_logits),
        }

    return Method(
        init=init,
        update=update,
        evaluate=evaluate,
        encode=encode if hasattr(discriminator, "head") else None,
        decode=decode,
        prior=lambda state, key, n: prior(key, n),
        sample=lambda state, key, n: decode(state, prior(key, n)),
        discriminate=lambda state, x: critic(state.params["discriminator"])(data_scale * x),
        takes=Takes(minibatches=discriminator_steps),
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The GAN that `config.model` describes; see SETTINGS."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    for player in PLAYERS:
        build.check(f"model.{player}", model[player], x)
    if config.training.accumulate_steps > 1:
        raise UsageError(
            f"training.accumulate_steps is {config.training.accumulate_steps}; allowed for a GAN: 1"
        )
    if x.kind == "image" and model.data_scale != 1.0:
        raise UsageError(f"model.data_scale is {model.data_scale}; allowed on images: 1.0")
    output = models.PlainOutput(nn.sigmoid) if x.kind == "image" else models.PlainOutput()
    # A game of differences cannot see what all logits have in common.
    use_bias = model.loss not in games.DIFFERENCES
    head = models.LogitHead(jnp.dtype(model.dtype), use_bias=use_bias)
    return gan(
        build.decoder(model.generator, x.shape, output, model.dtype),
        build.encoder(model.discriminator, head, model.dtype),
        {
            "generator": optimizers.from_config(config),
            "discriminator": optimizers.from_config(
                config, "discriminator_optimizer", updates_per_step=model.discriminator_steps
            ),
        },
        latent_dim=model.latent_dim,
        loss=model.loss,
        penalty=model.penalty,
        penalty_weight=games.penalty_weight(model, config.training.steps),
        discriminator_steps=model.discriminator_steps,
        data_scale=model.data_scale,
    )
