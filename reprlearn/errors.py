"""What a user got wrong, in one line: the field, its value, and what was allowed."""

import contextlib
import difflib
from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import Any


class UsageError(ValueError):
    """Bad input: a message of one line; the command line prints it and exits with code 2."""


class DivergedError(ArithmeticError):
    """A loss or gradient that is not finite: the run stops, its checkpoints stay; exit code 1."""


class StorageError(OSError):
    """What could not be written, as on a full disk; what was written before stays; exit code 1."""


class StoppedError(KeyboardInterrupt):
    """A run that was asked to stop, and has saved its state; exit code 0, of Ctrl-C 130."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code


def first_line(error: Exception) -> str:
    """What kind of error it is, and the first line of what it says."""
    return f"{type(error).__name__}: {error}".split("\n")[0]


@contextlib.contextmanager
def said_of(field: str) -> Iterator[None]:
    """Within it what is wrong with `data.name` is wrong with that field."""
    try:
        yield
    except UsageError as error:
        message = str(error)
        if message.startswith("data.name is"):
            message = message.replace("data.name", field, 1)
        raise UsageError(message) from error


def suggestion(name: str, choices: Iterable[str]) -> str:
    """' Did you mean X?' where a choice is close to the name, or has its initials, else nothing."""
    name, choices = str(name), [str(choice) for choice in choices]
    same = [choice for choice in choices if name.lower() in (choice.lower(), initials(choice))]
    close = same or difflib.get_close_matches(name, choices, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def initials(path: str) -> str:
    """optimizer.lr for optimizer.learning_rate."""
    *groups, leaf = path.split(".")
    return ".".join([*groups, "".join(word[:1] for word in leaf.split("_"))])


def check_choice(field: str, value: Any, choices: Iterable[str]) -> None:
    """Refuses a value that is not one of the choices, and lists them."""
    choices = list(choices)
    if value not in choices:
        hint = suggestion(value, choices)
        raise UsageError(f"{field} is {value!r}.{hint} Choices: {', '.join(choices)}")


def check_at_least(field: str, value: Any, least: float) -> None:
    """Refuses a number below `least`, and whatever is not a finite number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value < float("inf"):
        raise UsageError(f"{field} is {value!r}; allowed: a number, at least {least}")


def check_size(field: str, value: Any, least: int = 1) -> None:
    """Refuses anything but an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise UsageError(f"{field} is {value!r}; allowed: an integer, at least {least}")


def check_above(field: str, value: Any, bound: float) -> None:
    """Refuses a number that is not above `bound`, and whatever is not a finite number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not bound < value < float("inf"):
        raise UsageError(f"{field} is {value!r}; allowed: a number above {bound}")


def check_share(field: str, value: Any) -> None:
    """Refuses anything but a number from 0 to below 1."""
    check_at_least(field, value, 0.0)
    if value >= 1:
        raise UsageError(f"{field} is {value!r}; allowed: from 0 to below 1")


def check_widths(field: str, value: Any) -> None:
    """Refuses anything but a sequence of positive integers."""
    fits = isinstance(value, list | tuple) and all(type(item) is int and item > 0 for item in value)
    if not fits:
        raise UsageError(f"{field} is {value!r}; allowed: positive integers, such as (512, 256)")
