"""Configs as objects: found, loaded, changed, compared, to JSON and back."""

import contextlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ml_collections import ConfigDict

from reprlearn.errors import UsageError, suggestion

HERE = Path("configs")
OF_LIBRARY = Path(__file__).parent / "configs"

# What may change when a run is resumed: how far it goes, when it reports, where the data lie and
# how they are read.
MAY_CHANGE_ON_RESUME = (
    "training.steps",
    "training.steps_per_call",
    "training.log_every",
    "training.eval_every",
    "training.checkpoint_every",
    "training.keep_checkpoints",
    "training.compilation_cache",
    "data.name",  # where the data are now: what they hold is compared by digests
    "data.target",
    "data.data_dir",
    "data.manual_dir",
    "data.feed",
    "data.workers",
    "scores",
    "watch",
    "figures",
    "report",
)


def load(path: str) -> ConfigDict:
    """The config of a file or of a name, `configs/vae.py` or `vae`, with an argument after a colon.

    The config.json of a run is one too; it takes no argument.

    Raises:
      UsageError: no such file, or one without `get_config`.
    """
    given, _, argument = path.partition(":")
    file = find(given)
    if file.suffix == ".json":
        return _of_run(file, path)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    with _importable(file.resolve().parent):
        spec.loader.exec_module(module)
        if not hasattr(module, "get_config"):
            raise UsageError(f"--config is {path!r}, which defines no get_config()")
        return module.get_config(argument) if argument else module.get_config()


def _of_run(file: Path, given: str) -> ConfigDict:
    """The config that a run has kept."""
    try:
        values = json.loads(file.read_text())
    except ValueError as error:
        raise UsageError(f"--config is {given!r}, which is no JSON: {error}") from error
    if not isinstance(values, dict) or ":" in given.removeprefix(str(file)):
        raise UsageError(f"--config is {given!r}; allowed: the config.json of a run, alone")
    return ConfigDict(values)


def find(given: str) -> Path:
    """The file of a config: of a path, or of a name in configs/ or among those of the library.

    Raises:
      UsageError: there is none; with those there are.
    """
    if "/" in given or given.endswith((".py", ".json")):
        path = Path(given).expanduser()
        if path.is_file() and path.suffix in (".py", ".json"):
            return path
        choices = (path.parent.name and files(path.parent)) or names()
    else:
        for path in (folder / f"{given}.py" for folder in (HERE, OF_LIBRARY)):
            if str(path) in files(path.parent):
                return path
        choices = names()
    hint = suggestion(given, choices)
    raise UsageError(f"--config is {given!r}, no such file.{hint} Choices: {', '.join(choices)}")


def files(folder: Path = HERE) -> list[str]:
    """The experiments in a folder: its modules, but for those whose names begin with _."""
    return sorted(str(p) for p in folder.glob("*.py") if not p.stem.startswith("_"))


def names() -> list[str]:
    """The experiments in configs/ and of the library."""
    return sorted({Path(file).stem for folder in (HERE, OF_LIBRARY) for file in files(folder)})


def source_and_target(given: str) -> tuple[str, str]:
    """Two data sets with a comma between; a path that has a comma itself, and is there, is one."""
    source, _, target = given.partition(",")
    return (given, "") if Path(given).expanduser().exists() else (source, target)


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Within it `configs` is the folder, then the library's: those of two folders never mix."""
    before = _loaded_configs()
    package = ModuleType("configs")
    package.__path__ = [str(folder), str(OF_LIBRARY)]
    sys.modules["configs"] = package
    try:
        yield
    finally:
        _loaded_configs()
        sys.modules.update(before)


def _loaded_configs() -> dict[str, ModuleType]:
    """Takes `configs` and its modules out of those that are loaded; gives them."""
    names = [name for name in sys.modules if name.split(".")[0] == "configs"]
    return {name: sys.modules.pop(name) for name in names}


def copy(config: Mapping[str, Any]) -> ConfigDict:
    """A config of its own with the same fields, locked, also of a frozen one or of a dict.

    Lists become tuples, numbers of NumPy those of Python.
    """
    if isinstance(config, ConfigDict):
        config = config.copy_and_resolve_references().to_dict()
    return ConfigDict(_plain(config)).lock()


def _plain(value: Any) -> Any:
    """Nested fields with tuples for lists, which nobody else can change."""
    if isinstance(value, Mapping | ConfigDict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value.item() if getattr(value, "shape", None) == () else value  # a number of NumPy's


def flatten(config: ConfigDict) -> dict[str, Any]:
    """The leaves of a config by their dotted path; tuples as lists, as JSON has them."""
    flat = {}
    for name, value in config.items():
        if isinstance(value, ConfigDict):
            flat |= {f"{name}.{path}": leaf for path, leaf in flatten(value).items()}
        else:
            flat[name] = list(value) if isinstance(value, tuple) else value
    return flat


def set_field(config: ConfigDict, path: str, value: Any) -> None:
    """Sets a leaf by its dotted path; lists become the tuples that they were."""
    *groups, leaf = path.split(".")
    for group in groups:
        config = config[group]
    config[leaf] = tuple(value) if isinstance(value, list) else value


def changed(config: ConfigDict, fields: Mapping[str, Any]) -> ConfigDict:
    """A config with other values of some leaves, by their dotted paths."""
    other = config.copy_and_resolve_references().unlock()
    for path, value in fields.items():
        set_field(other, path, value)
    return other.lock()


def baseline(config: ConfigDict, name: str) -> ConfigDict:
    """The config of a baseline: the run's own with the fields of `config.baselines.<name>`.

    It stands in the figures and the report of the run, and has none of its own unless it says so.

    Raises:
      UsageError: a baseline that changes a field that there is not.
    """
    changed, fields = config.copy_and_resolve_references().unlock(), flatten(config)
    if not isinstance(config.baselines[name], ConfigDict):
        raise UsageError(
            f"baselines.{name} is {config.baselines[name]!r}; allowed: a group of fields"
        )
    changed.figures = changed.report = "off"
    for path, value in flatten(config.baselines[name]).items():
        if path not in fields:
            raise UsageError(
                f"baselines.{name} has {path}, no such field.{suggestion(path, fields)}"
            )
        if path in ("scores", "data.name"):
            raise UsageError(f"baselines.{name} has {path}; allowed: any other field")
        try:
            set_field(changed, path, value)
        except TypeError as error:
            raise UsageError(
                f"baselines.{name}.{path} is {value!r}; allowed: as {fields[path]!r}"
            ) from error
    changed.baselines = ConfigDict()
    return changed.lock()


def members(config: ConfigDict) -> list[ConfigDict]:
    """The configs of the single runs that `training.num_seeds` trains at once, one a seed."""
    if config.training.num_seeds == 1:
        return [config]
    seeds = range(config.seed, config.seed + config.training.num_seeds)
    return [changed(config, {"seed": seed, "training.num_seeds": 1}) for seed in seeds]


def schedules(config: ConfigDict) -> list[str]:
    """The fields that spread something over training.steps.

    They are called `*schedule`, and are not "constant"; or `*_share`, of the steps, and above 0.
    """
    fields = flatten(config).items()
    spread = [path for path, value in fields if path.endswith("schedule") and value != "constant"]
    return spread + [path for path, value in fields if path.endswith("_share") and value]


def differences(old: ConfigDict, new: ConfigDict) -> dict[str, tuple[Any, Any]]:
    """The fields whose values differ: path -> (old, new); a field that is absent has None."""
    before, after = flatten(old), flatten(new)
    paths = sorted(before.keys() | after.keys())
    return {
        path: (before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    }


def to_json(config: ConfigDict) -> str:
    """The resolved config as JSON."""
    return json.dumps(config.to_dict(), indent=2) + "\n"
