"""How pairs are made, of every method that learns from them: settings of `config.data`."""

from collections.abc import Mapping

from reprlearn.settings import Setting, integer, positive, text

SETTINGS: Mapping[str, Setting] = {
    "pairs": text(
        "sampled",
        "the pairs: sampled: each example equally often; uniform: each pair equally likely; "
        "batch: all pairs of a batch; or a CSV with the columns left,right,similar",
        "sampled, uniform, batch, a CSV",
    ),
    "dissimilar_ratio": positive(2.0, "dissimilar pairs for each similar pair"),
    "per_class": integer(
        0,
        "of losses over all examples of a batch: so many of each of its classes; 0: as they come",
        least=0,
    ),
}
