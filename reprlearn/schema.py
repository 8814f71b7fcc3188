"""The schema of a config: every setting that a run of a method has, with its default."""

import contextlib
import textwrap
from typing import Any

from ml_collections import ConfigDict, config_dict

from reprlearn import config as configs
from reprlearn import methods, optimizers, settings
from reprlearn.data import options
from reprlearn.errors import UsageError, suggestion
from reprlearn.settings import Group, Setting, integer, words
from reprlearn.training import options as training

BASELINES = "baselines"  # runs to train beside: a name, and the fields that differ


def _check_seed(path: str, value: Any) -> None:
    integer(0, "", least=0).check(path, value)
    if value >= 2**32:
        raise UsageError(f"{path} is {value}; allowed: below 2^32, the seeds of a key")


def of(method: str) -> Group:
    """The settings of a run of a method, by group.

    Raises:
      UsageError: an unknown method.
    """
    own = methods.load(method).SETTINGS
    run = {
        "seed": Setting(0, "of every random draw", "integer >= 0", _check_seed),
        "method": settings.text(method, "what is learned, and how", "a name, or a module"),
        "data": options.SETTINGS,
        "optimizer": optimizers.SETTINGS,
        "scores": words((), "measured at the end; files of reprlearn/scores"),
        "training": training.SETTINGS,
    }
    return settings.merge(run, own)


def default_config(method: str, dataset: str = "") -> ConfigDict:
    """The config of a method with the default of every setting, locked.

    Args:
      method: see `methods.load`.
      dataset: a name or a path; with a comma the source and the target domain. "": the default.

    Raises:
      UsageError: an unknown method.
    """
    config = _defaults(of(method))
    config[BASELINES] = ConfigDict()
    if dataset:
        config.data.name, target = configs.source_and_target(dataset)
        config.data.target = target or None
    return config.lock()


def _defaults(group: Group) -> ConfigDict:
    config = ConfigDict()
    for name, item in group.items():
        if not isinstance(item, Setting):
            config[name] = _defaults(item)
        elif item.default is None:
            config[name] = config_dict.placeholder(str)
        else:
            config[name] = item.default
    return config


def complete(config: ConfigDict) -> ConfigDict:
    """A copy of a config with the defaults of the settings that it does not have, locked.

    Raises:
      UsageError: no method, or an unknown one.
    """
    if "method" not in config:
        raise UsageError("the config lacks the field method")
    return _overlay(default_config(config.method).unlock(), configs.copy(config)).lock()


def of_method(config: ConfigDict, method: str) -> ConfigDict:
    """The config for another method: what this may have too stays, the rest is its default."""
    other = default_config(method).unlock()
    other[BASELINES] = config.get(BASELINES, ConfigDict())
    known = dict(settings.flatten(of(method)))
    for path, value in configs.flatten(config).items():
        if path == "method" or path not in known or value is None:
            continue
        with contextlib.suppress(UsageError):
            known[path].check(path, value)
            configs.set_field(other, path, value)
    return other.lock()


def _overlay(below: ConfigDict, config: ConfigDict) -> ConfigDict:
    """Writes a config over another one."""
    for name, value in config.items():
        if isinstance(value, ConfigDict) and isinstance(below.get(name), ConfigDict):
            _overlay(below[name], value)
        elif value is not None or below.get(name) is not None or name not in below:
            with below.ignore_type():  # a None stays what it is: the place of a text
                below[name] = value
    return below


def unknown(config: ConfigDict) -> list[str]:
    """The fields of a config that its method's runs do not have."""
    known = dict(settings.flatten(of(config.method)))
    fields = configs.flatten(config)
    return [p for p in fields if p not in known and p.split(".")[0] != BASELINES]


def check(config: ConfigDict) -> None:
    """Refuses a config with a field that there is not, or a value that is not allowed.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    group = of(config.method)
    for path in unknown(config):
        known = [name for name, _ in settings.flatten(group)]
        raise UsageError(
            f"the config has {path}, no such field of method {config.method!r}."
            f"{suggestion(path, known)}"
        )
    settings.check(config, group)
    training.check(config)


def table(config: ConfigDict) -> str:
    """Every setting of a config: its name, its value there, what is allowed, and what it does."""
    fields, lines = configs.flatten(config), []
    indent = {"width": 80, "initial_indent": " " * 4, "subsequent_indent": " " * 4}
    for path, setting in settings.flatten(of(config.method)):
        value = fields[path]
        shown = ",".join(map(str, value)) or "()" if isinstance(value, list) else str(value)
        line = f"{path:<36} {shown:<17}"
        if len(line) + len(setting.allowed) < 80:
            lines.append(f"{line} {setting.allowed}")
        else:
            lines += [line.rstrip(), *textwrap.wrap(f"one of {setting.allowed}", **indent)]
        lines += textwrap.wrap(setting.about, **indent)
    return "\n".join(lines)
