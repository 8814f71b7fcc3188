"""Any image set of TensorFlow Datasets, by its name there."""

import importlib.util
import re
from typing import Any

from reprlearn.columns import Columns
from reprlearn.data import sets
from reprlearn.data.dataset import Dataset
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

LAST = True  # whether TFDS has a set of some name takes a second to find out


def answers(name: str) -> bool:
    """Whether TFDS could have a set of that name: name, name/config, name:version."""
    return re.fullmatch(r"\w[\w.-]*(/[\w.-]+)?(:[\d.*]+)?", name) is not None


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The set; to prepare one takes TensorFlow, to read it does not.

    Raises:
      UsageError: an unknown name; a set that is not prepared while TensorFlow is not installed, or
        that is prepared in another format.
    """
    del like  # these sets say themselves what they are
    from reprlearn.data import builders, stored  # TFDS loads for a second

    folders = builders.folders(options.data_dir)
    builder = _on_disk(options.name, folders["data_dir"]) or _to_prepare(options.name, folders)
    return stored.dataset(options.name, builder, builder.download_and_prepare)


def _on_disk(name: str, data_dir: str | None) -> Any:
    """The builder of a set that is prepared, or None."""
    import tensorflow_datasets as tfds

    try:
        builder = tfds.core.read_only_builder.builder_from_files(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError):
        return None
    if builder.info.file_format and builder.info.file_format.value != "array_record":
        raise UsageError(
            f"data.name is {name!r}, prepared in {builder.data_dir} as "
            f"{builder.info.file_format.value}; allowed: array_record; name another data.data_dir"
        )
    return builder


def _to_prepare(name: str, folders: dict[str, Any]) -> Any:
    """The builder of a set that TFDS would prepare."""
    import tensorflow_datasets as tfds

    known = tfds.list_builders(with_community_datasets=False)
    if name.split("/")[0].split(":")[0] not in known:
        raise sets.unknown(name, known)
    if importlib.util.find_spec("tensorflow") is None:
        folder = folders.get("data_dir") or tfds.core.constants.DATA_DIR
        raise UsageError(
            f"data.name is {name!r}, which is not in {str(folder)!r} (data.data_dir); TFDS needs "
            "TensorFlow to prepare it: pip install '.[tf]'"
        )
    return tfds.builder(name, **folders)
