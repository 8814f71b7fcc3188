"""Encoders and decoders from a group of a config: its network, widths and activation."""

import functools
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from reprlearn import config as configs
from reprlearn.columns import Column
from reprlearn.errors import UsageError, check_at_least
from reprlearn.models.conv import ConvDecoder, ConvEncoder
from reprlearn.models.mlp import Activation, MLPDecoder, MLPEncoder
from reprlearn.models.text import GRUEncoder, NGramEncoder, TextConvEncoder, TransformerEncoder
from reprlearn.models.vgg import VGGEncoder
from reprlearn.settings import Setting, choice, sizes

NETWORKS = ("linear", "mlp", "conv")  # that an encoder and a decoder can be
OF_TEXT = {
    "words": functools.partial(NGramEncoder, longest=0),
    "bigrams": functools.partial(NGramEncoder, longest=0, pairs=True, start=0.01, buckets=2**17),
    "n_grams": NGramEncoder,
    "text_conv": TextConvEncoder,
    "gru": GRUEncoder,
    "transformer": TransformerEncoder,
}
ENCODERS = {"linear": MLPEncoder, "mlp": MLPEncoder, "conv": ConvEncoder, "vgg": VGGEncoder}
DECODERS = {"linear": MLPDecoder, "mlp": MLPDecoder, "conv": ConvDecoder, "vgg": ConvDecoder}
CONVOLUTIONAL = ("conv", "vgg")
NORMALIZATIONS = {  # the networks that may have it, and what it is
    "instance": (("conv",), "each map of an image by itself"),
    "domain": (("mlp", "conv"), "each unit by its mean and deviation in a batch of its domain"),
}
MIRROR = "mirror"  # of a decoder: the layers of the encoder in reverse
ACTIVATIONS: Mapping[str, Activation] = {
    "relu": nn.relu,
    "leaky_relu": lambda x: nn.leaky_relu(x, 0.2),
    "sigmoid": nn.sigmoid,
    "tanh": nn.tanh,
    "silu": nn.silu,
}

CODE_ACTIVATIONS: Mapping[str, Activation] = {"linear": lambda z: z, **ACTIVATIONS}

DTYPE = choice(
    "float32",
    ("float32", "bfloat16"),
    "the precision of the computation; parameters are always float32",
)


def _check_bias_scales(path: str, value: Any) -> None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise UsageError(f"{path} is {value!r}; allowed: two numbers, such as (1.0, 0.3)")
    for scale in value:
        check_at_least(path, scale, 0.0)


def network(
    widths: tuple[int, ...] = (512,),
    *,
    default: str = "mlp",
    networks: tuple[str, ...] = NETWORKS,
    activation: str = "relu",
    normalizations: tuple[str, ...] = (),
) -> dict[str, Setting]:
    """The group of one network: an encoder, a decoder, a discriminator.

    Args:
      widths, default, activation: what there is where a config says nothing.
      networks: the choices.
      normalizations: of NORMALIZATIONS those that there are beside "none".
    """
    about = "; ".join(f"{name}: {NORMALIZATIONS[name][1]}" for name in normalizations)
    normalization = choice("none", ("none", *normalizations), f"in each hidden layer; {about}")
    return {
        "network": choice(default, networks, "the kind of layers"),
        "widths": sizes(widths, 'sizes of the hidden layers; of "conv", "vgg" their channels'),
        "activation": choice(activation, ACTIVATIONS, "after each hidden layer"),
        "bias_scales": Setting(
            (0.0, 0.0),
            "standard deviations of the biases at the start: first layer, other layers",
            "two numbers >= 0",
            _check_bias_scales,
        ),
        **({"normalization": normalization} if normalizations else {}),
    }


MIRRORED = network((), default=MIRROR, networks=(MIRROR, *NETWORKS))  # of a decoder


def mirrored(decoder: Any, encoder: Any) -> Any:
    """The group of the decoder; where it is the encoder's mirror image, the group that this has.

    Raises:
      UsageError: a field that a mirror image does not use, a decoder without widths.
    """
    if decoder.network != MIRROR:
        if decoder.network != "linear" and not decoder.widths:
            raise UsageError(
                f"model.decoder.widths is () with model.decoder.network {decoder.network!r}; "
                "allowed: at least one, or the networks mirror, linear"
            )
        return decoder
    for name, setting in MIRRORED.items():
        if tuple(decoder[name]) != tuple(setting.default):
            raise UsageError(
                f"model.decoder.{name} is {decoder[name]!r}, which a mirror image of the encoder "
                f"does not use; allowed: model.decoder.network {', '.join(NETWORKS)}"
            )
    return configs.changed(encoder, {"widths": tuple(reversed(encoder.widths))})


def check(field: str, group: Any, x: Column, of_text: bool = False) -> None:
    """Refuses a network that cannot be built, for examples x.

    Args:
      field: where the config has the group, such as "model.encoder".
      group: of this network.
      x: what it reads, or gives.
      of_text: whether the network may be one of OF_TEXT.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    network = group.network
    if x.kind == "tokens" and not of_text:
        raise UsageError(f"the data are texts; allowed with {field}: images, vectors")
    if (network in OF_TEXT) != (x.kind == "tokens"):
        allowed = ", ".join(OF_TEXT if x.kind == "tokens" else NETWORKS)
        raise UsageError(f"{field}.network is {network!r} on {x.many}; allowed: {allowed}")
    if network in OF_TEXT:
        _check_of_text(field, group)
    if (normalization := group.get("normalization", "none")) != "none":
        can, _ = NORMALIZATIONS[normalization]
        if network not in can:
            raise UsageError(
                f"{field}.normalization is {normalization!r} with {field}.network {network!r}; "
                f"allowed: 'none', or the network {' or '.join(map(repr, can))}"
            )
        if not group.widths:
            raise UsageError(
                f"{field}.normalization is {normalization!r} with no {field}.widths; allowed: "
                "'none', or at least one hidden layer"
            )
    if network not in CONVOLUTIONAL:
        return
    if x.kind != "image":
        raise UsageError(f"{field}.network is {network!r} on {x.told}; allowed: linear, mlp")
    if not group.widths:
        raise UsageError(
            f"{field}.network is {network!r} with no {field}.widths; allowed: at least one"
        )
    if any(group.bias_scales):
        raise UsageError(
            f"{field}.bias_scales is {group.bias_scales!r} with {field}.network {network!r}; "
            "allowed: (0.0, 0.0)"
        )
    halvings = len(group.widths)
    if network == "vgg" and (min(x.shape[:2]) < 2**halvings or x.shape[2] not in (1, 3)):
        raise UsageError(
            f"{field}.network is 'vgg' with {halvings} {field}.widths on images of shape {x.shape};"
            f" allowed: at least {2**halvings} pixels a side, 1 or 3 channels"
        )


def _check_of_text(field: str, group: Any) -> None:
    """Refuses what an encoder of text does not use, and too few layers."""
    least = 1 if group.network in ("words", "bigrams", "n_grams") else 2
    if len(group.widths) < least:
        raise UsageError(
            f"{field}.widths is {group.widths!r} with {field}.network {group.network!r}; allowed: "
            f"at least {least}, the first that of a byte's or a word's vector"
        )
    if any(group.bias_scales):
        raise UsageError(
            f"{field}.bias_scales is {group.bias_scales!r} with {field}.network "
            f"{group.network!r}; allowed: (0.0, 0.0)"
        )


def encoder(group: Any, head: nn.Module, dtype: str) -> nn.Module:
    """The encoder, or discriminator, that a group describes, ending in `head`."""
    return (ENCODERS | OF_TEXT)[group.network](head=head, **_layers(group, dtype))


def decoder(group: Any, shape: tuple[int, ...], output: nn.Module, dtype: str) -> nn.Module:
    """The decoder, or generator, that a group describes, ending in `output` of `shape`."""
    return DECODERS[group.network](shape=shape, output=output, **_layers(group, dtype))


def _layers(group: Any, dtype: str) -> dict[str, Any]:
    flat = group.network in ("linear", "mlp")
    is_normalized = group.get("normalization", "none") != "none"
    scales = {"bias_scales": tuple(group.bias_scales)} if flat else {}
    return {
        "widths": () if group.network == "linear" else tuple(group.widths),
        "activation": ACTIVATIONS[group.activation],
        "dtype": jnp.dtype(dtype),
        **scales,
        **({"normalization": group.normalization} if is_normalized else {}),
    }
