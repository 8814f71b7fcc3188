"""Data: data sets as arrays, and the feed that makes batches of them; knows no method."""

from reprlearn.data.datasets import OWN, SPLITS, Arrays, class_names, image_shape, load
from reprlearn.data.feed import as_floats, batch_at, check_batch

__all__ = [
    "OWN",
    "SPLITS",
    "Arrays",
    "as_floats",
    "batch_at",
    "check_batch",
    "class_names",
    "image_shape",
    "load",
]
