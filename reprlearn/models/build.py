"""Encoders and decoders from the names and widths that a config gives."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from reprlearn.columns import Column
from reprlearn.errors import UsageError, check_above, check_choice, check_size, check_widths
from reprlearn.models.conv import ConvDecoder, ConvEncoder
from reprlearn.models.heads import SCALES, BernoulliOutput, GaussianOutput
from reprlearn.models.mlp import Activation, MLPDecoder, MLPEncoder

ENCODERS = {"linear": MLPEncoder, "mlp": MLPEncoder, "conv": ConvEncoder}
DECODERS = {"linear": MLPDecoder, "mlp": MLPDecoder, "conv": ConvDecoder}
DTYPES = ("float32", "bfloat16")
ACTIVATIONS = {
    "relu": nn.relu,
    "leaky_relu": lambda x: nn.leaky_relu(x, 0.2),
    "sigmoid": nn.sigmoid,
    "tanh": nn.tanh,
    "silu": nn.silu,
}


def check(config: Any, x: Column, networks: tuple[str, ...] = tuple(ENCODERS)) -> None:
    """Refuses fields of `config.model` that no network can be built from, for examples x.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    check_choice("model.network", config.network, networks)
    check_size("model.latent_dim", config.latent_dim)
    check_choice("model.dtype", config.dtype, DTYPES)
    check_widths("model.widths", config.widths)
    if config.network == "conv" and x.kind != "image":
        raise UsageError(
            f"model.network is 'conv' on {x.kind}s of shape {x.shape}; allowed: "
            f"{', '.join(name for name in networks if name != 'conv')}"
        )
    if config.network == "conv" and not config.widths:
        raise UsageError("model.network is 'conv' with no model.widths; allowed: at least one")


def check_unit(field: str, value: str, x: Column, instead: str) -> None:
    """Refuses a Bernoulli model of examples that do not lie in [0, 1]."""
    if not x.unit:
        raise UsageError(
            f"{field} is {value!r} on {x.kind}s that leave [0, 1]; allowed: {instead!r}, or 'auto'"
        )


def activation(field: str, name: str) -> Activation:
    """The activation of a name; `field` is where the config has it."""
    check_choice(field, name, ACTIVATIONS)
    return ACTIVATIONS[name]


def encoder(config: Any, head: nn.Module, activation: Activation = nn.relu) -> nn.Module:
    """The encoder that `config.model` names, ending in `head`."""
    widths = () if config.network == "linear" else tuple(config.widths)
    return ENCODERS[config.network](
        widths=widths, head=head, activation=activation, dtype=jnp.dtype(config.dtype)
    )


def decoder(config: Any, shape: tuple[int, ...], output: nn.Module) -> nn.Module:
    """The encoder's mirror image: the widths in reverse, ending in `output` of `shape`."""
    widths = () if config.network == "linear" else tuple(reversed(config.widths))
    return DECODERS[config.network](
        widths=widths, shape=shape, output=output, dtype=jnp.dtype(config.dtype)
    )


def output(config: Any, x: Column) -> nn.Module:
    """The output that `config.model.likelihood` names: Bernoulli, or Gaussian of some scale.

    "auto" is Bernoulli on images in [0, 1], and Gaussian on anything else.
    """
    check_choice("model.likelihood", config.likelihood, ("auto", "bernoulli", "gaussian"))
    likelihood = config.likelihood
    if likelihood == "auto":
        likelihood = "bernoulli" if x.kind == "image" and x.unit else "gaussian"
    if likelihood == "bernoulli":
        check_unit("model.likelihood", likelihood, x, "gaussian")
        return BernoulliOutput()
    check_choice("model.scale", config.scale, SCALES)
    check_above("model.initial_scale", config.initial_scale, 0.0)
    return GaussianOutput(config.scale, float(jnp.log(config.initial_scale)))
