"""Morphing: an image with the content of one and the style of another (Gatys et al. 2016)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.parts import vgg_weights
from reprlearn.roles import Takes, need
from reprlearn.settings import choice, integer, not_negative, sizes, text, words

VARIANTS = (
    {"model.start": "noise", "model.total_variation": 1.0, "model.colour": 1.0},
    {"optimizer.name": "lbfgs", "model.start": "style"},
)

STARTS = ("content", "style", "noise")
RARE = 0.1  # of a layer's mean activation: below it a filter is not made larger
EDGE = 0.02  # how far from 0 and 1 the first image's values are kept: there no gradient is lost

SETTINGS = {
    "model": {
        "phi": text("random", "the network: random weights, or a file of them", "random, a .npz"),
        "widths": sizes((32, 64, 128, 256), "of random weights: channels of each block"),
        "convolutions": integer(2, "of random weights: 3x3 convolutions in each block"),
        "content_layer": text("conv3_1", "whose activations are the content", "a layer"),
        "style_layers": words((), "whose Gram matrices are the style; (): all layers"),
        "alpha": not_negative(1.0, "the weight of the content"),
        "beta": not_negative(20.0, "the weight of the style"),
        "colour": not_negative(
            100.0, "the weight of the first layer, where it is one of those of the style"
        ),
        "total_variation": not_negative(0.0, "the weight of differences between pixels"),
        "start": choice("content", STARTS, "the image that is begun with"),
    }
}


def morph(
    phi: models.VGG,
    optimizer: optax.GradientTransformation,
    *,
    weights: Mapping[str, Any] | None = None,
    content_layer: str,
    style_layers: Mapping[str, float],
    alpha: float = 1.0,
    beta: float = 1.0,
    total_variation: float = 0.0,
    start: str = "content",
) -> Method:
    """The image whose activations are those of one image, their correlations those of another.

    .. math:: \\min_x \\alpha \\, \\ell_c(\\phi(x), \\phi(x_0))
              + \\beta \\sum_l w_l \\, \\ell_s(G(\\phi_l(x)), G(\\phi_l(x_1)))

    The parameter is the image, as the logits of its pixels, which so stay in [0, 1]. Each filter's
    activations are divided by their mean over both images, as in the paper; those of a filter that
    hardly answers to either by a tenth of its layer's mean, else the image fills with noise that
    only such filters see. The content's distance is of a mean activation, not of their sum, so that
    layers and sizes compare.

    Args:
      phi: the network.
      optimizer: any optax transformation.
      weights: its parameters; None: random ones, see `models.structural`.
      content_layer: a layer of phi.
      style_layers: of layers their weights w_l.
      alpha, beta: the weights of content and style.
      total_variation: the weight of the total variation of a pixel.
      start: the image that is begun with, one of STARTS.

    Returns:
      a Method that makes an image, and compares others with its content and style.

    References:
      Gatys, Ecker & Bethge 2016, *Image Style Transfer Using Convolutional Neural Networks*;
      random weights: He, Wang & Hopcroft 2016, *A Powerful Generative Model Using Random Weights
      for the Deep Image Representation*.
    """

    def read(constants, x):
        found = phi.apply({"params": constants["phi"]}, x)
        means = constants["means"]
        return {name: h / means[name][None, None, None] for name, h in found.items()}

    def init(key: Key, batch: Batch) -> TrainState:
        x, style = batch["x"][:1], batch["style"][:1]
        of_phi, of_noise = jax.random.split(key)
        params = weights or models.structural(phi.init(of_phi, x)["params"])
        both = phi.apply({"params": params}, jnp.concatenate([x, style]))
        means = {name: h.mean(axis=(0, 1, 2)) for name, h in both.items()}
        means = {name: _at_least(mean) for name, mean in means.items()}
        constants = {"phi": params, "means": means}
        grams = {name: losses.gram_matrix(h) for name, h in read(constants, style).items()}
        constants["content"] = read(constants, x)[content_layer]
        constants["style"] = {name: grams[name] for name in style_layers}
        noise = jax.random.uniform(of_noise, x.shape)
        first = {"content": x, "style": style, "noise": noise}[start]
        logits = jax.scipy.special.logit(jnp.clip(first, EDGE, 1.0 - EDGE))
        return initial_state({"image": logits}, optimizer, constants)

    def distances(constants, x):
        """How far images x `[B, H, W, C]` are in content and in style, each `[B]`."""
        found, wanted = read(constants, x), constants["content"]
        wanted = jnp.broadcast_to(wanted, (len(x), *wanted.shape[1:]))
        content = losses.content_loss(found[content_layer], wanted) / wanted[0].size
        style = sum(
            weight
            * losses.style_loss(
                losses.gram_matrix(found[name]),
                jnp.broadcast_to(
                    constants["style"][name], (len(x), *constants["style"][name].shape[1:])
                ),
            )
            for name, weight in style_layers.items()
        )
        return {"content": content, "style": style}

    def values(params, constants):
        x = jax.nn.sigmoid(params["image"])
        found = distances(constants, x)
        found["total_variation"] = losses.total_variation(x) / x.size
        loss = alpha * found["content"] + beta * found["style"]
        return {"loss": loss + total_variation * found["total_variation"]} | found

    def objective(params, model_state, batch, key, step):
        del batch, key, step  # all that is wanted of the images is in the model's state
        return values(params, model_state), model_state

    def evaluate(state: TrainState, batch: Batch, key: Key):
        rows = batch["x"].shape[:1]
        found = values(state.params, state.model_state)
        return {name: jnp.broadcast_to(value, rows) for name, value in found.items()}

    both = Takes(("x", "style"))
    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        takes=both,
        judged_on=both,
        image=lambda state: jax.nn.sigmoid(state.params["image"]),
        resemblance=lambda state, x: distances(state.model_state, x),
    )


def _at_least(means: jax.Array) -> jax.Array:
    """The mean activations of a layer's filters `[C]`, from below; ones where all are 0."""
    means = jnp.maximum(means, RARE * means.mean())
    return jnp.where(means > 0, means, 1.0)


def from_config(config: Any, columns: Columns) -> Method:
    """The morphing that `config.model` describes; see SETTINGS."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    need(columns, "style", f"method {config.method!r}")
    if not model.alpha and not model.beta:
        raise UsageError("model.alpha and model.beta are 0; allowed: one of them above 0")
    if model.phi == "random":
        weights, widths = None, tuple(model.widths)
        convolutions = (model.convolutions,) * len(widths)
    else:
        weights, widths, convolutions = vgg_weights.read(model.phi)
    layers = models.layer_names(convolutions)
    check_choice("model.content_layer", model.content_layer, layers)
    for name in model.style_layers:
        check_choice("model.style_layers", name, layers)
    least = 2 ** (len(widths) - 1)
    if min(x.shape[:2]) < least:
        raise UsageError(
            f"data.image_size is {x.shape[:2]}; allowed with {len(widths)} blocks, which halve it "
            f"between them: at least {least} pixels a side"
        )
    if x.shape[2] not in (1, 3):
        raise UsageError(f"images have {x.shape[2]} channels; allowed: 1 or 3")
    chosen = tuple(model.style_layers) or layers
    return morph(
        models.VGG(widths, convolutions),
        optimizers.from_config(config, line_search=True),
        weights=weights,
        content_layer=model.content_layer,
        style_layers={n: (model.colour if n == layers[0] else 1.0) / len(chosen) for n in chosen},
        alpha=model.alpha,
        beta=model.beta,
        total_variation=model.total_variation,
        start=model.start,
    )
