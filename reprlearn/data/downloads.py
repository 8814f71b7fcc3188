"""Files that are downloaded once, known by their checksum."""

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from reprlearn.errors import UsageError


def fetch(name: str, url: str, target: Path, sha256: str) -> None:
    """Downloads a file, whole or not at all.

    Args:
      name: of the data set, for the messages.
      url: of the file.
      target: where it is put; its folder is there.
      sha256: its checksum.

    Raises:
      UsageError: no connection, or another file.
    """
    partial = target.with_name(target.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=60) as response, partial.open("wb") as out:
            while block := response.read(1 << 20):
                out.write(block)
    except (OSError, urllib.error.URLError) as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            f"data.name is {name!r}: cannot download {url} ({getattr(error, 'reason', error)}); "
            "put its files in a folder and name it with --config.data.manual_dir"
        ) from error
    if (found := sha256_of(partial)) != sha256:
        partial.unlink()
        raise UsageError(f"data.name is {name!r}: {url} has sha256 {found}, expected {sha256}")
    partial.replace(target)


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
