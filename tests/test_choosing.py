"""What can be said of an adaptation without a label of the target: criteria, shares, alarms."""

import json

import numpy as np
import pytest
from conftest import change_data, refusal, tiny
from ml_collections import ConfigDict

from reprlearn import evaluate, evaluation, experiment, kept, methods, notes, plots, scores
from reprlearn.scores import label_shift, selection
from reprlearn.subject import Subject, subset

pytestmark = pytest.mark.xdist_group("choosing")
ALIGNMENTS = ("adversarial", "conditional", "mmd", "coral", "confusion")


def config(**fields):
    made = tiny("dann_moons.py", **fields).unlock()
    made.baselines = ConfigDict()
    return made.lock()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    fields = {"scores": ("selection", "label_shift"), "watch": ("selection",)}
    fields |= {"training__steps": 40, "training__eval_every": 15}
    return experiment.train(config(**fields), tmp_path_factory.mktemp("runs") / "run")


def test_criteria_are_those_of_the_validation_split(run):
    arrays = run.load("validation")
    x, y, target = arrays["source/x"], arrays["source/y"], arrays["target/x"]
    z, of_target, logits = run.encode(x), run.encode(target), run.predict(target)
    wrong = run.predict(x).argmax(axis=1) != y
    weights = evaluation.importance_weights(z, of_target)
    predicted = logits.argmax(axis=1)
    expected = {
        "source_accuracy": 1 - wrong.mean(),
        "reverse_accuracy": evaluation.reverse_accuracy(of_target, predicted, z, y),
        "weighted_error": evaluation.weighted_error(wrong, weights),
        "entropy": evaluation.prediction_entropy(logits).mean(),
        "information": evaluation.mutual_information(logits),
        "density": evaluation.soft_neighbourhood_density(logits),
    }
    assert set(expected) == set(selection.CRITERIA)
    right = logits.argmax(axis=1) == arrays["oracle/y"]
    expected["accuracy_oracle"] = right.mean()
    assert 0 < right.mean() < 1 and set(expected) == set(selection.METRICS)
    for name, value in expected.items():
        assert run.summary[f"selection/{name}"] == pytest.approx(value, rel=1e-4), name


def test_a_large_set_is_judged_by_some_of_it():
    arrays = {"x": np.arange(50) * 2, "y": np.arange(50)}
    found = subset(arrays, 20, seed=3)
    assert len(found["x"]) == 20 and (np.diff(found["y"]) > 0).all() and found["y"].max() > 30
    np.testing.assert_array_equal(found["x"], 2 * found["y"])
    assert subset(arrays, 60, seed=3)["x"].tolist() == arrays["x"].tolist()


def test_what_is_watched_stands_at_every_validation(run):
    lines = [line for line in run.history if line["split"] == "validation"]
    assert [line["step"] for line in lines] == [15, 30, 40]
    names = {f"selection/{name}" for name in selection.METRICS}
    for line in lines:
        assert {name for name in line if name.startswith("selection")} == names  # and no interval
    assert lines[0] != lines[-1]
    for name in names:  # at the end it is what the score says
        assert lines[-1][name] == pytest.approx(run.summary[name], rel=1e-5)
    made = plots.training_curves(run.history, "curves")
    assert {"selection, density", "selection, entropy"} <= {a.get_title() for a in made.axes}


def test_each_seed_is_watched(tmp_path):
    fields = {"watch": ("selection",), "training__num_seeds": 2, "training__steps": 10}
    run = experiment.train(config(scores=("selection",), **fields), tmp_path / "run")
    line = [line for line in run.history if line["split"] == "validation"][-1]
    for name in ("selection/density", "selection/source_accuracy"):
        assert line[f"{name}/seeds"] == pytest.approx(run.summary[f"{name}/seeds"], rel=1e-5)
        assert line[name] == pytest.approx(np.mean(line[f"{name}/seeds"]))


def test_of_what_is_watched_the_learned_space_alone_is_kept(tmp_path):
    run = experiment.train(config(watch=("knn",), scores=("knn",), training__steps=4), tmp_path)
    line = [line for line in run.history if line["split"] == "validation"][-1]
    found = {name for name in line if name.startswith("knn/")}
    assert "knn/accuracy" in found and not any(kept.parsed(n)[1] != "learned" for n in found)
    later = scores.measure(Subject(run, "validation"), ["knn"])["knn"].values
    assert line["knn/accuracy"] == pytest.approx(later["knn/accuracy"])


def test_a_run_that_is_resumed_watches_as_the_undisturbed_one(tmp_path):
    fields = {"scores": (), "watch": ("selection",), "model__trade_off_schedule": "constant"}
    fields |= {"optimizer__schedule": "constant", "training__eval_every": 4}
    lines = []
    for folder, parts in (("straight", (8,)), ("resumed", (4, 8))):
        for steps in parts:
            found = experiment.train(config(**fields, training__steps=steps), tmp_path / folder)
        lines.append([line for line in found.history if line["split"] == "validation"])
    assert lines[0] == lines[1] and [line["step"] for line in lines[0]] == [4, 8]


def test_hardly_any_labelled_examples_to_choose_by_are_refused(tmp_path, monkeypatch):
    def few(split, arrays, seed):
        known = np.where(np.arange(len(arrays["source/y"])) < 4, arrays["source/y"], -1)
        return arrays | ({"source/y": known.astype(np.int32)} if split == "validation" else {})

    change_data(monkeypatch, few)
    told = refusal(experiment.train, config(scores=("selection",)), tmp_path / "run")
    assert told.endswith("the source has 4 validation examples; allowed: 5 or more")


def test_what_cannot_be_watched_is_refused(tmp_path):
    asked = {"pca": "watch has 'pca', which needs a", "knm": "watch is 'knm'"}
    asked["adaptation"] = "watch has 'adaptation': it needs labels of the target to test on"
    for name, told in asked.items():
        assert refusal(experiment.train, config(watch=(name,)), tmp_path / "run").startswith(told)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_garbage_for_target_labels_changes_nothing_but_oracles(alignment, tmp_path, monkeypatch):
    fields = {
        "model__alignment": alignment,
        "scores": ("selection", "label_shift", "divergence", "bound"),
        "watch": ("selection",),
        "training__steps": 12,
    }
    runs = [experiment.train(config(**fields), tmp_path / "true")]

    def garbage(split, arrays, seed):
        changed = [role for role in ("target/y", "oracle/y") if role in arrays]
        assert len(changed) == 1, (split, changed)
        rng = np.random.default_rng(seed)
        return arrays | {role: rng.permutation(arrays[role]) for role in changed}

    change_data(monkeypatch, garbage)
    runs.append(experiment.train(config(**fields), tmp_path / "garbage"))
    files = [(run.workdir / "metrics.jsonl").read_text().splitlines() for run in runs]
    lines = [[json.loads(line) | {"seconds": 0} for line in file] for file in files]
    oracles = [[line.pop("selection/accuracy_oracle", None) for line in one] for one in lines]
    assert lines[0] == lines[1] and any("selection/density" in line for line in lines[0])
    assert any(oracles[0])
    changed = {n for n, value in runs[0].summary.items() if runs[1].summary[n] != value}
    changed = {name for name in changed if "second" not in name}
    assert changed and all(name.endswith("_oracle") for name in changed)


def test_shares_of_the_classes_are_estimated_and_differences_are_told(run, tmp_path, monkeypatch):
    assert not any("shared out" in line for line in notes.read(run.workdir))
    test = run.load("test")
    predicted = {
        name: run.predict(test[f"{name}/x"]).argmax(axis=1) for name in ("source", "target")
    }
    expected = evaluation.label_shift(test["source/y"], *predicted.values(), 2)
    found = kept.read(run.workdir, "label_shift")
    assert found.values["label_shift/distance"] == pytest.approx(expected.distance)
    assert found.values["label_shift/chance"] == pytest.approx(expected.chance)
    np.testing.assert_allclose(found.arrays["target"], expected.target)

    sets = {"test": dict(test)}
    kept_of = (test["target/y"] == 1) | (np.arange(2_000) % 4 == 0)
    for role in ("target/x", "target/y"):
        sets["test"][role] = test[role][kept_of]
    shifted = scores.measure(Subject(run, sets=sets), ["label_shift"])["label_shift"]
    shares = np.bincount(sets["test"]["target/y"]) / kept_of.sum()
    np.testing.assert_allclose(shifted.arrays["known"], shares)
    by_labels = np.abs(np.bincount(test["source/y"]) / 2_000 - shares).sum() / 2
    assert shifted.values["label_shift/distance_oracle"] == pytest.approx(by_labels)
    assert shifted.values["label_shift/distance"] > 0.2
    (told,) = shifted.warnings
    assert told.startswith("the classes seem to be shared out differently in the two domains")
    assert "of class" in told and "do not trust an alignment" in told
    without = {role: array for role, array in test.items() if role != "target/y"}
    found = scores.measure(Subject(run, sets={"test": without}), ["label_shift"])["label_shift"]
    assert "known" not in found.arrays and "label_shift/distance_oracle" not in found.values
    monkeypatch.setattr(run, "predict", lambda x: np.full((len(x), 2), np.nan))
    assert scores.measure(Subject(run), ["label_shift"]) == {}  # a warning says why


def test_what_a_score_warns_of_is_in_the_notes_with_its_seed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(label_shift, "_warnings", lambda found, names: ["look here"])
    fields = {"scores": ("label_shift",), "training__steps": 2}
    one = experiment.train(config(**fields), tmp_path / "one")
    assert "warning: look here" in notes.read(one.workdir)
    evaluate.main(["", f"--workdir={one.workdir}", "--scores=label_shift", "--split=validation"])
    assert capsys.readouterr().err.count("warning: look here") == 2  # and not in the run's notes
    assert notes.read(one.workdir).count("warning: look here") == 1
    two = experiment.train(config(**fields, training__num_seeds=2, seed=4), tmp_path / "two")
    assert {f"warning: seed {s}: look here" for s in (4, 5)} <= set(notes.read(two.workdir))
    beside = tiny("dann_moons.py", **fields)
    experiment.train(beside, tmp_path / "beside")
    assert "warning: baseline source_only: look here" in capsys.readouterr().err
    held_in = ["", f"--workdir={one.workdir}", "--scores=label_shift", "--split=train"]
    assert "allowed: validation, test" in refusal(evaluate.main, held_in)


def method(**model):
    made = config(**{f"model__{name}": value for name, value in model.items()})
    run_columns = experiment.assemble(made).dataset.columns
    return methods.from_config(made, run_columns)


def lines(accuracy, entropy, loss):
    given = zip(accuracy, entropy, loss, strict=True)
    names = ("domain_accuracy", "domain_cross_entropy", "source_cross_entropy")
    return [dict(zip(names, values, strict=True)) for values in given]


HEALTHY = lines([0.6, 0.8, 0.6, 0.5], [0.65, 0.5, 0.69, 0.7], [0.7, 0.3, 0.2, 0.1])
APART = lines([0.6, 1, 0.99, 0.991], [0.65, 0.3, 0.1, 0.1], [0.7, 0.3, 0.2, 0.1])
DEAD = lines([0.5, 0.49, 0.52, 0.5], [0.693, 0.694, 0.691, 0.693], [0.7, 0.3, 0.2, 0.1])
UNLEARNED = lines([0.6, 0.8, 0.6, 0.5], [0.65, 0.5, 0.69, 0.7], [0.7, 0.3, 0.5, 0.81])


def test_alarms_of_an_adversary_and_of_labels():
    alarms = method().alarms
    assert alarms(HEALTHY) == [] and alarms(HEALTHY[:1]) == []
    (told,) = alarms(APART)
    assert told.startswith("the domain head tells 99.1% of the examples' domains to the end")
    (told,) = alarms(DEAD)
    assert told.startswith("the domain head never told the domains apart, with 52% right at best")
    (told,) = alarms(UNLEARNED)
    assert told.startswith("source_cross_entropy rose from 0.7 at first to 0.81 at the end")
    almost = lines([0.6, 1, 1, 0.98], [0.65, 0.3, 0.1, 0.1], [0.7, 0.3, 0.2, 0.79])
    assert alarms(almost) == []
    assert (
        alarms([line | {"source_cross_entropy": 0.01 * (i + 1)} for i, line in enumerate(HEALTHY)])
        == []
    )
    for live in (("domain_accuracy", 0.56), ("domain_cross_entropy", 0.689)):
        assert alarms([DEAD[0] | dict([live]), *DEAD[1:]]) == []


def test_no_alarm_of_a_domain_head_that_no_feature_meets():
    for quiet in (method(alignment="mmd"), method(trained_on="source")):
        assert quiet.alarms(APART) == quiet.alarms(DEAD) == []
        assert len(quiet.alarms(UNLEARNED)) == 1
    assert len(method(alignment="conditional").alarms(APART)) == 1


def test_alarms_of_a_run_are_in_its_notes(tmp_path, run, capsys):
    assert not any("domain head" in line for line in notes.read(run.workdir))
    fields = {"optimizer__learning_rate": 1e-9, "training__steps": 99, "scores": ()}
    begun = experiment.train(config(**fields), tmp_path / "begun")
    assert "warning" not in capsys.readouterr().err + str(notes.read(begun.workdir))
    fields["training__steps"] = 100
    dead = experiment.train(config(**fields), tmp_path / "dead")
    assert "warning: the domain head never told the domains apart" in capsys.readouterr().err
    assert any("never told the domains apart" in line for line in notes.read(dead.workdir))
    two = experiment.train(config(**fields, training__num_seeds=2, seed=7), tmp_path / "two")
    told = [line for line in notes.read(two.workdir) if "never told the domains apart" in line]
    assert [line.split(": ")[1] for line in told] == ["seed 7", "seed 8"]


def test_alarms_that_fail_cost_nothing(tmp_path, monkeypatch, capsys):
    import dataclasses

    made = methods.from_config

    def failing(config, columns):
        return dataclasses.replace(made(config, columns), alarms=lambda lines: 1 / 0)

    monkeypatch.setattr(methods, "from_config", failing)
    run = experiment.train(config(training__steps=100, scores=()), tmp_path / "run")
    assert run.summary["steps"] == 100
    assert (
        "the alarms of method 'dann' fail: ZeroDivisionError: division by zero"
        in capsys.readouterr().err
    )


def test_figures_may_be_left_out(tmp_path):
    run = experiment.train(config(scores=("label_shift",), training__steps=2), tmp_path / "run")
    assert not (run.workdir / "figures").exists()
    drawn = config(scores=("label_shift",), training__steps=2, figures="on")
    figures = experiment.train(drawn, tmp_path / "run").workdir / "figures"  # of the finished run
    assert {"label_shift.png", "training_curves.png"} <= {file.name for file in figures.iterdir()}
