"""Auto-encoders: learn x -> z -> x_hat by reconstruction (Rumelhart, Hinton & Williams 1986)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns, need
from reprlearn.errors import check_choice
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build

VARIANTS = ({"model.network": "tied", "model.loss": "squared_error"},)

# The loss, and the output whose parameters it reads.
LOSSES: dict[str, Callable[[Any, jax.Array], jax.Array]] = {
    "squared_error": lambda p_x, x: losses.squared_error(p_x.mean, x),
    "cross_entropy": lambda p_x, x: losses.bernoulli_cross_entropy(p_x.logits, x),
}
OUTPUTS = {"squared_error": models.GaussianOutput, "cross_entropy": models.BernoulliOutput}
NETWORKS = ("linear", "mlp", "conv", "tied")


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

    def objective(params, batch, key, step):
        del key, step  # nothing random, nothing scheduled
        x = batch["x"]
        reconstruction = LOSSES[loss](decode(params, encode(params, x)), x)
        return {"loss": reconstruction, "reconstruction": reconstruction}

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
    """The auto-encoder that a config describes: model.network, widths, latent_dim, loss, dtype."""
    x = need(columns, "x", f"method {config.method!r}")
    build.check(config.model, x, NETWORKS)
    check_choice("model.loss", config.model.loss, ("auto", *LOSSES))
    loss = config.model.loss
    if loss == "auto":
        loss = "cross_entropy" if x.unit and x.kind == "image" else "squared_error"
    if loss == "cross_entropy":
        build.check_unit("model.loss", loss, x, "squared_error")
    optimizer = optimizers.from_config(config)
    output, dtype = OUTPUTS[loss](), jnp.dtype(config.model.dtype)
    if config.model.network == "tied":
        widths = (*config.model.widths, config.model.latent_dim)
        model = models.TiedAutoencoder(widths, x.shape, output, dtype=dtype)
    else:
        head = models.CodeHead(config.model.latent_dim, dtype)
        model = models.Autoencoder(
            build.encoder(config.model, head), build.decoder(config.model, x.shape, output)
        )
    return autoencoder(model, optimizer, loss=loss)
