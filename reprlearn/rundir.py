"""A run's directory: what belongs where, and whether a config may resume it."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import methods, schema
from reprlearn.columns import Column, Columns
from reprlearn.errors import UsageError
from reprlearn.files import read_json, write_json, write_text
from reprlearn.training.loop import Spec

BASELINES = "baselines"  # the folder of the runs beside a run
PACKAGES = ("reprlearn", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def is_run(workdir: Path) -> bool:
    """Whether the directory holds a run."""
    return (workdir / "config.json").is_file()


def baseline(workdir: Path, name: str) -> Path:
    """Where a baseline of a run is a run of its own."""
    return workdir / BASELINES / name


def is_baseline(workdir: Path) -> bool:
    """Whether a run's directory is that of another run's baseline."""
    return workdir.parent.name == BASELINES and is_run(workdir.parent.parent)


def read_config(workdir: Path) -> ConfigDict:
    """The resolved config of a run; a setting that it does not have yet takes its default.

    Raises:
      UsageError: the directory is not a run.
    """
    if not is_run(workdir):
        raise UsageError(f"--workdir is {str(workdir)!r}, which is not a run: no config.json in it")
    path = workdir / "config.json"
    try:
        return schema.complete(_read_json(path))
    except UsageError as error:
        raise UsageError(f"--workdir: {path}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    """A file of the run; one that is not whole is named."""
    try:
        return read_json(path)
    except UsageError as error:
        raise UsageError(f"--workdir: {error}") from error


def read_environment(workdir: Path) -> dict[str, Any]:
    """What the run found: versions, devices, commit, overrides, data."""
    return _read_json(workdir / "environment.json")


def data_of(workdir: Path) -> tuple[Columns, dict[str, Spec]]:
    """What a run learned from: its data's columns by role, and what its batches look like.

    Raises:
      UsageError: the run does not say.
    """
    described = read_environment(workdir).get("data", {})
    if not {"columns", "batch"} <= set(described):
        raise UsageError(f"--workdir: {workdir}/environment.json does not say what the data are")
    columns = {role: Column.from_json(column) for role, column in described["columns"].items()}
    batch = described["batch"].items()
    return columns, {name: Spec(tuple(shape), dtype) for name, (shape, dtype) in batch}


def read_summary(workdir: Path) -> dict[str, Any] | None:
    """The run's summary.json, or None before its end."""
    path = workdir / "summary.json"
    return _read_json(path) if path.is_file() else None


def resolve(workdir: Path, config: ConfigDict, overrides: dict[str, Any] | None) -> ConfigDict:
    """The config that a command means: in a run's directory, with the overrides the run began with.

    A run remembers the overrides of its command, so that the bare command resumes it; an
    override that is given again must agree, unless it is one of `config.MAY_CHANGE_ON_RESUME`.

    Args:
      workdir: of a run, or still to be made.
      config: with this command's overrides applied.
      overrides: this command's overrides by dotted path; None from Python: nothing is remembered.

    Raises:
      UsageError: the path is a file, or holds a run of a different config.
    """
    if workdir.exists() and not workdir.is_dir():
        raise UsageError(f"--workdir is {str(workdir)!r}, which is not a directory")
    if not is_run(workdir):
        left = [name for name in ("checkpoints", "metrics.jsonl") if (workdir / name).exists()]
        if left:
            raise UsageError(
                f"--workdir {workdir} holds {left[0]} but no config.json; name another"
            )
        return config
    stored, resolved = read_config(workdir), config.copy_and_resolve_references()
    if overrides is not None:
        remembered = read_environment(workdir).get("overrides", {})
        if "method" in remembered and "method" not in overrides:
            resolved = schema.of_method(resolved, remembered["method"]).unlock()
            for path, value in overrides.items():
                if path not in configs.flatten(resolved):
                    raise UsageError(
                        f"the run in {workdir} is of method {resolved.method!r}, without the field "
                        f"{path}"
                    )
                configs.set_field(resolved, path, value)
        # One that this config does not have stays a difference, and is shown as one.
        for path in (remembered.keys() - overrides.keys()) & configs.flatten(resolved).keys():
            configs.set_field(resolved, path, remembered[path])
    changed = configs.differences(stored, resolved)
    fixed = {
        path: pair for path, pair in changed.items() if path not in configs.MAY_CHANGE_ON_RESUME
    }
    if fixed:
        shown = "; ".join(
            f"{path} is {_told(old, path, stored)} there, {_told(new, path, resolved)} here"
            for path, (old, new) in fixed.items()
        )
        unknown = schema.unknown(stored)
        hint = way_on(workdir) if unknown else ""
        way = hint or ". Allowed: the same config, or another --workdir"
        raise UsageError(f"--workdir {workdir} holds a run of a different config: {shown}{way}")
    old, new = stored.training.steps, resolved.training.steps
    if new < old:
        raise UsageError(
            f"training.steps is {new}, but {workdir} has {old} already; allowed: {old} or more"
        )
    return resolved


def lengthened(workdir: Path, config: ConfigDict) -> list[str]:
    """What to tell of a run that is to take more steps than it began with."""
    scheduled = configs.schedules(config)
    if not scheduled or not is_run(workdir):
        return []
    old, new = read_config(workdir).training.steps, config.training.steps
    if new <= old:
        return []
    return [
        f"{workdir}: {scheduled[0]} depends on training.steps: "
        f"after {old} steps it now spans {new}, so the result differs from {new} steps at once"
    ]


def _told(value: Any, path: str, config: ConfigDict) -> str:
    return repr(value) if path in configs.flatten(config) else "absent"


def way_on(workdir: Path) -> str:
    """What to do with a run of another version, whose config has fields that are gone."""
    commit = read_environment(workdir).get("commit")
    version = f"that version, commit {commit}" if commit else "that version"
    return f". The run is of another version; to use it, take {version}"


def begin(
    workdir: Path, config: ConfigDict, overrides: dict[str, Any] | None, data: dict[str, Any]
) -> None:
    """Begins a run, or a further session of it: environment.json, then config.json.

    A further session keeps what the first one found, and adds its own versions and devices. An old
    summary.json goes, as it is written at the end; of a finished run that is scored anew it stays.

    Raises:
      UsageError: the data are not those of the first session.
      StorageError: the directory cannot be written.
    """
    found = environment()
    if is_run(workdir):
        first = read_environment(workdir)
        check_data(workdir, data)
        fields = configs.flatten(config)
        remembered = first.get("overrides", {}) | (overrides or {})
        remembered = {path: fields[path] for path in remembered if path in fields}
        sessions = [*first.get("resumed", []), found]
        written = first | {"overrides": remembered, "resumed": sessions}
    else:
        written = found | {"overrides": overrides or {}, "data": data}
    written |= {"method": methods.about(config.method), "defaults": schema.defaults_of(config)}
    workdir.mkdir(parents=True, exist_ok=True)
    write_json(workdir / "environment.json", written)
    write_text(workdir / "config.json", configs.to_json(config))
    if (read_summary(workdir) or {}).get("steps") != config.training.steps:  # else only scored anew
        (workdir / "summary.json").unlink(missing_ok=True)


def check_data(workdir: Path, data: dict[str, Any]) -> None:
    """Refuses data that are not those of a run's first session; `data` describes them.

    Raises:
      UsageError: which split, or which column, has changed.
    """
    if changed := _changed(read_environment(workdir).get("data", {}), data):
        raise UsageError(
            f"--workdir {workdir} was trained on other data: {'; '.join(changed)}. Allowed: the "
            "same data (arrays of Python as data=), or another workdir"
        )


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of the data differs, in words; of the training split by all that was known before."""
    if "columns" not in before:
        return ["the run is of a version that did not note the columns of its data"]
    changed = [
        f"{role} is {_shown(there)} there, {_shown(here)} here"
        for role in sorted(before["columns"] | now["columns"])
        if (there := before["columns"].get(role)) != (here := now["columns"].get(role))
    ]
    for split in sorted(before["sizes"] | now["sizes"] | before["sha256"] | now["sha256"]):
        there, here = _known(before, split, before), _known(now, split, before)
        if there != here:
            sizes = f"{before['sizes'].get(split)} there, {now['sizes'].get(split)} here"
            file = "of pairs" if split == "pairs" else split
            what = f"the {split} split" if split in now["sizes"] else f"the file {file}"
            changed.append(f"{what} has changed, examples: {sizes}")
    if not changed and before["batch"] != now["batch"]:
        changed.append(f"its batches are {before['batch']} there, {now['batch']} here")
    return changed


def _known(data: dict[str, Any], split: str, before: dict[str, Any]) -> tuple[Any, ...]:
    """What is known of a split; of one that was not read whole all that was known before."""
    found = data["train"] if split == "train" else {}
    found = {name: value for name, value in found.items() if name in before["train"]}
    return data["sizes"].get(split), data["sha256"].get(split), found


def _shown(column: dict[str, Any] | None) -> str:
    """A column in a few words."""
    if column is None:
        return "absent"
    shown = f"{column['kind']} of shape {tuple(column['shape'])}"
    scaled = [f"scaled from {round(float(v), 6)}" for v in column["offset"][:1]]
    names = [f"{len(column['names'])} names"] if column["names"] else []
    return ", ".join([shown, *names, *scaled])


def environment() -> dict[str, Any]:
    """Versions, devices, commit."""
    return {
        "python": platform.python_version(),
        "versions": {package: metadata.version(package) for package in PACKAGES},
        "platform": platform.platform(),
        "backend": jax.default_backend(),
        "devices": [device.device_kind for device in jax.devices()],
        "commit": _commit(),
    }


def _commit() -> str | None:
    """The commit of the source, with -dirty where it differs; None outside a git checkout."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def parameter_count(params: Any) -> int:
    """How many numbers the parameters hold."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
