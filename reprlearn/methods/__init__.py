"""Methods: one file a method; each wires models and losses into a `Method`.

A module here that defines `from_config(config, columns) -> Method` is a method: no registry.
"""

from typing import Any

from reprlearn import modules
from reprlearn.columns import Columns
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import Method, TrainState, averaged, gradient_step

__all__ = ["Method", "TrainState", "from_config", "gradient_step", "names"]


def names() -> list[str]:
    """The methods there are: the modules of this package but `base`."""
    return modules.names(__name__)


def from_config(config: Any, columns: Columns) -> Method:
    """The method that `config.method` names, for data of such columns.

    Raises:
      UsageError: an unknown method, or a model field that it cannot use.
    """
    check_choice("method", config.method, names())
    module = modules.load(__name__, config.method)
    try:
        method = module.from_config(config, columns)
    except AttributeError as error:  # how a ConfigDict says that it lacks a field
        raise UsageError(
            f"the config lacks a field of method {config.method!r}: {error}"
        ) from error
    training = config.training
    if not training.ema_decay:
        return method
    return averaged(method, training.ema_decay, accumulated=training.accumulate_steps > 1)
