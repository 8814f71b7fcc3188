"""What a person is told of a run: on the terminal and, for its report, in notes.txt."""

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path

from reprlearn.files import write_text

FILE = "notes.txt"
WARNING = "warning: "  # how a line begins that a person should look at


def begin(workdir: Path, lines: Iterable[str]) -> None:
    """Notes of a run that begins, or goes on: those of an earlier session go.

    Raises:
      StorageError: the file cannot be written.
    """
    write_text(workdir / FILE, "".join(f"{_line(text)}\n" for text in lines))


def warn(workdir: Path, text: str) -> None:
    """Tells of something that went wrong and cost no more than itself."""
    line = WARNING + _line(text)
    print(line, file=sys.stderr)
    with contextlib.suppress(OSError):  # a note costs nothing else
        if (workdir / "config.json").is_file() and line not in read(workdir):
            with (workdir / FILE).open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def read(workdir: Path) -> list[str]:
    """The lines, warnings among them; of a run without any []."""
    path = workdir / FILE
    return path.read_text("utf-8", "replace").splitlines() if path.is_file() else []


def _line(text: str) -> str:
    """On one line, and in UTF-8: the name of a file may be of any bytes."""
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode("utf-8")
