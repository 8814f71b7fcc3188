"""Data: data sets as arrays, and the feeds that make batches of them; knows no method."""

from reprlearn.data.datasets import OWN, SPLITS, Arrays, describe, load, select
from reprlearn.data.feed import Feed, as_floats, evaluation_set, make_feed, over_seeds
from reprlearn.data.pairs import WAYS, class_table, draw_pairs
from reprlearn.data.synthetic import MIXTURES, has_domains, is_synthetic, sampler

__all__ = [
    "MIXTURES",
    "OWN",
    "SPLITS",
    "WAYS",
    "Arrays",
    "Feed",
    "as_floats",
    "class_table",
    "describe",
    "draw_pairs",
    "evaluation_set",
    "has_domains",
    "is_synthetic",
    "load",
    "make_feed",
    "over_seeds",
    "sampler",
    "select",
]
