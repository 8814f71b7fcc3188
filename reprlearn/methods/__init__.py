"""Methods: one file a method; each wires models and losses into a `Method`.

A module here that defines `from_config(config, columns) -> Method` is a method: no registry. It may
list VARIANTS, fields by dotted path, that are held to the same contract; see `reprlearn.testing`.
"""

import importlib
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from reprlearn import modules
from reprlearn.columns import Columns
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import Method, TrainState, averaged, gradient_step

__all__ = ["Method", "TrainState", "from_config", "gradient_step", "load", "names"]


def names() -> list[str]:
    """The methods there are: the modules of this package but `base`."""
    return modules.names(__name__)


def load(name: str) -> ModuleType:
    """The module of a method: one of this package, or of another, "my_package.mine".

    Raises:
      UsageError: there is none, or it has no `from_config`. What fails inside it is not hidden.
    """
    if "." not in str(name):
        check_choice("method", name, names())
        return modules.load(__name__, name)
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"method is {name!r}; allowed: a name, or a module such as my_package.mine"
        )
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise UsageError(f"method is {name!r}, and there is no module {error.name!r}") from error
    if not hasattr(module, "from_config"):
        raise UsageError(f"method is {name!r}, a module without from_config(config, columns)")
    return module


def from_config(config: Any, columns: Columns) -> Method:
    """The method that `config.method` names, for data of such columns.

    Raises:
      UsageError: an unknown method, or a model field that it cannot use.
    """
    module = load(config.method)
    try:
        method = module.from_config(config, columns)
    except AttributeError as error:
        if not _is_of_config(error):
            raise
        raise UsageError(
            f"the config lacks a field of method {config.method!r}: {error}"
        ) from error
    training = config.training
    if not training.ema_decay:
        return method
    return averaged(method, training.ema_decay, accumulated=training.accumulate_steps > 1)


def _is_of_config(error: AttributeError) -> bool:
    """Whether a ConfigDict lacks a field; any other such error is a fault of the method's code."""
    where = traceback.extract_tb(error.__traceback__)[-1].filename
    return "ml_collections" in Path(where).parts
