"""The schema of a config: every setting that a run of a method has, with its default."""

import contextlib
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ml_collections import ConfigDict, config_dict

from reprlearn import config as configs
from reprlearn import methods, optimizers, settings
from reprlearn.data import options
from reprlearn.errors import UsageError, suggestion
from reprlearn.settings import Group, Setting, choice, integer, words
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
        "seed": Setting(0, "the seed of every random number", "integer >= 0", _check_seed),
        "method": settings.text(method, "the method that is trained", "a name, or a module"),
        "model": {},
        "optimizer": optimizers.SETTINGS,
        "training": training.SETTINGS,
        "scores": words((), "what is measured on the test split at the end"),
        "watch": words((), "scores of the validation split at every validation"),
        "figures": choice("on", ("on", "off"), "whether figures are drawn at the end"),
        "report": choice(
            "on", ("on", "off"), "whether the run's report.html is written at the end"
        ),
        "data": options.SETTINGS,
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


def defaults_of(config: ConfigDict) -> dict[str, Any]:
    """The fields of a config that are not their defaults: what these are, by dotted path."""
    defaults, fields = configs.flatten(default_config(config.method)), configs.flatten(config)
    return {p: defaults[p] for p, value in fields.items() if p in defaults and defaults[p] != value}


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


def complete(config: Mapping[str, Any]) -> ConfigDict:
    """A copy of a config with the defaults of the settings that it does not have, locked.

    Raises:
      UsageError: it is no config, or names no method, or an unknown one.
    """
    if not isinstance(config, Mapping | ConfigDict):
        raise UsageError(f"the config is {config!r}; allowed: a ConfigDict, or a dict")
    if "method" not in config:
        raise UsageError("the config lacks the field method")
    return _overlay(default_config(config["method"]).unlock(), configs.copy(config)).lock()


def of_method(config: ConfigDict, method: str) -> ConfigDict:
    """The config for another method: what it changes, where this method may have it too."""
    if method == config.method:
        return config
    other, known = default_config(method).unlock(), dict(settings.flatten(of(method)))
    other[BASELINES] = config[BASELINES]
    before = configs.flatten(default_config(config.method))
    for path, value in configs.flatten(config).items():
        if path == "method" or path not in known or value == before.get(path):
            continue
        with contextlib.suppress(UsageError):  # of another method's own
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
    """The fields and groups of a config that its method's runs do not have."""
    return list(_unknown(config, of(config.method)))


def _unknown(config: ConfigDict, group: Group, prefix: str = "") -> Iterator[str]:
    for name, value in config.items():
        item = group.get(name)
        if item is None and (prefix or name != BASELINES):
            yield prefix + name
        elif isinstance(item, Mapping) and isinstance(value, ConfigDict):
            yield from _unknown(value, item, f"{prefix}{name}.")


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
    if not isinstance(config[BASELINES], ConfigDict):
        raise UsageError(
            f"{BASELINES} is {config[BASELINES]!r}; allowed: groups of fields, by name"
        )
    training.check(config)


def table(config: ConfigDict) -> str:
    """Every setting of a config: its name, its value there, what is allowed, and what it does."""
    fields, lines, group = configs.flatten(config), [], ""
    indent = {"width": 80, "initial_indent": " " * 4, "subsequent_indent": " " * 4}
    for path, setting in settings.flatten(of(config.method)):
        if path.split(".")[0] != group:
            group = path.split(".")[0]
            lines.append("")
        value = fields[path]
        shown = ",".join(map(str, value)) or "()" if isinstance(value, list) else str(value)
        line, about = f"{path:<36} {shown:<17} {setting.allowed}", [setting.about]
        if len(line) > 80:
            line, about = f"{path:<36} {shown}", [setting.about, f"one of {setting.allowed}"]
        lines.append(line)
        for sentence in about:
            lines += textwrap.wrap(sentence, **indent)
    return "\n".join(lines)
