"""The loop's ends and intervals, and what a resumed run writes."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import change_data, tiny

from reprlearn import experiment
from reprlearn.errors import DivergedError
from reprlearn.training import loop


def settings(**values):
    base = {"steps": 10, "steps_per_call": 4, "log_every": 5, "eval_every": 7}
    return SimpleNamespace(**(base | {"checkpoint_every": 6} | values))


def stops(chosen, step=0):
    found = []
    while step < chosen.steps:
        step = loop.next_stop(step, chosen)
        found.append(step)
    return found


def test_calls_end_where_something_is_due():
    assert stops(settings()) == [4, 5, 6, 7, 10]
    assert stops(settings(), 6) == [7, 10]
    assert stops(settings(steps_per_call=100, log_every=100, eval_every=100)) == [6, 10]
    assert stops(settings(steps=3)) == [3]


@pytest.mark.parametrize("steps", [1, 5, 6, 10, 12])
def test_the_last_step_is_logged_evaluated_and_saved_once(steps):
    chosen = settings(steps=steps)
    due = {step: loop.due_at(step, chosen) for step in range(1, steps + 1)}
    assert due[steps] == {"log", "evaluate", "save"}
    assert all("log" in names for names in due.values() if "save" in names)
    assert {step for step, names in due.items() if "evaluate" in names} == {
        step for step in range(1, steps + 1) if step % 7 == 0 or step == steps
    }


def lines(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


def without_time(found):
    return [{name: v for name, v in line.items() if name != "seconds"} for line in found]


def test_lines_after_the_checkpoint_are_written_again(tmp_path):
    """What a kill between two checkpoints leaves: lines too many, the last one cut off."""
    config = tiny("vae.py", training__steps=14)
    experiment.train(config, tmp_path / "straight")
    short = tiny("vae.py", training__steps=6)
    experiment.train(short, tmp_path / "killed")
    with (tmp_path / "killed" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 8, "split": "train", "loss": 1.0}\n{"step": 9, "spl')
    experiment.train(config, tmp_path / "killed")
    assert without_time(lines(tmp_path / "killed")) == without_time(lines(tmp_path / "straight"))


def test_each_step_is_logged_once_with_the_mean_since_the_last_line(tmp_path):
    every = tiny("vae.py", training__log_every=1, training__steps=12)
    coarse = tiny("vae.py", training__log_every=4, training__steps=12)
    for name, config in (("every", every), ("coarse", coarse)):
        experiment.train(config, tmp_path / name)
    fine = {v["step"]: v["loss"] for v in lines(tmp_path / "every") if v["split"] == "train"}
    found = {v["step"]: v["loss"] for v in lines(tmp_path / "coarse") if v["split"] == "train"}
    assert list(fine) == list(range(1, 13))
    assert list(found) == [4, 6, 8, 12]  # 6 comes with the checkpoint
    np.testing.assert_allclose(found[4], np.mean([fine[i] for i in (1, 2, 3, 4)]), rtol=1e-5)
    np.testing.assert_allclose(found[6], np.mean([fine[i] for i in (5, 6)]), rtol=1e-5)


def test_intervals_change_no_bit_of_the_result(tmp_path):
    one = experiment.train(tiny("vae.py"), tmp_path / "one")
    changed = {"steps_per_call": 5, "log_every": 3, "eval_every": 100, "checkpoint_every": 7}
    changed = {f"training__{name}": value for name, value in changed.items()}
    two = experiment.train(tiny("vae.py", **changed), tmp_path / "two")
    assert one.summary["state_sha256"] == two.summary["state_sha256"]
    for name in ("test/elbo", "test/kl", "test/reconstruction"):
        assert one.summary[name] == two.summary[name]


def test_test_labels_and_images_never_reach_training(tmp_path, monkeypatch):
    straight = experiment.train(tiny("vae.py"), tmp_path / "straight")

    def garbled(split, arrays, seed):
        return {k: v[::-1] * 0 for k, v in arrays.items()} if split == "test" else arrays

    change_data(monkeypatch, garbled)
    other = experiment.train(tiny("vae.py"), tmp_path / "garbled")
    assert other.summary["state_sha256"] == straight.summary["state_sha256"]
    assert other.summary["test/elbo"] != straight.summary["test/elbo"]


def test_a_loss_that_is_not_finite_stops_the_run_and_saves_nothing(tmp_path):
    config = tiny("vae.py", optimizer__name="sgd", optimizer__learning_rate=1e30)
    with pytest.raises(DivergedError, match=r"at step 2: elbo is \w+; .* no checkpoint was saved"):
        experiment.train(config, tmp_path / "run")
    assert lines(tmp_path / "run") == []
    assert not list((tmp_path / "run" / "checkpoints").iterdir())
    assert not (tmp_path / "run" / "summary.json").exists()
