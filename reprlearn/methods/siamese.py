"""Siamese networks: one encoder for both of a pair, near where similar (Bromley et al. 1994)."""

import functools
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns
from reprlearn.errors import UsageError
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import pairing
from reprlearn.roles import Takes, input_column, need
from reprlearn.settings import choice, integer, positive

VARIANTS = (
    {"model.loss": "supervised_contrastive", "model.dtype": "bfloat16"},
    {"model.loss": "supervised_contrastive", "data.per_class": 4},
    {"model.loss": "triplet", "model.mining": "distance_weighted"},
)

# The loss, and how the batch that it learns from is drawn.
DRAWS = {
    "pair_contrastive": "pairs",
    "triplet": "triplets",
    "info_nce": "positives",
    "nt_xent": "positives",
    "supervised_contrastive": "order",
}
MARGIN_LOSSES = ("pair_contrastive", "triplet")  # the others have a temperature
MININGS = ("none", *losses.MININGS, "distance_weighted")

SETTINGS = {
    "data": pairing.SETTINGS,
    "model": {
        "encoder": build.network((256,)),
        "latent_dim": integer(32, "the dimension of the embedding"),
        "loss": choice(
            "pair_contrastive",
            DRAWS,
            "the contrastive loss, which also decides how batches are drawn",
        ),
        "margin": positive(1.0, 'the margin of "pair_contrastive" and "triplet"'),
        "mining": choice(
            "none",
            MININGS,
            'triplets of the loss "triplet"; none: drawn by class; else mined in a labelled batch',
        ),
        "temperature": positive(0.1, "the temperature of the other losses"),
        "dtype": build.DTYPE,
    },
}


def siamese(
    encoder: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    loss: str = "pair_contrastive",
    margin: float = 1.0,
    temperature: float = 0.1,
    mining: str = "none",
    all_pairs: bool = False,
    groups: bool = False,
    is_listed: bool = False,
) -> Method:
    """A siamese network: the same encoder sees both of a pair, all three of a triplet.

    .. math:: \\min_\\phi \\sum_i \\ell(e_\\phi(l_i), e_\\phi(r_i), s_i)

    The losses with a temperature see cosines alone, so there z is one unit long. `info_nce` and
    `nt_xent` take all others of a batch for negatives, those of one's class too: with few classes
    `supervised_contrastive` is the better choice. `evaluate` gives the pair-contrastive loss.

    Args:
      encoder: x `[B, ...]` to z `[B, latent_dim]`.
      optimizer: any optax transformation.
      loss: a key of DRAWS.
      margin: of "pair_contrastive" and "triplet".
      temperature: of the other losses.
      mining: of "triplet": "none", or which triplets of a labelled batch.
      all_pairs: "pair_contrastive" over all pairs of a labelled batch.
      groups: of a labelled batch as many examples of each of its classes.
      is_listed: whether the pairs are listed, and not drawn by class.

    Returns:
      a Method that can encode.

    References:
      Bromley et al. 1994, *Signature Verification using a Siamese Time Delay Neural Network*;
      Hadsell, Chopra & LeCun 2006, *Dimensionality Reduction by Learning an Invariant Mapping*.
    """
    columns = ("left/x", "right/x", "similar") if is_listed else ("x", "y")
    over_batch = _is_over_batch(loss, all_pairs, mining)
    draw = DRAWS[loss] if not over_batch else "classes" if groups else "order"
    of_cosines = loss not in MARGIN_LOSSES or mining == "distance_weighted"
    option = {"margin": margin} if loss in MARGIN_LOSSES else {"temperature": temperature}
    compare = functools.partial(_function(loss, all_pairs, mining), **option)

    def init(key: Key, batch: Batch) -> TrainState:
        x = next(array for array in batch.values() if array.ndim > 1)
        return initial_state({"encoder": encoder.init(key, x)["params"]}, optimizer)

    def encode(params, x):
        return encoder.apply({"params": params["encoder"]}, x)

    def embed(params, x):
        """What is compared: where the loss sees cosines alone, one unit long."""
        z = encode(params, x)
        return losses.normalize(z) if of_cosines else z

    def objective(params, model_state, batch, key, step):
        del step
        value = loss_of(params, batch, key)
        return {"loss": value, loss: value}, model_state

    def loss_of(params, batch, key):  # a loss of cosines normalises by itself
        if mining == "distance_weighted":
            return compare(key, encode(params, batch["x"]), batch["y"])
        if over_batch:
            return compare(encode(params, batch["x"]), batch["y"])
        roles = {"triplets": ("anchor", "positive", "negative")}.get(draw, ("left", "right"))
        joined = encode(params, jnp.concatenate([batch[role] for role in roles]))
        embeddings = jnp.split(joined, len(roles))
        return compare(*embeddings, *([batch["similar"]] if draw == "pairs" else []))

    def evaluate(state, batch, key):
        del key  # nothing random
        left, right = embed(state.params, batch["left"]), embed(state.params, batch["right"])
        value = losses.pair_contrastive(left, right, batch["similar"], margin=margin)
        return {"pair_contrastive": value}

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: embed(state.params, x),
        takes=Takes(columns, draw),
        judged_on=Takes(columns, "pairs"),
    )


def _is_over_batch(loss: str, all_pairs: bool, mining: str) -> bool:
    """Whether the loss compares all examples of a labelled batch."""
    return all_pairs or mining != "none" or DRAWS[loss] == "order"


def _function(loss: str, all_pairs: bool, mining: str) -> Callable:
    """The loss of embeddings."""
    if mining == "distance_weighted":
        return losses.distance_weighted_triplet
    if mining != "none":
        return functools.partial(losses.mined_triplet, mining=mining)
    return losses.all_pairs_contrastive if all_pairs else getattr(losses, loss)


def from_config(config: Any, columns: Columns) -> Method:
    """The siamese network that `config.model` describes; see SETTINGS."""
    model, is_listed = config.model, "similar" in columns
    x = input_column(columns) if is_listed else need(columns, "x", f"method {config.method!r}")
    if not is_listed:
        need(columns, "y", f"method {config.method!r}")
    build.check("model.encoder", model.encoder, x)
    all_pairs = config.data.pairs == "batch"
    over_batch = _is_over_batch(model.loss, all_pairs, model.mining)
    if model.mining != "none" and model.loss != "triplet":
        raise UsageError(
            f"model.mining is {model.mining!r} with model.loss {model.loss!r}; allowed: 'none', or "
            "model.loss 'triplet'"
        )
    if is_listed and over_batch:
        by_pairs = ", ".join(name for name, draw in DRAWS.items() if draw != "order")
        raise UsageError(
            f"model.loss is {model.loss!r} with data.pairs {config.data.pairs!r}, which needs "
            f"classes; allowed with listed pairs: {by_pairs}, and data.pairs 'sampled' or a file"
        )
    if config.data.pairs in ("uniform", "batch") and model.loss != "pair_contrastive":
        raise UsageError(
            f"data.pairs is {config.data.pairs!r} with model.loss {model.loss!r}; allowed: "
            "'sampled', or model.loss 'pair_contrastive'"
        )
    if config.data.per_class and not over_batch:
        raise UsageError(
            f"data.per_class is {config.data.per_class} with model.loss {model.loss!r}; allowed: "
            "0, or a loss over all examples of a batch: model.loss 'supervised_contrastive', "
            "model.mining, or data.pairs 'batch'"
        )
    if (over_batch or model.loss not in MARGIN_LOSSES) and config.data.batch_size < 2:
        raise UsageError(
            f"data.batch_size is {config.data.batch_size}; allowed: at least 2, for this loss "
            "compares the examples of a batch"
        )
    # Euclidean distances cannot see where all embeddings lie together.
    use_bias = model.loss not in MARGIN_LOSSES or model.mining == "distance_weighted"
    head = models.CodeHead(model.latent_dim, jnp.dtype(model.dtype), use_bias)
    return siamese(
        build.encoder(model.encoder, head, model.dtype),
        optimizers.from_config(config),
        loss=model.loss,
        margin=model.margin,
        temperature=model.temperature,
        mining=model.mining,
        all_pairs=all_pairs,
        groups=config.data.per_class > 0,
        is_listed=is_listed,
    )
