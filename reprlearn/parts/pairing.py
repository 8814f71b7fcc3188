"""How pairs are made, of every method that learns from them: settings of `config.data`."""

from collections.abc import Mapping
from typing import Any

from reprlearn.errors import UsageError
from reprlearn.roles import is_file_of_pairs
from reprlearn.settings import Setting, choice, integer, positive

DRAWN = ("sampled", "uniform", "batch", "views")


def _check_pairs(path: str, value: Any) -> None:
    is_file = isinstance(value, str) and is_file_of_pairs(value)
    if not is_file and value not in DRAWN:
        raise UsageError(f"{path} is {value!r}; allowed: {', '.join(DRAWN)}, or a .csv file")


SETTINGS: Mapping[str, Setting] = {
    "pairs": Setting(
        "sampled",
        "the pairs: sampled: each example equally often; uniform: each pair equally likely; "
        "batch: all pairs of a batch; views: each example with itself, as model.augment shows it; "
        "or a CSV with the columns left,right,similar",
        "sampled, uniform, batch, views, a CSV",
        _check_pairs,
    ),
    "split_by": choice(
        "item",
        ("item", "pair"),
        "of listed pairs: item: no example of a test pair is in a training pair; pair: it may be",
    ),
    "dissimilar_ratio": positive(2.0, "dissimilar pairs for each similar pair"),
    "per_class": integer(
        0,
        "of losses over all examples of a batch: so many of each of its classes; 0: as they come",
        least=0,
    ),
}
