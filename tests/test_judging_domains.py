"""What is said of two domains: how far they are apart, and what bounds the target's risk."""

import numpy as np
import pytest
from conftest import change_data, refusal, tiny
from ml_collections import ConfigDict

from reprlearn import evaluate, evaluation, experiment, kept, plots, scores
from reprlearn.figures import bound_terms, domain_map
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("domains")


def config(**fields):
    return tiny("dann_moons.py", **fields)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    whole = config(scores=("adaptation", "divergence", "bound"), figures="on")
    return experiment.train(whole, tmp_path_factory.mktemp("runs") / "run")


def test_divergence_is_of_features_and_of_examples_by_each_classifier(run):
    arrays = run.load("test")
    examples = [arrays[f"{name}/x"][:500] for name in ("source", "target")]
    spaces = {"": [run.encode(x) for x in examples], "pixels_": examples}
    for space, features in spaces.items():
        for classifier in ("linear", "mlp", "kernel"):
            expected = evaluation.h_divergence(*features, classifier=classifier, seed=0)
            name = f"divergence/{space}{classifier}"
            assert run.summary[name] == pytest.approx(expected.value, abs=0.02), name
            assert run.summary[f"{name}_low"] == pytest.approx(expected.interval.low, abs=0.02)
    assert run.summary["source_only/divergence_linear"] is not None


def test_the_terms_of_the_bound_are_those_of_the_theorem(run):
    found = {name: run.summary[f"bound/{name}"] for name in scores.load("bound").METRICS}
    train, test = run.load("train"), run.load("test")

    def risk(arrays, name):
        return (run.predict(arrays[f"{name}/x"]).argmax(1) != arrays[f"{name}/y"]).mean()

    assert found["source_risk"] == pytest.approx(risk(train, "source"))
    assert found["target_risk_oracle"] == pytest.approx(risk(test, "target"))
    z = [run.encode(train[f"{name}/x"]) for name in ("source", "target")]
    apart = evaluation.h_divergence(*z, seed=0)
    assert found["divergence"] == pytest.approx(apart.value)
    assert run.summary["bound/divergence_low"] == pytest.approx(apart.interval.low)
    assert found["capacity"] == pytest.approx(evaluation.capacity(300, 2 + 1))  # latent_dim 2
    z = [run.encode(test[f"{name}/x"]) for name in ("source", "target")]
    linear = evaluation.best_joint_risk(z[0], test["source/y"], z[1], test["target/y"], seed=0)
    own = risk(test, "source") + risk(test, "target")
    assert found["best_oracle"] == pytest.approx(min(linear, own))
    names = ("source_risk", "divergence", "capacity", "best_oracle")
    assert found["total_oracle"] == pytest.approx(sum(found[name] for name in names))


def test_the_oracles_need_labels_of_the_target_and_nothing_else_feels_them(run, monkeypatch):
    subject = Subject(run, "validation")  # where the target has none
    names = set(scores.measure(subject, ["bound"])["bound"].values)
    assert names == {
        "bound/source_risk",
        "bound/capacity",
        *(f"bound/divergence{end}" for end in ("", "_low", "_high")),
    }
    before = scores.measure(Subject(run), ["bound", "divergence"])
    sets = {"test": dict(run.load("test"))}
    sets["test"]["target/y"] = 1 - sets["test"]["target/y"]
    after = scores.measure(Subject(run, sets=sets), ["bound", "divergence"])
    for name, measured in before.items():
        changed = {n for n, v in measured.values.items() if after[name].values[n] != v}
        assert all(n.endswith("_oracle") for n in changed)
    assert before["bound"].values["bound/target_risk_oracle"] == pytest.approx(
        1 - after["bound"].values["bound/target_risk_oracle"]
    )


def test_the_figure_has_the_terms_of_the_baselines_and_of_the_run(run, monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr(plots, "bound_terms", lambda *given: drawn.append(given))
    bound_terms.draw(Subject(run))
    ((bars, title),) = drawn
    assert list(bars) == ["source_only", "dann"] and "dann, moons" in title
    assert bars["dann"]["divergence"] == run.summary["bound/divergence"]
    assert bars["source_only"]["target_risk_oracle"] == pytest.approx(
        run.summary["source_only/bound_target_risk_oracle"]
    )


def test_the_map_has_the_features_of_both_domains_of_each_training(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "domain_maps", lambda *given: drawn.append(given))
    domain_map.draw(Subject(run))
    rows, is_target, labels, names, title = drawn[0]
    assert list(rows) == ["source_only", "dann"] and "dann, moons" in title
    arrays, count = run.load("test"), domain_map.MAPPED
    chosen = np.sort(np.random.default_rng(0).permutation(2_000)[:count])  # not the first: of all
    assert is_target.tolist() == [False] * count + [True] * count
    both = [arrays[f"{name}/y"][chosen] for name in ("source", "target")]
    assert labels.tolist() == np.concatenate(both).tolist() and names == run.class_names
    z = [run.encode(arrays[f"{name}/x"][chosen]) for name in ("source", "target")]
    z = np.concatenate(z)
    near, _ = evaluation.nearest(rows["dann"], rows["dann"], k=2)  # itself, and its neighbour
    far = np.square(z - z[::-1]).sum(axis=1).mean()
    assert np.square(z - z[near[:, 1]]).sum(axis=1).mean() < 0.1 * far
    few = {role: array[:10] for role, array in arrays.items()}
    assert domain_map.draw(Subject(run, sets={"test": few})) is None


def test_the_figure_is_drawn_with_its_score_later_too(tmp_path, capsys):
    later = experiment.train(config(scores=(), training__steps=2), tmp_path / "run")
    file = later.workdir / "figures" / "bound_terms.png"
    assert not file.exists()
    evaluate.main(["evaluate", f"--workdir={later.workdir}", "--scores=bound"])
    assert str(file) in capsys.readouterr().out and file.is_file()
    assert kept.read_values(later.workdir, "bound")["bound/capacity"] > 0


def test_a_domain_of_hardly_any_examples_is_refused(monkeypatch, tmp_path):
    def few(split, arrays, seed):
        rows = 4 if split == "test" else None
        return {role: array[:rows] for role, array in arrays.items()}

    change_data(monkeypatch, few)
    alone = config(scores=("divergence",)).unlock()
    alone.baselines = ConfigDict()
    told = refusal(experiment.train, alone.lock(), tmp_path / "run")
    assert told.endswith("the source has 4 test examples; allowed: 5 or more")


def test_of_texts_the_features_alone_are_compared(tmp_path, capsys):
    config = tiny("dann_opinions.py", scores=("divergence",)).unlock()
    config.baselines = ConfigDict()
    run = experiment.train(config.lock(), tmp_path / "run")
    assert {name for name in run.summary if name.startswith("divergence/")} >= {
        f"divergence/{classifier}" for classifier in ("linear", "mlp", "kernel")
    }
    assert not any("pixels" in name for name in run.summary)
    assert "warning" not in capsys.readouterr().err
