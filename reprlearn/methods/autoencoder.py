"""Auto-encoders: learn x -> z -> x_hat by reconstruction (Rumelhart, Hinton & Williams 1986)."""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import models, optimizers
from reprlearn.columns import Column, Columns
from reprlearn.devices import mean_over_devices
from reprlearn.errors import UsageError
from reprlearn.methods.base import (
    Batch,
    Key,
    Method,
    TrainState,
    gradient_step,
    initial_state,
)
from reprlearn.models import build
from reprlearn.parts import corruptions, penalties, reconstructions
from reprlearn.roles import need
from reprlearn.settings import choice, integer

VARIANTS = (
    {"model.encoder.network": "tied", "model.loss": "squared_error"},
    {"model.corruption.kind": "masking"},
    {"model.penalty.kind": "kl", "model.code_activation": "sigmoid"},
    {"model.penalty.kind": "contractive"},
)

SETTINGS = {
    "model": {
        "encoder": build.network(networks=(*build.NETWORKS, "vgg", "tied")),
        "decoder": build.MIRRORED,
        "latent_dim": integer(16, "the dimension of the code"),
        "code_activation": choice("linear", build.CODE_ACTIVATIONS, "on the code"),
        "loss": reconstructions.LOSS,
        "corruption": corruptions.SETTINGS,
        "penalty": penalties.SETTINGS,
        "dtype": build.DTYPE,
    }
}


def autoencoder(
    model: models.Autoencoder | models.TiedAutoencoder,
    optimizer: optax.GradientTransformation,
    *,
    loss: str = "squared_error",
    linear_dim: int | None = None,
    corrupt: corruptions.Corrupt | None = None,
    penalty: penalties.Penalty | None = None,
) -> Method:
    """An auto-encoder: minimise the distance between x and decode(encode(x)).

    .. math:: \\min_{\\phi, \\theta} \\sum_i \\ell(x_i, d_\\theta(e_\\phi(\\tilde x_i)))
              + \\lambda \\Omega(e_\\phi, \\tilde x_i)

    Of a denoising one x~ is a corruption of x, drawn anew at each step; the others have x~ = x.
    Omega makes a code sparse or contractive; most have none.

    Args:
      model: with `encode` to a code `[B, latent_dim]` and `decode` to an output of models.heads.
      optimizer: any optax transformation.
      loss: "squared_error" on the output's mean, or "cross_entropy" on Bernoulli logits.
      linear_dim: of a decoder whose mean is an affine function of the code, latent_dim.
      corrupt: (key, x) -> x~.
      penalty: lambda Omega, one of parts.penalties.

    Returns:
      a Method that can encode, decode and reconstruct; a linear one has directions, a denoising
      one can corrupt. It is evaluated on x as it is.

    References:
      Rumelhart, Hinton & Williams 1986, *Learning Internal Representations by Error Propagation*;
      with a linear tied model, Baldi & Hornik 1989: principal component analysis. Vincent et al.
      2008, *Extracting and Composing Robust Features with Denoising Autoencoders*; Rifai et al.
      2011, *Contractive Auto-Encoders*.
    """

    def init(key: Key, batch: Batch) -> TrainState:
        return initial_state(model.init(key, batch["x"])["params"], optimizer)

    def encode(params, x):
        return model.apply({"params": params}, x, method="encode")

    def decode(params, z):
        return model.apply({"params": params}, z, method="decode")

    def objective(params, model_state, batch, key, step):
        del step  # nothing is scheduled
        x = batch["x"]
        seen = x if corrupt is None else corrupt(key, x)
        reconstruction = reconstructions.LOSSES[loss](decode(params, encode(params, seen)), x)
        values = {"loss": reconstruction, "reconstruction": reconstruction}
        if penalty is not None:
            values["penalty"] = penalty(lambda x: encode(params, x), seen, mean_over_devices)
            values["loss"] = reconstruction + values["penalty"]
        return values, model_state

    def evaluate(state, batch, key):
        x = batch["x"]
        return reconstructions.judged(loss, decode(state.params, encode(state.params, x)), x)

    def directions(state):
        mean = lambda z: decode(state.params, z[None]).mean[0]  # noqa: E731
        return jnp.moveaxis(jax.jacfwd(mean)(jnp.zeros(linear_dim)), -1, 0)

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: encode(state.params, x),
        decode=lambda state, z: decode(state.params, z).mean,
        reconstruct=lambda state, x: decode(state.params, encode(state.params, x)).mean,
        directions=None if linear_dim is None else directions,
        corrupt=corrupt and (lambda state, x, key: corrupt(key, x)),
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The auto-encoder that `config.model` describes; see SETTINGS."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    decoder = build.mirrored(model.decoder, model.encoder)
    loss, output = reconstructions.from_config(model, x)
    linear = loss == "squared_error" and _is_linear(model, decoder)
    if linear and model.latent_dim > math.prod(x.shape):
        raise UsageError(
            f"model.latent_dim is {model.latent_dim}; allowed with linear networks: at most "
            f"{math.prod(x.shape)}, the dimension of the data"
        )
    if model.encoder.network == "tied":
        network = _tied(model, x, output)
    else:
        build.check("model.encoder", model.encoder, x)
        build.check("model.decoder", decoder, x)
        head = models.CodeHead(
            model.latent_dim,
            jnp.dtype(model.dtype),
            activation=build.CODE_ACTIVATIONS[model.code_activation],
        )
        network = models.Autoencoder(
            build.encoder(model.encoder, head, model.dtype),
            build.decoder(decoder, x.shape, output, model.dtype),
        )
    optimizer = optimizers.from_config(config, line_search=True)
    return autoencoder(
        network,
        optimizer,
        loss=loss,
        linear_dim=model.latent_dim if linear else None,
        corrupt=corruptions.from_config(model.corruption, x.unit, x.many),
        penalty=penalties.from_config(model.penalty, model.code_activation),
    )


def _is_linear(model: Any, decoder: Any) -> bool:
    """Whether neither network has a hidden layer, and the code no activation."""
    return model.code_activation == "linear" and all(
        group.network == "linear" or not group.widths for group in (model.encoder, decoder)
    )


def _tied(model: Any, x: Column, output: nn.Module) -> models.TiedAutoencoder:
    """The network whose decoder has the encoder's own matrices."""
    if model.decoder.network != build.MIRROR:
        raise UsageError(
            f"model.decoder.network is {model.decoder.network!r}; allowed with "
            f"model.encoder.network 'tied': {build.MIRROR!r}"
        )
    if any(model.encoder.bias_scales):
        raise UsageError(
            f"model.encoder.bias_scales is {model.encoder.bias_scales!r}; allowed with 'tied': "
            "(0.0, 0.0)"
        )
    return models.TiedAutoencoder(
        (*model.encoder.widths, model.latent_dim),
        x.shape,
        output,
        activation=build.ACTIVATIONS[model.encoder.activation],
        code_activation=build.CODE_ACTIVATIONS[model.code_activation],
        dtype=jnp.dtype(model.dtype),
    )
