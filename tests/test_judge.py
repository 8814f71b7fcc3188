"""Scores asked of a finished run, of its checkpoints and of every seed; and a new one, one file."""

import json
import sys

import numpy as np
import pytest
from conftest import tiny

from reprlearn import data, evaluate, experiment, figures, kept, rundir, runs, scores
from reprlearn.errors import StorageError, UsageError
from reprlearn.scores import verification
from reprlearn.subject import Subject, by_training


@pytest.fixture(scope="module", autouse=True)
def fewer_pairs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "PAIRS", 200)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A VAE with two seeds, not scored."""
    config = tiny("vae.py", training__num_seeds=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


def evaluated(run, *flags):
    evaluate.main(["evaluate", f"--workdir={run.workdir}", *flags])


def told(run, name):
    return json.loads((run.workdir / "scores" / f"{name}.json").read_text())


def test_scores_are_asked_of_a_finished_run_and_kept(run, capsys):
    evaluated(run, "--scores=retrieval,verification")
    printed = capsys.readouterr().out
    of_seeds = [verification.measure(Subject(one)) for one in run.seeds]
    found = told(run, "verification")
    assert (found["split"], found["step"]) == ("test", 12)
    each = [one.values["verification/auc"] for one in of_seeds]
    assert found["values"]["verification/auc/seeds"] == each and each[0] != each[1]
    assert found["values"]["verification/auc"] == pytest.approx(np.mean(each))
    error = found["values"]["verification/auc/standard_error"]
    assert f"auc {np.mean(each):.4f} +- {error:.4f} " in " ".join(printed.split())
    measured = kept.read(run.workdir, "verification")
    assert measured.values == found["values"]
    for role, array in of_seeds[0].arrays.items():
        np.testing.assert_array_equal(measured.arrays[role], array)
    assert kept.read(run.workdir, "retrieval").arrays == {}
    assert run.summary.keys().isdisjoint(found["values"])


def test_of_a_checkpoint_and_of_another_split(run):
    evaluated(run, "--scores=verification", "--step=6", "--split=validation")
    found = told(run, "verification.validation.step6")
    assert (found["split"], found["step"]) == ("validation", 6)
    expected = verification.measure(Subject(run.at(6), "validation")).values
    assert found["values"]["verification/auc/seeds"][0] == expected["verification/auc"]
    # A threshold that was calibrated on these pairs is not judged on them.
    assert not [name for name in found["values"] if "accuracy" in name or "threshold" in name]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--scores=retreival"], "scores is 'retreival'. Did you mean 'retrieval'? Choices: adapt"),
        (
            ["--scores=modes"],
            "a synthetic mixture (ring, grid). Allowed: anomaly, clustering, code, ",
        ),
        (["--step=7"], "does not have a checkpoint of step 7; it has: 6, 12"),
        (["--step=last"], "--step is 'last'; allowed: a step whose checkpoint is kept"),
        (["--split=tset"], "--split is 'tset'. Did you mean 'test'?"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(run, flags, message):
    with pytest.raises(UsageError) as refused:
        evaluated(run, *flags)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_of_other_data_nothing_is_kept(tmp_path, capsys):
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    np.savez(tmp_path / "one.npz", x=x, y=y)
    np.savez(tmp_path / "two.npz", x=x + 1, y=y)
    config = tiny("vae.py", data__name=str(tmp_path / "one.npz"), data__batch_size=10)
    run = experiment.train(config, tmp_path / "run")
    evaluated(run, f"--data={tmp_path}/two.npz", "--scores=log_likelihood")
    assert "not the one of the run's training" in capsys.readouterr().err
    assert not (run.workdir / "scores").exists()


def test_a_finished_run_that_is_asked_for_other_scores_is_not_trained_again(tmp_path, capsys):
    first = experiment.train(tiny("autoencoder.py", figures="on"), tmp_path / "run")
    before = first.summary
    config = tiny("autoencoder.py", scores=("verification",), figures="on")
    again = experiment.train(config, tmp_path / "run").summary
    assert {name: again[name] for name in before if name != "seconds"} == {
        name: value for name, value in before.items() if name != "seconds"
    }
    assert 0 <= again["verification/auc"] <= 1
    assert rundir.read_config(tmp_path / "run").scores == ("verification",)
    assert (tmp_path / "run" / "figures" / "roc.png").is_file()
    (tmp_path / "run" / "scores" / "verification.json").unlink()  # as where it failed
    assert experiment.train(config, tmp_path / "run").summary["steps"] == 12
    assert (tmp_path / "run" / "scores" / "verification.json").is_file()
    capsys.readouterr()
    experiment.train(config, tmp_path / "run")
    assert "is complete, 12 steps" in capsys.readouterr().err


def test_a_split_is_loaded_once_and_examples_are_encoded_once(run, monkeypatch):
    loaded, encoded = [], []
    load, encode = runs.Run.load, runs.Run.encode
    monkeypatch.setattr(runs.Run, "load", lambda self, *a: loaded.append(a[0]) or load(self, *a))
    monkeypatch.setattr(
        runs.Run, "encode", lambda self, x, column=None: encoded.append(len(x)) or encode(self, x)
    )
    subject = Subject(run)
    scores.measure(subject, ("knn", "retrieval", "verification"))
    assert sorted(loaded) == ["test", "train", "validation"]
    sizes = [len(data.load("digits", split)["y"]) for split in data.SPLITS]
    assert sorted(encoded) == sorted(2 * sizes)  # by the run, and by its untrained encoder


NEW_SCORE = '''
"""Spread: how far codes lie from their mean."""

from reprlearn import plots
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs

NEEDS = Needs(can=("encode",), columns=("x",))
QUESTION = "how far do codes lie from their mean?"
METRICS = {"spread": Metric("standard deviation of the codes")}


def check(config, load, split):
    if len(load(split)["x"]) < 2:
        raise ValueError


def measure(subject):
    z = subject.run.encode(subject.load()["x"])
    return Measured({"spread": float(z.std())}, {"z": z})


def draw(measured, what):
    labels = 0 * measured.arrays["z"][:, 0].astype(int)
    yield "spread", plots.latent_map(measured.arrays["z"], labels, ["all"], what, ("a", "b"))
'''

NEW_FIGURE = '''
"""The first image of the split."""

from reprlearn import plots
from reprlearn.columns import unit_floats
from reprlearn.subject import Needs

NEEDS = Needs(columns=("x",), kind="image")


def draw(subject):
    return plots.samples(unit_floats(subject.load()["x"][:1]), "First")
'''


@pytest.fixture
def new_files(tmp_path, monkeypatch):
    """A score and a figure, a file each; nothing else changes."""
    for package, text, name in ((scores, NEW_SCORE, "spread"), (figures, NEW_FIGURE, "first")):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield
    for name in ("reprlearn.scores.spread", "reprlearn.figures.first"):
        sys.modules.pop(name, None)


def test_a_new_score_and_a_new_figure_are_a_file_each(new_files, tmp_path):
    run = experiment.train(tiny("vae.py", scores=("spread",), figures="on"), tmp_path / "run")
    z = run.encode(run.load("test")["x"])
    assert run.summary["spread"] == pytest.approx(float(z.std()))
    np.testing.assert_array_equal(kept.read(run.workdir, "spread").arrays["z"], z)
    assert {"spread", "first"} <= {path.stem for path in (run.workdir / "figures").iterdir()}
    with pytest.raises(UsageError, match="'spread', which needs a single data set"):
        experiment.train(tiny("dann_moons.py", scores=("spread",)), tmp_path / "other")


def test_what_is_kept_is_whole(tmp_path, monkeypatch):
    measured = kept.Measured(
        {"a": 1.5, "b": float("nan")}, {"x": np.arange(3)}, {"s/a": np.array([1.0, 2.0])}
    )
    kept.write(tmp_path, "one", measured, split="test")
    back = kept.read(tmp_path, "one")
    assert back.arrays["x"].tolist() == [0, 1, 2] and back.examples["s/a"].tolist() == [1.0, 2.0]
    assert json.loads((tmp_path / "scores" / "one.json").read_text()) == {
        "split": "test",
        "values": {"a": 1.5, "b": None},
    }
    kept.write(tmp_path, "one", kept.Measured({"a": 2.0}))
    assert kept.read(tmp_path, "one") == kept.Measured({"a": 2.0}, {})
    with pytest.raises(UsageError, match=r"keeps no 'two'; it keeps: one$"):
        kept.read(tmp_path, "two")
    with pytest.raises(UsageError, match=r"it keeps: none$"):
        kept.read(tmp_path / "nowhere", "two")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(StorageError, match=r"cannot write .*one\.npz: No space left"):
        kept.write(tmp_path, "one", measured)
    assert kept.read(tmp_path, "one").values == {"a": 2.0}


def test_a_score_that_cannot_be_kept_costs_nothing_else(tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    run = experiment.train(
        tiny("autoencoder.py", scores=("verification",), figures="on"), tmp_path / "run"
    )
    assert "verification/auc" in run.summary
    told = "warning: the score 'verification' is not kept: cannot write"
    assert told in capsys.readouterr().err


def test_a_score_may_give_numpys_numbers_and_one_that_gives_anything_else_is_left_out(
    run, monkeypatch, capsys
):
    given = iter(
        (
            kept.Measured({"a": np.float32(0.5)}, {"x": [1, 2]}),
            kept.Measured({"a": 1.0}, {"x": [{}]}),
            {"a": 1.0},
        )
    )
    monkeypatch.setattr(verification, "measure", lambda subject: next(given))
    found = scores.measure(Subject(run), ("verification",))["verification"]
    assert found.values == {"a": 0.5} and type(found.values["a"]) is float
    assert found.arrays["x"].tolist() == [1, 2]
    assert [scores.measure(Subject(run), ("verification",)) for _ in range(2)] == [{}, {}]
    assert capsys.readouterr().err.count("'verification' could not be measured") == 2


def test_a_figure_whose_file_is_broken_costs_no_other(run, tmp_path, monkeypatch, capsys):
    (tmp_path / "aaa.py").write_text("import no_such_package")
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path)])
    paths = figures.draw(Subject(run), {})
    assert "the figure 'aaa' could not be drawn: ModuleNotFoundError" in capsys.readouterr().err
    assert {path.stem for path in paths} >= {"training_curves", "reconstructions"}


def test_an_unseen_class_of_one_example_costs_the_seen_ones_nothing():
    y = np.array([0, 0, 1, 1, 2, 2, 3], np.int32)
    arrays = {"x": np.arange(7), "y": y}
    assert list(by_training(arrays, (0, 1))) == [""]
    assert list(by_training(arrays | {"y": np.append(y[:-1], 2)}, (0,))) == ["", "unseen_"]


def test_scores_of_the_config_that_other_data_cannot_have_are_left_out(tmp_path, capsys):
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    np.savez(tmp_path / "one.npz", x=x, y=y)
    np.save(tmp_path / "two.npy", x)
    config = tiny("vae.py", data__name=str(tmp_path / "one.npz"), data__batch_size=10)
    config.scores = ("log_likelihood", "retrieval")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        run = experiment.train(config, tmp_path / "run")
    capsys.readouterr()
    evaluated(run, f"--data={tmp_path}/two.npy")
    out, err = capsys.readouterr()
    assert "warning: left out: scores has 'retrieval', which needs labelled examples" in err
    assert "log_likelihood" in out and "retrieval" not in out


@pytest.mark.parametrize(
    ("split", "step", "name"),
    [("test", None, "a"), ("train", None, "a.train"), ("validation", 6, "a.validation.step6")],
)
def test_the_name_says_what_was_measured(split, step, name):
    assert kept.name_of("a", split, step) == name
