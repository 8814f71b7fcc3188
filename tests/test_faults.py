"""Kills, signals, damage, full disks, bad numbers, a second trainer: nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT, command

CONFIG = "--config=configs/vae.py:digits"
SMALL = (
    "--config.model.widths=16,",
    "--config.data.batch_size=20",
    "--config.training.steps_per_call=5",
    "--config.training.log_every=10",
    "--config.training.eval_every=1000",
    "--config.training.checkpoint_every=10",
)


def arguments(workdir, steps, *more):
    return ["train.py", CONFIG, *SMALL, f"--config.training.steps={steps}", *more,
            f"--workdir={workdir}"]  # fmt: skip


def train(workdir, steps, *more, **environment):
    return command(*arguments(workdir, steps, *more), **environment)


def digest(workdir):
    return json.loads((workdir / "summary.json").read_text())["state_sha256"]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The digests of undisturbed runs, by their steps."""
    folder, found = tmp_path_factory.mktemp("straight"), {}

    def of(steps):
        if steps not in found:
            done = train(folder / str(steps), steps, "--config.training.checkpoint_every=100000")
            assert done.returncode == 0, done.stderr
            found[steps] = digest(folder / str(steps))
        return found[steps]

    return of


@contextmanager
def started(workdir, steps, *more):
    """A trainer in the background; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, *arguments(workdir, steps, *more)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def lines(workdir):
    log = workdir / "metrics.jsonl"
    return log.read_text().count("\n") if log.is_file() else 0


def wait(process, until, seconds=60):
    end = time.monotonic() + seconds
    while not until():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_killed_twenty_times_at_random_moments_ends_as_the_undisturbed_run(tmp_path, straight):
    steps, rng, workdir = 4_000, random.Random(0), tmp_path / "run"
    for i in range(20):
        with started(workdir, steps) as process:
            if i % 2:  # anywhere, start-up and restoring included
                time.sleep(rng.uniform(0.5, 4.0))
            else:
                before = lines(workdir)
                wait(process, lambda before=before: lines(workdir) > before)
                time.sleep(rng.uniform(0.0, 0.3))
            assert process.poll() is None, "ended before it could be killed"
            process.kill()
    assert not (workdir / "summary.json").exists()
    last = train(workdir, steps, "--config.training.checkpoint_every=100000")
    assert last.returncode == 0, last.stderr
    assert "from step" in last.stderr
    assert digest(workdir) == straight(steps)
    assert not list((workdir / "checkpoints").glob("*tmp*"))  # what was half saved is gone


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_killed_in_the_midst_of_a_save_ends_as_the_undisturbed_run(tmp_path):
    wide, steps = "--config.model.widths=2048,", 60
    killed, half_saved = tmp_path / "killed", 0
    partial = lambda: list((killed / "checkpoints").glob("*.orbax-checkpoint-tmp"))  # noqa: E731
    for _ in range(6):
        with started(killed, steps, wide) as process:
            wait(process, lambda: partial() or process.poll() is not None)
            process.kill()
            process.wait()
            half_saved += bool(partial())
        if half_saved >= 3:
            break
    assert half_saved >= 2, "no save was caught"
    for name in ("killed", "undisturbed"):
        done = train(tmp_path / name, steps, wide)
        assert done.returncode == 0, done.stderr
    assert digest(killed) == digest(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_asked_to_stop_it_saves_says_where_and_goes_on(tmp_path, straight, number, code):
    steps, workdir = 4_000, tmp_path / "run"
    with started(workdir, steps, "--config.training.checkpoint_every=100000") as process:
        wait(process, lambda: lines(workdir) > 3)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert f"{number.name}: stopped after step" in said
    assert f"saved in {workdir}" in said
    assert "Traceback" not in said
    step = int(said.split("after step ")[1].split(",")[0])
    assert (workdir / "checkpoints" / str(step)).is_dir()
    assert not (workdir / "lock").exists()
    resumed = train(workdir, steps, "--config.training.checkpoint_every=100000")
    assert f"from step {step}" in resumed.stderr
    assert digest(workdir) == straight(steps)


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
def test_a_damaged_checkpoint_is_named_and_the_one_before_taken(tmp_path, straight, damage):
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
    assert "is whole (step 40: " in resumed.stderr
    assert (workdir / "metrics.jsonl").read_text() == log
    assert sorted(p.name for p in (workdir / "checkpoints").iterdir()) == ["30", "40"]


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
def test_a_full_disk_is_one_error_and_costs_nothing(tmp_path, straight):
    with small_disk(tmp_path / "disk", "8m") as disk:
        workdir, filler = disk / "run", disk / "filler"
        assert train(workdir, 40).returncode == 0
        for room in (600, 0):  # while saving; while writing the first file
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filler.write_bytes(b"x" * (free - room * 1024))
            full = train(workdir, 60)
            filler.unlink()
            assert full.returncode == 1, full.stderr
            assert full.stderr.splitlines()[-1].startswith("error: cannot write")
            assert "o space left on" in full.stderr.splitlines()[-1]
            assert "Traceback" not in full.stderr
            assert (workdir / "checkpoints" / "40").is_dir()
        resumed = train(workdir, 60)
        assert "from step 40" in resumed.stderr
        assert digest(workdir) == straight(60)


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


def test_a_platform_without_devices_is_named(tmp_path):
    done = train(tmp_path / "run", 10, JAX_PLATFORMS="cuda")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: JAX_PLATFORMS is 'cuda'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_numbers_that_are_not_finite_stop_the_run_and_are_named(tmp_path):
    workdir, sgd = tmp_path / "run", ("--config.optimizer.name=sgd",)
    assert train(workdir, 20, *sgd).returncode == 0
    # Of the same run, as if its rate had been too high all along.
    config = json.loads((workdir / "config.json").read_text())
    config["optimizer"]["learning_rate"] = 1e30
    (workdir / "config.json").write_text(json.dumps(config))
    done = train(workdir, 40, *sgd, "--config.optimizer.learning_rate=1e30")
    assert done.returncode == 1, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith("error: training diverged at step 22: ")
    assert "decoder/" in said
    assert "the checkpoint of step 20 is whole" in said
    assert not (workdir / "summary.json").exists()
    assert sorted(int(p.name) for p in (workdir / "checkpoints").iterdir()) == [10, 20]


def test_updates_that_are_not_finite_are_skipped_and_counted(tmp_path):
    rate = ("--config.optimizer.name=sgd", "--config.optimizer.learning_rate=1e30")
    done = train(tmp_path / "run", 20, *rate, "--config.training.on_nonfinite=skip")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["steps"], summary["skipped"]) == (20, 19)  # the first update was finite


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_a_second_trainer_is_refused_and_a_dead_one_is_not_waited_for(tmp_path):
    workdir = tmp_path / "run"
    with started(workdir, 100_000) as first:
        wait(first, lambda: lines(workdir) > 0)
        second = train(workdir, 100_000)
        assert (second.returncode, second.stdout) == (2, "")
        assert f"is in use: process {first.pid} on" in second.stderr
        assert second.stderr.count("\n") == 1
    assert (workdir / "lock").exists()  # killed, the first one left it
    with started(workdir, 100_000) as third:
        before = lines(workdir)
        wait(third, lambda: lines(workdir) > before + 1)


def test_a_run_of_another_version_says_which_and_how_to_go_on(tmp_path):
    workdir = tmp_path / "run"
    train(workdir, 10)
    config = json.loads((workdir / "config.json").read_text())
    del config["training"]["num_seeds"]
    config["model"]["old_field"] = 1
    (workdir / "config.json").write_text(json.dumps(config))
    done = train(workdir, 20)
    assert done.returncode == 2
    assert "model.old_field is 1 there, absent here" in done.stderr
    assert "training.num_seeds is absent there, 1 here" in done.stderr
    assert "The run is of another version" in done.stderr
    assert f"add training.num_seeds to {workdir}/config.json" in done.stderr
    assert f"take model.old_field out of {workdir}/config.json" in done.stderr
    shown = command("-m", "reprlearn.evaluate", f"--workdir={workdir}")
    assert shown.returncode == 2
    assert "lacks training.num_seeds. The run is of another version" in shown.stderr
    del config["model"]["old_field"]
    config["training"]["num_seeds"] = 1
    (workdir / "config.json").write_text(json.dumps(config))
    assert train(workdir, 20).returncode == 0  # as it was told
