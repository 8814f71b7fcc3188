"""Methods: one file a method; each wires models and losses into a `Method`.

A module here is a method: no registry. It declares SETTINGS, the groups of a config that are its
own, and `from_config(config, columns) -> Method`. It may list VARIANTS, fields by dotted path, that
are held to the same contract; see `reprlearn.testing`.
"""

import importlib
from types import ModuleType
from typing import Any

from reprlearn import modules, optimizers, settings
from reprlearn.columns import Columns
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import Method, TrainState, averaged, gradient_step

__all__ = ["Method", "TrainState", "about", "from_config", "gradient_step", "load", "names"]


def names() -> list[str]:
    """The methods there are: the modules of this package but `base`."""
    return modules.names(__name__)


def load(name: str) -> ModuleType:
    """The module of a method: one of this package, or of another, "my_package.mine".

    Raises:
      UsageError: there is none, or it lacks SETTINGS or `from_config`. What fails in it is shown.
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
    for needed in ("SETTINGS", "from_config"):
        if not hasattr(module, needed):
            raise UsageError(f"method is {name!r}, a module without {needed}")
    for path, setting in settings.flatten(module.SETTINGS):
        if not isinstance(setting, settings.Setting):
            raise UsageError(f"method is {name!r}, whose SETTINGS has {path}, which is no setting")
    return module


def about(name: str) -> str:
    """The first sentence of a method's file: what it is."""
    return (load(name).__doc__ or name).strip().splitlines()[0]


def from_config(config: Any, columns: Columns) -> Method:
    """The method that `config.method` names, for data of such columns.

    Raises:
      UsageError: an unknown method, or a field that it cannot use.
    """
    module = load(config.method)
    settings.check(config, settings.merge({"optimizer": optimizers.SETTINGS}, module.SETTINGS))
    method = module.from_config(config, columns)
    training = config.training
    if not training.ema_decay:
        return method
    return averaged(method, training.ema_decay, every=training.accumulate_steps)
