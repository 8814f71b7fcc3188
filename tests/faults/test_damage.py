"""Damaged checkpoints: named, put aside, and never a reason to start anew in silence."""

import os
from pathlib import Path

import pytest
from conftest import command
from trainers import digest, straight, train


def largest(folder: Path) -> Path:
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def truncate(checkpoint: Path) -> None:
    file = largest(checkpoint)
    os.truncate(file, file.stat().st_size // 2)


def flip_a_bit(checkpoint: Path) -> None:
    file = largest(checkpoint)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def delete_half(checkpoint: Path) -> None:
    files = sorted(p for p in checkpoint.rglob("*") if p.is_file())
    for file in files[::2]:
        file.unlink()


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("damage", [truncate, flip_a_bit, delete_half])
def test_a_damaged_checkpoint_is_named_and_the_one_before_taken(tmp_path, damage):
    workdir = tmp_path / "run"
    train(workdir, 40)
    damage(workdir / "checkpoints" / "40")
    shown = command("-m", "reprlearn.evaluate", f"--workdir={workdir}")
    assert shown.returncode == 0, shown.stderr
    assert "step 30" in shown.stdout
    resumed = train(workdir, 60)
    assert resumed.returncode == 0, resumed.stderr
    for said in (shown.stderr, resumed.stderr):
        assert "warning: the checkpoint of step 40 in" in said
        assert "Traceback" not in said
    assert "from step 30" in resumed.stderr
    assert digest(workdir) == straight(60)
    assert (workdir / "damaged" / "40").is_dir()  # kept for who wants to look


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_without_a_whole_checkpoint_nothing_starts_anew(tmp_path):
    workdir = tmp_path / "run"
    train(workdir, 40)
    for step in (30, 40):
        truncate(workdir / "checkpoints" / str(step))
    log = (workdir / "metrics.jsonl").read_text()
    resumed = train(workdir, 60)
    assert resumed.returncode == 2
    assert "are damaged (step 40: " in resumed.stderr
    assert (workdir / "metrics.jsonl").read_text() == log
    assert sorted(p.name for p in (workdir / "checkpoints").iterdir()) == ["30", "40"]


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_what_is_left_unread_of_a_damaged_checkpoint_is_not_heard_of(tmp_path):
    """Its other reads end after the first has failed, and must find somebody who waits."""
    workdir = tmp_path / "run"
    train(workdir, 40)
    truncate(workdir / "checkpoints" / "40")
    program = (
        "import gc; from reprlearn import runs\n"
        f"for _ in range(8): runs.restore({str(workdir)!r})\n"
        "gc.collect()"
    )
    read = command("-c", program)
    assert read.returncode == 0
    lines = read.stderr.splitlines()
    assert len(lines) == 8, read.stderr
    assert all(line.startswith("warning: the checkpoint of step 40 in") for line in lines)
