"""The fields of `config.data` that say what a set is; those that mean nothing to it are refused."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from reprlearn.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Options:
    """What is asked of a data set; configs/base.py and docs/DATA.md say what each field means."""

    name: str
    target: str | None = None
    data_dir: str | None = None
    manual_dir: str | None = None
    max_examples: int = 0
    split: tuple[float, ...] = (80, 10, 10)
    split_seed: int = 0
    channels: str | int = "auto"
    image_size: tuple[int, ...] = ()
    on_bad_file: str = "refuse"
    label: str | None = None
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    delimiter: str = "auto"
    missing: str = "refuse"
    scaling: str = "standard"


FIELDS = tuple(field.name for field in dataclasses.fields(Options))
ANY = ("name", "target", "data_dir")  # what every set may be asked with


def read(group: Any) -> Options:
    """The options in `config.data`, or in anything with some of these attributes.

    Raises:
      UsageError: one word where several are allowed.
    """
    given = {name: getattr(group, name) for name in FIELDS if hasattr(group, name)}
    for name in ("columns", "ignore"):
        if isinstance(given.get(name), str):
            raise UsageError(f"data.{name} is {given[name]!r}; allowed: names, such as ('a', 'b')")
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Options(**given | lists)


def check_used(options: Options, used: Iterable[str], by: str) -> None:
    """Refuses a field that is set and that the data set does not use.

    Args:
      options: what is asked.
      used: the fields that the data set uses.
      by: the data set, in words.

    Raises:
      UsageError: naming the field and its value.
    """
    plain = Options(options.name)
    for name in FIELDS:
        value = getattr(options, name)
        if name not in (*ANY, *used) and value != getattr(plain, name):
            own = ", ".join(sorted(used)) or "none of its own"
            raise UsageError(f"data.{name} is {value!r}, which {by} does not use; it uses: {own}")
