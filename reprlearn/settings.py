"""What a setting is: a field of a config, declared once, by the code that reads it.

>>> from reprlearn.settings import choice, integer
>>> SETTINGS = {
...     "model": {
...         "latent_dim": integer(16, "the dimension of the code"),
...         "loss": choice("hinge", ("hinge", "minimax"), "what the players minimise"),
...     }
... }

A group of a config is a mapping from names to settings and to further groups.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Union

from ml_collections import ConfigDict

from reprlearn.errors import (
    UsageError,
    check_above,
    check_at_least,
    check_choice,
    check_share,
    check_size,
    check_widths,
    suggestion,
)


class Setting(NamedTuple):
    """A field of a config.

    Attributes:
      default: its value where a config says nothing.
      about: what it does, in a few words.
      allowed: what it may be, in fewer.
      check: (dotted path, value); raises UsageError where the value is not allowed.
    """

    default: Any
    about: str
    allowed: str
    check: Callable[[str, Any], None]


Group = Mapping[str, Union[Setting, "Group"]]


def choice(default: str, choices: Iterable[str], about: str) -> Setting:
    """One of some words."""
    choices = tuple(choices)
    check = lambda path, value: check_choice(path, value, choices)  # noqa: E731
    return Setting(default, about, ", ".join(choices), check)


def integer(default: int, about: str, *, least: int = 1) -> Setting:
    """An integer of at least `least`."""
    check = lambda path, value: check_size(path, value, least)  # noqa: E731
    return Setting(default, about, f"integer >= {least}", check)


def positive(default: float, about: str) -> Setting:
    """A finite number above 0."""
    return Setting(default, about, "number > 0", lambda path, value: check_above(path, value, 0.0))


def not_negative(default: float, about: str) -> Setting:
    """A finite number of at least 0."""
    return Setting(
        default, about, "number >= 0", lambda path, value: check_at_least(path, value, 0.0)
    )


def share(default: float, about: str) -> Setting:
    """A number from 0 to below 1."""
    return Setting(default, about, "number >= 0, < 1", check_share)


def open_share(default: float, about: str) -> Setting:
    """A number between 0 and 1, neither of them."""

    def check(path: str, value: Any) -> None:
        check_share(path, value)
        check_above(path, value, 0.0)

    return Setting(default, about, "number > 0, < 1", check)


def sizes(default: tuple[int, ...], about: str) -> Setting:
    """Positive integers, or none."""
    return Setting(default, about, "integers >= 1", check_widths)


def text(default: str | None, about: str, allowed: str = "text") -> Setting:
    """Any text; where the default is None, None too."""

    def check(path: str, value: Any) -> None:
        if not isinstance(value, str) and (value is not None or default is not None):
            raise UsageError(f"{path} is {value!r}; allowed: {allowed}")

    return Setting(default, about, allowed, check)


def words(default: tuple[str, ...], about: str) -> Setting:
    """Several words, or none."""

    def check(path: str, value: Any) -> None:
        if not isinstance(value, list | tuple) or not all(isinstance(w, str) for w in value):
            raise UsageError(f"{path} is {value!r}; allowed: names, such as ('a', 'b')")

    return Setting(default, about, "names", check)


def flatten(group: Group, prefix: str = "") -> Iterator[tuple[str, Setting]]:
    """The settings of a group and of the groups in it, by dotted path."""
    for name, item in group.items():
        if isinstance(item, Mapping):
            yield from flatten(item, f"{prefix}{name}.")
        else:
            yield prefix + name, item


def merge(*groups: Group) -> Group:
    """Groups as one; where two have a group of one name, these are merged too."""
    merged: dict[str, Any] = {}
    for group in groups:
        for name, item in group.items():
            there = merged.get(name)
            both = isinstance(there, Mapping) and not isinstance(item, Setting)
            merged[name] = merge(there, item) if both else item
    return merged


def check(config: Any, group: Group, prefix: str = "") -> None:
    """Refuses a config that lacks a setting of a group, or has a value that is not allowed.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    for name, item in group.items():
        path = prefix + name
        if name not in config:
            raise UsageError(f"the config lacks the field {path}.{suggestion(name, config)}")
        if isinstance(item, Setting):
            item.check(path, config[name])
        elif not isinstance(config[name], Mapping | ConfigDict):
            raise UsageError(f"{path} is {config[name]!r}; allowed: a group of fields")
        else:
            check(config[name], item, f"{path}.")
