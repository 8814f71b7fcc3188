"""Killed, asked to stop, or with a second trainer beside: a run ends as the undisturbed one."""

import random
import signal
import time

import pytest
from trainers import digest, lines, started, straight, train, wait


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_killed_twenty_times_at_random_moments_ends_as_the_undisturbed_run(tmp_path):
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
    wide, steps = "--config.model.encoder.widths=2048,", 60
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
def test_asked_to_stop_it_saves_says_where_and_goes_on(tmp_path, number, code):
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
