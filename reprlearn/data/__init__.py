"""Data: any set as one record, and the feeds that make batches of it; knows no method."""

from reprlearn.data.dataset import SPLITS, Arrays, Dataset, Split, by_number, select, whole
from reprlearn.data.feed import Feed, as_floats, evaluation_set, make_feed, over_seeds
from reprlearn.data.listed_batches import to_judge
from reprlearn.data.opening import (
    from_memory,
    load,
    open_dataset,
    open_examples,
    open_other,
    parts_of,
    usual_split,
)
from reprlearn.data.pairs import alone, class_table, draw_pairs, paired, uniform_of
from reprlearn.data.stream import make_stream, split_to_stream

__all__ = [
    "SPLITS",
    "Arrays",
    "Dataset",
    "Feed",
    "Split",
    "alone",
    "as_floats",
    "by_number",
    "class_table",
    "draw_pairs",
    "evaluation_set",
    "from_memory",
    "load",
    "make_feed",
    "make_stream",
    "open_dataset",
    "open_examples",
    "open_other",
    "over_seeds",
    "paired",
    "parts_of",
    "select",
    "split_to_stream",
    "to_judge",
    "uniform_of",
    "usual_split",
    "whole",
]
