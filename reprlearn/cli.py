"""The command line: flags to a config, errors to one line and exit code 2, results to a table."""

import inspect
import itertools
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from absl import flags
from ml_collections import ConfigDict, config_flags

from reprlearn import config as configs
from reprlearn.errors import (
    DivergedError,
    StoppedError,
    StorageError,
    UsageError,
    initials,
    suggestion,
)


class Command(NamedTuple):
    """What a command line asks for.

    Attributes:
      config: the file's config with the overrides.
      overrides: by dotted path.
      workdir: as given, or runs/<config name>.
      processes: where several train one run, how they meet; see `parallel.join_processes`.
    """

    config: ConfigDict
    overrides: dict[str, Any]
    workdir: Path
    processes: dict[str, Any] | None = None


Program = Callable[[Sequence[str]], None]


def run(main: Program, tell_more: Program = lambda arguments: None) -> None:
    """Calls a program's main; what the user got wrong becomes one line and exit code 2.

    With --help it prints the docstring of main's module, and calls `tell_more`.
    """
    # orbax tells of every save in a paragraph, and of every failed write in several.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.excepthook, sys.unraisablehook = _excepthook, _unraisablehook
    asks = without_help(sys.argv) != sys.argv
    if asks:
        print(sys.modules[main.__module__].__doc__.strip())
    try:
        (tell_more if asks else main)(sys.argv)
    except UsageError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(2)
    except (DivergedError, StorageError) as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
    except StoppedError as stopped:
        print(one_line(stopped), file=sys.stderr)
        sys.exit(stopped.exit_code)
    except BrokenPipeError:  # whoever reads has enough, as in `--help | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted; the same command resumes from the last checkpoint", file=sys.stderr)
        sys.exit(130)


def without_help(arguments: Sequence[str]) -> list[str]:
    """The arguments but for --help."""
    return [argument for argument in arguments if argument not in ("--help", "-h")]


def _excepthook(kind: type, error: BaseException, trace: Any) -> None:
    """What nobody caught; but for what tensorstore's threads print after a read or write failed."""
    if not (kind is RuntimeError and str(error) == "Event loop is closed"):
        sys.__excepthook__(kind, error, trace)


def _unraisablehook(unraisable: Any) -> None:
    """The same for the coroutines of orbax that were still reading."""
    if not inspect.iscoroutine(unraisable.object):
        sys.__unraisablehook__(unraisable)


def one_line(error: BaseException) -> str:
    """A message on one line; what could steer a terminal is shown, not sent."""
    text = " ".join(str(error).split())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def parse(arguments: Sequence[str]) -> Command:
    """The command in `--config=FILE[:ARGUMENT] [--config.FIELD=VALUE ...] [--workdir=DIR]`.

    Several processes train one run with `--distributed` on a cluster that says who takes part, or
    with `--coordinator_address=HOST:PORT --num_processes=N --process_id=I`.

    Raises:
      UsageError: an unknown flag or field, a value of the wrong type, a file that is not there.
    """
    parsed = flags.FlagValues()
    file, arguments = _take("--config", arguments)
    if file is None:
        raise UsageError(f"--config is missing. Choices: {', '.join(configs.names())}")
    base = configs.load(file)
    from reprlearn import schema  # JAX is loaded here: the name of a file is answered at once

    base = schema.complete(base)
    method, _ = _take("--config.method", arguments)
    if method is not None:  # another method has other fields
        schema.check(base)
        base = schema.of_method(base, method)
    _check_overrides(base, arguments)
    config_flags.DEFINE_config_dict("config", base, flag_values=parsed, sys_argv=arguments)
    flags.DEFINE_string("workdir", None, "The run's directory.", flag_values=parsed)
    _define_processes(parsed)
    rest = _parse(parsed, arguments, configs.copy(base))
    if rest:
        raise UsageError(
            f"{rest[0]!r} is not a flag; flags are --config, --config.FIELD, --workdir, "
            "--distributed, --coordinator_address, --num_processes, --process_id"
        )
    overrides = dict(config_flags.get_override_values(parsed["config"]))
    for path, value in overrides.items():
        if isinstance(value, tuple) and any(isinstance(item, str) for item in value):
            # Words after commas come as one item: ("a,b",).
            overrides[path] = tuple(word for word in ",".join(map(str, value)).split(",") if word)
            configs.set_field(parsed.config, path, overrides[path])
    workdir = Path(parsed.workdir) if parsed.workdir else Path("runs") / _name(file)
    return Command(parsed.config, overrides, workdir, _processes(parsed))


def _define_processes(parsed: flags.FlagValues) -> None:
    flags.DEFINE_bool("distributed", False, "The cluster says who.", flag_values=parsed)
    flags.DEFINE_string("coordinator_address", None, "HOST:PORT of process 0.", flag_values=parsed)
    flags.DEFINE_integer("num_processes", None, "How many there are.", flag_values=parsed)
    flags.DEFINE_integer("process_id", None, "Which one this is.", flag_values=parsed)


def _processes(parsed: flags.FlagValues) -> dict[str, Any] | None:
    """How several processes meet, or None for one alone."""
    names = ("coordinator_address", "num_processes", "process_id")
    given = {name: parsed[name].value for name in names if parsed[name].value is not None}
    if given and len(given) < len(names):
        missing = next(name for name in names if name not in given)
        raise UsageError(f"--{missing} is missing; allowed: all of {', '.join(names)}, or none")
    if given and not 0 <= given["process_id"] < given["num_processes"]:
        raise UsageError(
            f"--process_id is {given['process_id']}; allowed: from 0 to below --num_processes, "
            f"{given['num_processes']}"
        )
    return given or ({} if parsed.distributed else None)


def parse_strings(
    arguments: Sequence[str], known: Mapping[str, str | None], rest: str = ""
) -> dict[str, Any]:
    """String flags by name, with their defaults.

    Args:
      arguments: of the command line.
      known: the default of each flag.
      rest: the name of what is no flag, a list; "": there is none.

    Raises:
      UsageError: an unknown flag.
    """
    parsed = flags.FlagValues()
    for name, default in known.items():
        flags.DEFINE_string(name, default, name, flag_values=parsed)
    others = _parse(parsed, arguments)
    if others and not rest:
        raise UsageError(
            f"{others[0]!r} is not a flag; flags are {', '.join(f'--{n}' for n in known)}"
        )
    return {name: parsed[name].value for name in known} | ({rest: others} if rest else {})


def need(given: Mapping[str, Any], flag: str, allowed: str) -> None:
    """Refuses a command without one of its flags.

    Raises:
      UsageError: naming the flag, and what it may be.
    """
    if given[flag] is None:
        raise UsageError(f"--{flag} is missing; allowed: {allowed}")


def _parse(
    parsed: flags.FlagValues, arguments: Sequence[str], base: ConfigDict | None = None
) -> list[str]:
    """Parses the flags; what is left over comes back."""
    try:
        return parsed(list(arguments))[1:]
    except flags.UnrecognizedFlagError as error:
        fields = [] if base is None else [f"config.{path}" for path in configs.flatten(base)]
        homes = [field for field in fields if field.split(".")[-1] == error.flagname]
        hint = suggestion(error.flagname, [name for name in parsed if "." not in name])
        hint = f" Did you mean '--{homes[0]}'?" if homes else hint
        raise UsageError(f"--{error.flagname} is not a flag.{hint}") from error
    except flags.IllegalFlagValueError as error:
        raise UsageError(_wrong_type(str(error), base)) from error
    except flags.Error as error:
        raise UsageError(str(error)) from error


def _wrong_type(message: str, base: ConfigDict | None) -> str:
    """A line for a value that its field's type cannot hold."""
    match = re.match(r"flag --config\.([\w.]+)=(.*?): ", message, re.DOTALL)
    if not match or base is None:
        return message
    path, value = match.groups()
    example = configs.flatten(base).get(path)
    kind = {int: "an integer", float: "a number", bool: "true or false", list: "integers"}
    allowed = kind.get(type(example), "a value of its type")
    return f"{path} is {value!r}; allowed: {allowed}, such as {example!r}"


def _take(flag: str, arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """A flag's value before flags are parsed, after = or a space; and the other arguments."""
    values, others, left = [], [], iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if name not in (flag, flag[1:]):  # absl takes one dash too
            others.append(argument)
        elif equals:
            values.append(value)
        else:
            values += itertools.islice(left, 1)
    if len(values) > 1:
        raise UsageError(f"{flag} is given {len(values)} times; allowed: once")
    return (values[0] if values else None), others


def _check_overrides(base: ConfigDict, arguments: Sequence[str]) -> None:
    """Refuses an override of a field that the config does not have."""
    fields = configs.flatten(base)
    for argument in arguments:
        match = re.match(r"--?(?:no)?config\.([^=]+)", argument)
        if not match:
            continue
        path = match.group(1)
        if path in fields:
            continue
        if inside := [field for field in fields if field.startswith(f"{path}.")]:
            raise UsageError(f"config.{path} is a group of fields. Choices: {', '.join(inside)}")
        # A field of the right name in another group is the likeliest mistake.
        leaf = path.split(".")[-1]
        leaves = {field: field.split(".")[-1] for field in fields}
        homes = [field for field, own in leaves.items() if leaf in (own, initials(own))]
        hint = f" Did you mean {homes[0]!r}?" if homes else suggestion(path, fields)
        group = ".".join(path.split(".")[:-1])
        there = [field for field in fields if field.startswith(f"{group}.")]
        there = there or list(dict.fromkeys(field.split(".")[0] for field in fields))
        raise UsageError(f"the config has no field {path!r}.{hint} Choices: {', '.join(there)}")


def _name(file: str) -> str:
    """A config's name with its data's: vae, vae_fashion_mnist, vae_photos for vae.py:../photos/."""
    path, _, argument = file.partition(":")
    return "_".join([Path(path).stem, *(_data_name(part) for part in argument.split(",") if part)])


def _data_name(name: str) -> str:
    """What a data set is called in the name of a folder: photos for ../photos/, a for b/a.csv."""
    if name.endswith("/") or name.startswith((".", "~", "/")) or os.path.exists(name):
        name = Path(os.path.abspath(os.path.expanduser(name))).name
    return re.sub(r"\.(npy|npz|[ct]sv(\.gz)?)$", "", name, flags=re.IGNORECASE).replace("/", "_")
