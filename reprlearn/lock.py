"""The lock of a run's directory: one trainer at a time."""

import contextlib
import fcntl
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import IO

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
        file.close()


def _take(path: Path) -> IO[str]:
    """The file, locked, with this process's name in it."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+")
        except OSError as error:
            raise UsageError(f"--workdir is {str(path.parent)!r}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read() or "another process"
            file.close()
            raise UsageError(f"--workdir {path.parent} is in use: {holder} trains in it") from error
        # Whoever held it may have taken the file away before it let go.
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            break
        file.close()
    with contextlib.suppress(OSError):  # a full disk: the lock holds without the name
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
    return file
