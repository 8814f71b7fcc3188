"""Files that NumPy saved, .npy and .npz: found, and in one line why one cannot be read."""

import contextlib
import textwrap
from collections.abc import Iterator
from pathlib import Path

from reprlearn.errors import UsageError, suggestion

SUFFIXES = (".npy", ".npz")
# What NumPy says of a file, and in words for those who do not know its inside.
REASONS = {
    "allow_pickle=False": "it holds objects, which are pickles; allowed: numbers",
    "Python objects": "it holds objects, which are pickles; allowed: numbers",
    "mmap length": "it is cut off",
    "not a zip file": "it is damaged or cut off",
}
MAGIC = {".npy": (b"\x93NUMPY",), ".npz": (b"PK\x03\x04", b"PK\x05\x06")}


def existing(name: str, where: str) -> Path:
    """The file of that name, which begins as its suffix says."""
    path = Path(name)
    with reading(where):
        path = path.expanduser()
        if not path.exists():
            beside = (p.name for p in path.parent.iterdir() if p.suffix.lower() in SUFFIXES)
            near = [str(Path(name).with_name(other)) for other in beside]
            raise UsageError(f"{where}, no such file.{suggestion(name, near)}")
        if not path.is_file():
            raise UsageError(f"{where}, which is no file; allowed: a .npy or .npz file")
        with path.open("rb") as file:
            start = file.read(8)
    if not start.startswith(MAGIC[path.suffix.lower()]):
        content = "which is empty" if not start else "whose content is something else"
        raise UsageError(f"{where}, {content}; allowed: a file that NumPy saved")
    return path


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Says in one line why something cannot be read."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # of a damaged file zipfile, zlib and NumPy raise nearly anything
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        known = next((said for words, said in REASONS.items() if words in reason), None)
        reason = known or textwrap.shorten(reason, 120, placeholder="...")
        raise UsageError(f"{what}: cannot read it: {reason}") from error
