"""Arrays that a caller gave to `train`: they have no place to be read from again."""

from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset
from reprlearn.data.options import Options
from reprlearn.errors import UsageError


def answers(name: str) -> bool:
    """Whether it is what a run on arrays calls its data."""
    return name == "memory"


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """Refuses: the caller has the arrays.

    Raises:
      UsageError: how to give them again.
    """
    del options, like
    raise UsageError(
        "data.name is 'memory': these data were given in Python; give them again: "
        "reprlearn.train(config, workdir, data=...), reprlearn.restore(workdir, data=...)"
    )
