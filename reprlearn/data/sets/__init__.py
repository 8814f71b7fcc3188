"""The families of data sets: a module here that answers to a name is one, and nothing lists them.

A family has `answers(name)`, whether a data set of that name, or at that path, is one of its; and
either `open_set(options, like)`, the `Dataset` that `config.data` asks for, of a run's columns if
there is one; or, of a person's own data, `read(options, like)`, the `Contents` before they are
split; see `own.dataset`. It may have `USES`, the fields of
`config.data` that mean something to it, `NAMES`, the names that a person may be offered, and
`check_there(name)`, which refuses a name of nothing before any field is looked at.
"""

from collections.abc import Iterable
from types import ModuleType

from reprlearn import modules
from reprlearn.errors import UsageError, suggestion


def families() -> list[ModuleType]:
    """All families, by name; one that answers to nearly anything says LAST, and comes last."""
    every = [modules.load(__name__, name) for name in modules.names(__name__)]
    return sorted(every, key=lambda family: getattr(family, "LAST", False))


def names() -> list[str]:
    """The names of data sets that a person may be offered."""
    return [name for family in families() for name in getattr(family, "NAMES", ())]


def family_of(name: str) -> ModuleType:
    """The family that answers to a name; a set's own name goes before a path that reads the same.

    Raises:
      UsageError: none does.
    """
    every = families()
    named = [family for family in every if name in getattr(family, "NAMES", ())]
    answering = next((family for family in [*named, *every] if family.answers(name)), None)
    if answering is None:
        raise unknown(name)
    return answering


def unknown(name: str, others: Iterable[str] = ()) -> UsageError:
    """What to tell of a name that no set has; `others` are names that might have been meant."""
    known = names()
    return UsageError(
        f"data.name is {name!r}.{suggestion(name, [*known, *others])} Choices: {', '.join(known)}, "
        "any image set of TFDS, a folder of images, a .npy, .npz, .csv or .tsv file"
    )
