"""Numbers that are not finite, a platform without devices, a run of another version."""

import json

import pytest
from conftest import command
from trainers import train


def test_a_platform_without_devices_is_named(tmp_path):
    done = train(tmp_path / "run", 10, JAX_PLATFORMS="cuda")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: JAX_PLATFORMS is 'cuda'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
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
    assert "the checkpoint of step 20 is valid" in said
    assert not (workdir / "summary.json").exists()
    assert sorted(int(p.name) for p in (workdir / "checkpoints").iterdir()) == [10, 20]


@pytest.mark.slow
def test_updates_that_are_not_finite_are_skipped_and_counted(tmp_path):
    rate = ("--config.optimizer.name=sgd", "--config.optimizer.learning_rate=1e30")
    done = train(tmp_path / "run", 20, *rate, "--config.training.on_nonfinite=skip")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["steps"], summary["skipped"]) == (20, 19)  # the first update was finite


@pytest.mark.slow
def test_a_run_of_another_version_says_which_and_a_new_setting_takes_its_default(tmp_path):
    workdir = tmp_path / "run"
    train(workdir, 10)
    config = json.loads((workdir / "config.json").read_text())
    del config["training"]["num_seeds"]
    config["model"]["old_field"] = 1
    (workdir / "config.json").write_text(json.dumps(config))
    done = train(workdir, 20)
    assert done.returncode == 2
    assert "model.old_field is 1 there, absent here" in done.stderr
    assert "The run is of another version; to use it, take that version" in done.stderr
    shown = command("-m", "reprlearn.evaluate", f"--workdir={workdir}")
    assert shown.returncode == 2
    assert "has model.old_field. The run is of another version" in shown.stderr
    del config["model"]["old_field"]
    (workdir / "config.json").write_text(json.dumps(config))
    assert train(workdir, 20).returncode == 0
