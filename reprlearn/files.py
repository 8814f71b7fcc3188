"""Files and folders: written whole or not at all, and what is said where they cannot be."""

import contextlib
import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reprlearn.errors import StorageError, UsageError


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes an object as JSON, whole or not at all; its numbers that are not finite as null.

    Raises:
      StorageError: it cannot be written; an older file stays as it was.
    """
    finite = {name: finite_or_none(value) for name, value in values.items()}
    write_text(path, json.dumps(finite, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a file, whole or not at all.

    Raises:
      StorageError: it cannot be written; an older file stays as it was.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes arrays as .npz, whole or not at all.

    Raises:
      StorageError: it cannot be written; an older file stays as it was.
    """
    import numpy as np

    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
      UsageError: it cannot be read, or holds something else.
    """
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f"cannot read {path}: it holds no JSON object")
    return values


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, one a line; a last line that is not whole is left out.

    Of a file that is not there none.
    """
    found = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write what becomes the file when all has gone well, and else leaves no trace.

    Raises:
      StorageError: it cannot be written; an older file stays as it was.
    """
    partial = path.with_name(path.name + ".part")
    with storing(path):
        try:
            yield partial
            os.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Where to write what becomes the folder when all has gone well, and else leaves no trace.

    Raises:
      StorageError: it cannot be written, or there is a folder that is not empty.
    """
    with storing(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as beside:
        partial = Path(beside) / path.name
        partial.mkdir()  # with the rights of any new folder, which the one around it does not have
        yield partial
        os.replace(partial, path)


def finite_or_none(value: Any) -> Any:
    """The value, or None where JSON has no number for it; lists item by item."""
    if isinstance(value, list):
        return [finite_or_none(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_room(folder: Path, size: int) -> None:
    """Refuses to begin what a full disk would break off, in a library's thread that cannot say so.

    Raises:
      OSError: there are fewer than `size` bytes free.
    """
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, "No space left on device")


@contextlib.contextmanager
def storing(path: Path) -> Iterator[None]:
    """Within it a failed write is a StorageError that names the file and the reason."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def check_out(flag: str, given: str, suffixes: tuple[str, ...]) -> Path:
    """The path of a file to write; refuses one that cannot be, before anything is computed.

    Raises:
      UsageError: another ending, a missing folder, or a folder of that name.
    """
    path = Path(given).expanduser()
    if path.suffix.lower() not in suffixes or given.endswith("/"):
        raise UsageError(f"{flag} is {given!r}; allowed: a {' or '.join(suffixes)} file")
    check_parent(flag, given)
    if path.is_dir():
        raise UsageError(f"{flag} is {given!r}, which is a folder; name another")
    return path


def check_parent(flag: str, given: str) -> Path:
    """The path of what is to be written into a folder that is there.

    Raises:
      UsageError: the folder is not there.
    """
    path = Path(given).expanduser()
    if not path.parent.is_dir():
        raise UsageError(f"{flag} is {given!r}: there is no folder {str(path.parent)!r}")
    return path
