"""Auto-encoders: learn x -> z -> x_hat by reconstruction (Rumelhart, Hinton & Williams 1986)."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Column, Columns, need
from reprlearn.errors import UsageError
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import likelihoods
from reprlearn.settings import choice, integer

VARIANTS = ({"model.encoder.network": "tied", "model.loss": "squared_error"},)

# The loss, and the output whose parameters it reads.
LOSSES: dict[str, Callable[[Any, jax.Array], jax.Array]] = {
    "squared_error": lambda p_x, x: losses.squared_error(p_x.mean, x),
    "cross_entropy": lambda p_x, x: losses.bernoulli_cross_entropy(p_x.logits, x),
}
OUTPUTS = {"squared_error": models.GaussianOutput, "cross_entropy": models.BernoulliOutput}

SETTINGS = {
    "model": {
        "encoder": build.network(networks=(*build.NETWORKS, "tied")),
        "decoder": build.MIRRORED,
        "latent_dim": integer(16, "the dimension of the code"),
        "loss": choice(
            "auto", ("auto", *LOSSES), 'auto: "cross_entropy" on images, else "squared_error"'
        ),
        "dtype": build.DTYPE,
    }
}


def autoencoder(
    model: models.Autoencoder | models.TiedAutoencoder,
    optimizer: optax.GradientTransformation,
    *,
    loss: str = "squared_error",
) -> Method:
    """An auto-encoder: minimise the distance between x and decode(encode(x)).

    .. math:: \\min_{\\phi, \\theta} \\sum_i \\ell(x_i, d_\\theta(e_\\phi(x_i)))

    Args:
      model: with `encode` to a code `[B, latent_dim]` and `decode` to an output of models.heads.
      optimizer: any optax transformation.
      loss: "squared_error" on the output's mean, or "cross_entropy" on Bernoulli logits.

    Returns:
      a Method that can encode, decode and reconstruct.

    References:
      Rumelhart, Hinton & Williams 1986, *Learning Internal Representations by Error Propagation*;
      with a linear tied model, Baldi & Hornik 1989: principal component analysis.
    """

    def init(key: Key, batch: Batch) -> TrainState:
        return initial_state(model.init(key, batch["x"])["params"], optimizer)

    def encode(params, x):
        return model.apply({"params": params}, x, method="encode")

    def decode(params, z):
        return model.apply({"params": params}, z, method="decode")

    def objective(params, model_state, batch, key, step):
        del key, step  # nothing random, nothing scheduled
        x = batch["x"]
        reconstruction = LOSSES[loss](decode(params, encode(params, x)), x)
        return {"loss": reconstruction, "reconstruction": reconstruction}, model_state

    def evaluate(state, batch, key):
        x = batch["x"]
        p_x = decode(state.params, encode(state.params, x))
        # Both losses are comparable only with themselves; the error per pixel is with all methods.
        error = losses.squared_error(p_x.mean, x) / x[0].size
        return {"reconstruction": LOSSES[loss](p_x, x), "mean_squared_error": error}

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: encode(state.params, x),
        decode=lambda state, z: decode(state.params, z).mean,
        reconstruct=lambda state, x: decode(state.params, encode(state.params, x)).mean,
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The auto-encoder that `config.model` describes; see SETTINGS."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    decoder = build.mirrored(model.decoder, model.encoder)
    loss = model.loss
    if loss == "auto":
        loss = "cross_entropy" if likelihoods.bernoulli_by_default(x) else "squared_error"
    if loss == "cross_entropy":
        likelihoods.check_unit("model.loss", loss, x, "squared_error")
    output = OUTPUTS[loss]()
    if model.encoder.network == "tied":
        network = _tied(model, x, output)
    else:
        build.check("model.encoder", model.encoder, x)
        build.check("model.decoder", decoder, x)
        head = models.CodeHead(model.latent_dim, jnp.dtype(model.dtype))
        network = models.Autoencoder(
            build.encoder(model.encoder, head, model.dtype),
            build.decoder(decoder, x.shape, output, model.dtype),
        )
    return autoencoder(network, optimizers.from_config(config), loss=loss)


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
        dtype=jnp.dtype(model.dtype),
    )
