"""Losses of pairs: how the batches that each learns from are drawn, and what goes together."""

import functools
from collections.abc import Callable
from typing import Any

from reprlearn import losses
from reprlearn.errors import UsageError

# The loss, and how the batch that it learns from is drawn.
DRAWS = {
    "pair_contrastive": "pairs",
    "pair_logistic": "pairs",
    "triplet": "triplets",
    "info_nce": "positives",
    "symmetric_info_nce": "positives",
    "nt_xent": "positives",
    "barlow_twins": "positives",
    "vicreg": "positives",
    "supervised_contrastive": "order",
    "multi_similarity": "order",
    "arcface": "order",
}
OF_PAIRS, OF_POSITIVES, OF_ORDER = (
    tuple(name for name, draw in DRAWS.items() if draw == of)
    for of in ("pairs", "positives", "order")
)
MARGIN_LOSSES = ("pair_contrastive", "pair_logistic", "triplet")
TEMPERATURE_LOSSES = (
    *("info_nce", "symmetric_info_nce", "nt_xent", "supervised_contrastive", "arcface"),
)
OF_COSINES = (*TEMPERATURE_LOSSES, "multi_similarity")
MININGS = ("none", *losses.MININGS, "distance_weighted")
TOWERS = ("one", "two", "shared_head")  # encoders of the two sides of a pair


def is_over_batch(loss: str, pairs: str, mining: str) -> bool:
    """Whether the loss compares all examples of a labelled batch."""
    return pairs == "batch" or mining != "none" or loss in OF_ORDER


def function(loss: str, pairs: str, mining: str) -> Callable:
    """The loss of embeddings, without its options."""
    if mining == "distance_weighted":
        return losses.distance_weighted_triplet
    if mining != "none":
        return functools.partial(losses.mined_triplet, mining=mining)
    return losses.all_pairs_contrastive if pairs == "batch" else getattr(losses, loss)


def check(config: Any, pairs: str, over_batch: bool, augment: Any) -> None:
    """Refuses settings that do not go together."""
    model, options = config.model, config.data

    def refuse(field: str, value: Any, allowed: str) -> None:
        raise UsageError(f"{field} is {value!r} with model.loss {model.loss!r}; allowed: {allowed}")

    if model.mining != "none" and model.loss != "triplet":
        refuse("model.mining", model.mining, "'none', or model.loss 'triplet'")
    if model.dissimilar_weight != 1.0 and (over_batch or model.loss not in OF_PAIRS):
        allowed = f"1.0, or pairs that are drawn or listed and model.loss {', '.join(OF_PAIRS)}"
        refuse("model.dissimilar_weight", model.dissimilar_weight, allowed)
    if pairs == "listed" and over_batch:
        by_pairs = ", ".join(name for name in DRAWS if name not in OF_ORDER)
        allowed = f"a file of pairs with model.loss {by_pairs}, and model.mining 'none'"
        refuse("data.pairs", options.pairs, allowed)
    if model.towers != "one" and (pairs != "listed" or model.loss not in OF_POSITIVES):
        allowed = f"'one', or listed pairs with model.loss {', '.join(OF_POSITIVES)}"
        refuse("model.towers", model.towers, allowed)
    if model.towers == "shared_head" and model.encoder.network == "linear":
        refuse("model.towers", model.towers, "another model.encoder.network than 'linear'")
    if options.pairs in ("uniform", "batch") and model.loss != "pair_contrastive":
        refuse("data.pairs", options.pairs, "'sampled', or model.loss 'pair_contrastive'")
    if pairs == "views" and model.loss not in OF_POSITIVES:
        allowed = f"'sampled', or model.loss {', '.join(OF_POSITIVES)}"
        refuse("data.pairs", options.pairs, allowed)
    if options.split_by != "item" and pairs != "listed":
        refuse("data.split_by", options.split_by, "'item', or pairs that are listed")
    if pairs == "views" and augment is None:
        raise UsageError(
            "data.pairs is 'views', and nothing in model.augment is set, so all views of an "
            "example are alike; allowed: some of model.augment, such as model.augment.shift=0.1"
        )
    if options.per_class and (pairs == "views" or not over_batch):
        allowed = "0, or a loss over all examples of a labelled batch: model.loss "
        allowed += f"{', '.join(OF_ORDER)}, model.mining, or data.pairs 'batch'"
        refuse("data.per_class", options.per_class, allowed)
    if (over_batch or model.loss not in MARGIN_LOSSES) and options.batch_size < 2:
        raise UsageError(
            f"data.batch_size is {options.batch_size}; allowed: at least 2, for this loss "
            "compares the examples of a batch"
        )
