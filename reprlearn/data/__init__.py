"""Data: data sets as arrays, and the feeds that make batches of them; knows no method."""

from reprlearn.data.datasets import (
    OWN,
    SPLITS,
    Arrays,
    Source,
    describe,
    fingerprint,
    load,
    open_source,
    select,
)
from reprlearn.data.feed import Feed, as_floats, evaluation_set, make_feed, over_seeds
from reprlearn.data.pairs import WAYS, class_table, draw_pairs, uniform_of
from reprlearn.data.stream import make_stream, source_to_stream
from reprlearn.data.synthetic import MIXTURES, has_domains, is_synthetic, sampler

__all__ = [
    "MIXTURES",
    "OWN",
    "SPLITS",
    "WAYS",
    "Arrays",
    "Feed",
    "Source",
    "as_floats",
    "class_table",
    "describe",
    "draw_pairs",
    "evaluation_set",
    "fingerprint",
    "has_domains",
    "is_synthetic",
    "load",
    "make_feed",
    "make_stream",
    "open_source",
    "over_seeds",
    "sampler",
    "select",
    "source_to_stream",
    "uniform_of",
]
