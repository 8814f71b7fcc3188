"""The lock of a run's directory: one trainer at a time."""

import contextlib
import fcntl
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from reprlearn.errors import UsageError


@contextlib.contextmanager
def locked(workdir: Path) -> Iterator[None]:
    """Within it no other trainer may use the directory; it is made if need be.

    The lock is the kernel's, on the file `lock`, which names the process that holds it: it goes
    with the process, however that ends.

    Raises:
      UsageError: another process has it, or the directory cannot be written.
    """
    path = workdir / "lock"
    file = _take(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _take(path: Path) -> int:
    """The file, locked, with this process's name in it: its descriptor."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"--workdir is {str(path.parent)!r}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(file, 200).decode(errors="replace") or "another process"
            os.close(file)
            raise UsageError(f"--workdir {path.parent} is in use: {holder} trains in it") from error
        # Whoever held it may have taken the file away before it let go.
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            break
        os.close(file)
    os.truncate(file, 0)
    with contextlib.suppress(OSError):  # a full disk: the lock holds without the name
        os.write(file, f"process {os.getpid()} on {platform.node()}".encode())
    return file
