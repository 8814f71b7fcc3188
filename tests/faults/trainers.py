"""Trainers in processes of their own, for the tests of faults."""

import functools
import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from conftest import ROOT, command

CONFIG = "--config=configs/vae.py:digits"
SMALL = (
    "--config.model.encoder.widths=16,",
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


@functools.cache
def straight(steps):
    """The digest of an undisturbed run."""
    with tempfile.TemporaryDirectory() as folder:
        done = train(Path(folder) / "run", steps, "--config.training.checkpoint_every=100000")
        assert done.returncode == 0, done.stderr
        return digest(Path(folder) / "run")


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
