"""MNIST and the sets in its file format: downloaded with a checksum, or read from a folder."""

from reprlearn.columns import Columns
from reprlearn.data import idx
from reprlearn.data.dataset import Dataset
from reprlearn.data.options import Options

NAMES = tuple(idx.SOURCES)
USES = frozenset({"manual_dir"})


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The set, prepared at its first use; a manual_dir of other files is refused."""
    del like  # these sets say themselves what they are
    from reprlearn.data import builders, stored  # TFDS loads for a second

    if options.manual_dir:
        idx.check_folder(options.manual_dir)
    builder = builders.IdxImages(config=options.name, **builders.folders(options.data_dir))
    builder.manual_dir = options.manual_dir
    builder.check_source()
    return stored.dataset(options.name, builder, builder.prepare)
