"""Disks that are full or cannot be written: one error, nothing lost."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from trainers import digest, straight, train


@contextmanager
def small_disk(folder: Path, size: str, *options: str):
    """A file system of its own; skips where the machine lets nobody mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "tmpfs", folder]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_a_full_disk_is_one_error_and_costs_nothing(tmp_path):
    with small_disk(tmp_path / "disk", "8m") as disk:
        workdir, filler = disk / "run", disk / "filler"
        assert train(workdir, 40).returncode == 0
        only_logs = "--config.training.checkpoint_every=100000", "--config.training.log_every=1"
        for room, more in (
            (600, ()),  # while saving
            (180, only_logs),  # while logging
            (0, ()),  # while writing the first file
        ):
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filler.write_bytes(b"x" * (free - room * 1024))
            full = train(workdir, 3_000, *more)
            filler.unlink()
            assert full.returncode == 1, full.stderr
            assert full.stderr.splitlines()[-1].startswith("error: cannot write")
            assert "o space left on" in full.stderr.splitlines()[-1]
            assert "Traceback" not in full.stderr
            assert (workdir / "checkpoints" / "40").is_dir()
        resumed = train(workdir, 3_000)
        assert "from step 40" in resumed.stderr
        assert digest(workdir) == straight(3_000)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_a_workdir_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with small_disk(tmp_path / "disk", "1m", "ro") as disk:
        for workdir, reason in (
            (disk / "run", "Read-only file system"),
            (tmp_path / "file", "not a directory"),
            (tmp_path / "file" / "run", "Not a directory"),
        ):
            done = train(workdir, 10)
            assert (done.returncode, done.stdout) == (2, "")
            assert reason in done.stderr
            assert done.stderr.count("\n") == 1
