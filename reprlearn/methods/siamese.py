"""Siamese networks: the two of a pair are near where similar (Bromley et al. 1994)."""

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import augmentations, pair_losses, pairing
from reprlearn.parts.pair_losses import (
    DRAWS,
    MARGIN_LOSSES,
    OF_COSINES,
    OF_PAIRS,
    TEMPERATURE_LOSSES,
)
from reprlearn.roles import SIDES, X_OF_PAIRS, Takes, input_column, need
from reprlearn.settings import choice, integer, positive, sizes

VARIANTS = (
    {"model.loss": "supervised_contrastive", "model.dtype": "bfloat16"},
    {"model.loss": "supervised_contrastive", "data.per_class": 4},
    {"model.loss": "triplet", "model.mining": "distance_weighted"},
    {
        **{"model.loss": "vicreg", "data.pairs": "views", "model.augment.noise": 0.1},
        "model.projection": (16, 8),
    },
    {"model.loss": "arcface"},
)

SETTINGS = {
    "data": pairing.SETTINGS,
    "model": {
        "encoder": build.network((256,), networks=(*build.NETWORKS, *build.OF_TEXT)),
        "towers": choice(
            "one",
            pair_losses.TOWERS,
            "one: the same encoder for both of a pair; of listed pairs also two: one for each side;"
            " shared_head: one for each side, but for their last layer",
        ),
        "latent_dim": integer(32, "the dimension of the embedding"),
        "projection": sizes(
            (),
            "layers through which the loss alone sees an embedding, the last one linear; (): none",
        ),
        "loss": choice(
            "pair_contrastive",
            DRAWS,
            "the contrastive loss, which also decides how batches are drawn",
        ),
        "margin": positive(1.0, f"the margin of {', '.join(MARGIN_LOSSES)}"),
        "dissimilar_weight": positive(
            1.0, f"how much a dissimilar pair counts, a similar one 1: {', '.join(OF_PAIRS)}"
        ),
        "mining": choice(
            "none",
            pair_losses.MININGS,
            'triplets of the loss "triplet"; none: drawn by class; else mined in a labelled batch',
        ),
        "temperature": positive(0.1, f"the temperature of {', '.join(TEMPERATURE_LOSSES)}"),
        "augment": augmentations.SETTINGS,
        "dtype": build.DTYPE,
    },
}


def siamese(
    encoder: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    projection: nn.Module | None = None,
    towers: str = "one",
    loss: str = "pair_contrastive",
    margin: float = 1.0,
    dissimilar_weight: float = 1.0,
    temperature: float = 0.1,
    mining: str = "none",
    augment: augmentations.Augment | None = None,
    pairs: str = "drawn",
    groups: bool = False,
    labels: bool = True,
    classes: int = 0,
) -> Method:
    """A siamese network: the same encoder sees both of a pair, all three of a triplet.

    .. math:: \\min_\\phi \\sum_i \\ell(e_\\phi(l_i), e_\\phi(r_i), s_i)

    With two towers the right one has an encoder of its own: a title and an article, a person and a
    film are not read alike (Huang et al. 2013).

    The losses of OF_COSINES see cosines alone, so there z is one unit long. `info_nce` and
    `nt_xent` take all others of a batch for negatives, those of one's class too: with few classes
    `supervised_contrastive` is the better choice. `evaluate` gives the pair-contrastive loss, or of
    examples without classes and pairs the squared distance of the embeddings of two views.

    Args:
      encoder: x `[B, ...]` to z `[B, latent_dim]`.
      optimizer: any optax transformation.
      projection: z to what the loss sees, `[B, P]`: invariance to what `augment` changes costs z
        less (Chen et al. 2020, section 4.2); None: z itself.
      towers: one of `pair_losses.TOWERS`; two need pairs "listed" and a loss of "positives".
      loss: a key of `pair_losses.DRAWS`.
      margin: of `pair_losses.MARGIN_LOSSES`.
      dissimilar_weight: of `pair_losses.OF_PAIRS` how much a dissimilar pair counts.
      temperature: of `pair_losses.TEMPERATURE_LOSSES`.
      mining: of "triplet": "none", or which triplets of a labelled batch.
      augment: shows every example of a batch otherwise; None: as it is.
      pairs: "drawn" by class; "batch", all of a labelled batch; "listed"; or "views", of each
        example two, as `augment` shows it.
      groups: of a labelled batch as many examples of each of its classes.
      labels: whether the data have classes to be judged by, where the pairs are views.
      classes: how many there are, for "arcface", which learns a vector of each.

    Returns:
      a Method that can encode, with two towers each side its own way.

    References:
      Bromley et al. 1994, *Signature Verification using a Siamese Time Delay Neural Network*;
      Hadsell, Chopra & LeCun 2006, *Dimensionality Reduction by Learning an Invariant Mapping*;
      Huang et al. 2013, *Learning Deep Structured Semantic Models for Web Search*, section 3;
      Chen et al. 2020, *A Simple Framework for Contrastive Learning of Visual Representations*.
    """
    over_batch = pair_losses.is_over_batch(loss, pairs, mining)
    of_cosines = loss in OF_COSINES or mining == "distance_weighted"
    option = {"margin": margin} if loss in MARGIN_LOSSES else {}
    option |= {"temperature": temperature} if loss in TEMPERATURE_LOSSES else {}
    compare = functools.partial(pair_losses.function(loss, pairs, mining), **option)
    takes, judged_on = _takes(loss, pairs, over_batch, groups, labels)

    def init(key: Key, batch: Batch) -> TrainState:
        x = next(array for array in batch.values() if array.ndim > 1)
        z, variables = encoder.init_with_output(key, x)
        params = {"encoder": variables["params"]}
        if projection is not None:
            z, variables = projection.init_with_output(jax.random.fold_in(key, 3), z)
            params["projection"] = variables["params"]
        if towers != "one":
            right = encoder.init(jax.random.fold_in(key, 2), x)["params"]
            shared = ("head",) if towers == "shared_head" else ()
            params["right_encoder"] = {n: own for n, own in right.items() if n not in shared}
        if loss == "arcface":
            shape = (classes, z.shape[1])
            params["classes"] = jax.random.normal(jax.random.fold_in(key, 1), shape)
        return initial_state(params, optimizer)

    def encode(params, x, column="left/x"):
        own = params["encoder"]
        if column == "right/x" and towers != "one":
            own = {"head": own["head"]} | params["right_encoder"]
        return encoder.apply({"params": own}, x)

    def encode_both(params, x):
        """The left ones `[B, ...]` and then the right ones."""
        left, right = jnp.split(x, 2)
        return jnp.concatenate([encode(params, left), encode(params, right, "right/x")])

    def embed(params, x, column="left/x"):
        """What is compared: where the loss sees cosines alone, one unit long."""
        z = encode(params, x, column)
        return losses.normalize(z) if of_cosines else z

    def objective(params, model_state, batch, key, step):
        del step
        augment_key, loss_key = jax.random.split(key)
        parts = _parts(batch, pairs, takes.draw)
        x = jnp.concatenate(parts)
        x = x if augment is None else augment(augment_key, x)
        z = encode(params, x) if towers == "one" else encode_both(params, x)
        z = z if projection is None else projection.apply({"params": params["projection"]}, z)
        last = [batch[role] for role in ("y", "similar") if role in batch]
        last = [params["classes"], *last] if loss == "arcface" else last
        if "known" in batch and loss.endswith("info_nce"):  # other pairs of either example
            known = batch["known"]
            last = [(known[:, None] == known[None]).any(axis=-1)]
        drawing = [loss_key] if mining == "distance_weighted" else []
        value = compare(*drawing, *jnp.split(z, len(parts)), *last)  # normalises by itself
        if dissimilar_weight != 1.0:
            value = value * jnp.where(batch["similar"], 1.0, dissimilar_weight)
        return {"loss": value, loss: value}, model_state

    def evaluate(state, batch, key):
        if "x" in batch:  # without classes
            both = jnp.concatenate([batch["x"], batch["x"]])
            left, right = jnp.split(embed(state.params, augment(key, both)), 2)
            return {"alignment": jnp.square(left - right).sum(axis=-1)}
        left, right = (embed(state.params, batch[side], f"{side}/x") for side in ("left", "right"))
        value = losses.pair_contrastive(left, right, batch["similar"], margin=margin)
        return {"pair_contrastive": value}

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        by_column=() if towers == "one" else X_OF_PAIRS,
        encode=lambda state, x, column="left/x": embed(state.params, x, column),
        takes=takes,
        judged_on=judged_on,
    )


def _parts(batch: Batch, pairs: str, draw: str) -> list[jax.Array]:
    """The sides that a loss compares, each `[B, ...]`."""
    if pairs == "views":
        return [batch["x"], batch["x"]]
    return [batch["x"]] if "x" in batch else [batch[role] for role in SIDES[draw]]


def _takes(
    loss: str, pairs: str, over_batch: bool, groups: bool, labels: bool
) -> tuple[Takes, Takes]:
    """What is learned from, and judged on."""
    if pairs == "listed":
        columns = (*X_OF_PAIRS, "similar")
        return Takes(columns, DRAWS[loss]), Takes(columns, "pairs")
    by_class = Takes(("x", "y"), "pairs")
    if pairs == "views":
        return Takes(("x",)), by_class if labels else Takes(("x",))
    draw = DRAWS[loss] if not over_batch else "classes" if groups else "order"
    return Takes(("x", "y"), draw), by_class


def from_config(config: Any, columns: Columns) -> Method:
    """The siamese network that `config.model` describes; see SETTINGS."""
    model, pairs = config.model, _pairs(config, columns)
    who = f"method {config.method!r}"
    x = input_column(columns) if pairs == "listed" else need(columns, "x", who)
    build.check("model.encoder", model.encoder, x, of_text=True)
    augment = augmentations.from_config(model.augment, x)
    over_batch = pair_losses.is_over_batch(model.loss, pairs, model.mining)
    pair_losses.check(config, pairs, over_batch, augment)
    if pairs in ("drawn", "batch"):
        need(columns, "y", f"{who} with data.pairs {config.data.pairs!r}")
    # Euclidean distances cannot see where all embeddings lie together.
    use_bias = model.loss in OF_COSINES or model.mining == "distance_weighted"
    head = models.CodeHead(model.latent_dim, jnp.dtype(model.dtype), use_bias)
    return siamese(
        build.encoder(model.encoder, head, model.dtype),
        optimizers.from_config(config),
        projection=_projection(model),
        towers=model.towers,
        loss=model.loss,
        margin=model.margin,
        dissimilar_weight=model.dissimilar_weight,
        temperature=model.temperature,
        mining=model.mining,
        augment=augment,
        pairs=pairs,
        groups=config.data.per_class > 0,
        labels="y" in columns,
        classes=len(columns["y"].names) if "y" in columns else 0,
    )


def _projection(model: Any) -> nn.Module | None:
    """The layers of `model.projection`, activated as the encoder's."""
    if not model.projection:
        return None
    *widths, last = model.projection
    dtype, activation = jnp.dtype(model.dtype), build.ACTIVATIONS[model.encoder.activation]
    head = models.CodeHead(last, dtype, use_bias=False)
    return models.MLPEncoder(tuple(widths), head, activation, dtype)


def _pairs(config: Any, columns: Columns) -> str:
    """How the pairs come, as `siamese` has it."""
    if "similar" in columns:
        return "listed"
    return config.data.pairs if config.data.pairs in ("batch", "views") else "drawn"
