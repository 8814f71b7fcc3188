"""Several seeds at once: each is the run that it would be alone, and their spread is told."""

import json

import jax
import numpy as np
import pytest
from conftest import command, tiny

import reprlearn
from reprlearn import experiment, tables
from reprlearn.training import metrics

pytestmark = pytest.mark.xdist_group("seeds")
FILES = {"vae.py": {}, "gan_ring.py": {"scores": ()}, "siamese.py": {"scores": ()}}


def sgd(file, **fields):
    """Adam makes a whole step of a rounding error near 0; SGD shows the error itself."""
    rates = {"optimizer__name": "sgd", "optimizer__learning_rate": 1e-2}
    if file.startswith("gan"):
        rates |= {f"discriminator_{name}": value for name, value in rates.items()}
    return tiny(file, **rates | FILES.get(file, {}) | fields)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("seeds") / "run"
    return experiment.train(tiny("vae.py", seed=5, training__num_seeds=3, figures="on"), workdir)


@pytest.mark.parametrize("file", FILES)
def test_each_seed_is_the_single_run_with_that_seed(file, tmp_path, monkeypatch):
    """To float32 rounding: a batched matrix product adds in another order than a single one."""
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)
    together = experiment.train(sgd(file, seed=5, training__num_seeds=3), tmp_path / "three")
    for i in (0, 2):
        alone = experiment.train(sgd(file, seed=5 + i), tmp_path / f"alone{i}")
        one = together.seeds[i]
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5),
            one.state.params,
            alone.state.params,
        )
        for name, value in alone.summary.items():
            if name.startswith("test/"):
                found = together.summary[f"{name}/seeds"][i]
                assert found == pytest.approx(value, rel=1e-3, abs=1e-4)


@pytest.mark.slow
def test_seeds_draw_their_own_data(tmp_path, monkeypatch):
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)
    config = tiny("dann_moons.py", training__num_seeds=2, scores=("adaptation",))
    run = experiment.train(config, tmp_path / "two")
    alone = experiment.train(tiny("dann_moons.py", seed=1), tmp_path / "alone")
    for name in ("target/accuracy", "source_only/target_accuracy"):
        each = run.summary[f"{name}/seeds"]
        assert run.summary[name] == pytest.approx(np.mean(each))
        assert each[1] == pytest.approx(alone.summary[name], abs=0.02)


def test_mean_error_and_each_seed_are_kept(three):
    each = three.summary["test/elbo/seeds"]
    assert len(set(each)) == 3
    assert three.summary["test/elbo"] == pytest.approx(np.mean(each))
    error = np.std(each, ddof=1) / np.sqrt(3)
    assert three.summary["test/elbo/standard_error"] == pytest.approx(error)
    assert three.summary["parameters"] == sum(
        leaf.size for leaf in jax.tree.leaves(three.state.params)
    )
    for line in three.history:
        name = "loss" if line["split"] == "train" else "elbo"
        assert line[name] == pytest.approx(np.mean(line[f"{name}/seeds"]))
    assert (three.workdir / "figures" / "training_curves.png").is_file()


def test_a_restored_run_has_all_its_seeds(three, digits):
    again = reprlearn.restore(three.workdir)
    assert [run.config.seed for run in again.seeds] == [5, 6, 7]
    codes = [run.encode(digits["x"][:7]) for run in again.seeds]
    assert not np.allclose(codes[0], codes[1])
    for run, was in zip(again.seeds, three.seeds, strict=True):
        jax.tree.map(np.testing.assert_array_equal, run.state.params, was.state.params)
    early = again.seeds[2].at(6)
    assert (int(early.state.step), early.config.seed) == (6, 7)


def test_evaluate_shows_mean_and_error(three):
    done = command("-m", "reprlearn.evaluate", f"--workdir={three.workdir}")
    assert done.returncode == 0, done.stderr
    shown = next(line for line in done.stdout.splitlines() if line.startswith("test/elbo"))
    mean, error = three.summary["test/elbo"], three.summary["test/elbo/standard_error"]
    assert shown.split(maxsplit=1)[1] == f"{mean:,.4f} +- {error:,.4f}"
    assert all(len(line) <= 80 for line in done.stdout.splitlines()[1:])


def test_resumed_seeds_end_as_straight_ones(three, tmp_path):
    config = tiny("vae.py", seed=5, training__num_seeds=3)
    experiment.train(tiny("vae.py", seed=5, training__num_seeds=3, training__steps=6), tmp_path)
    resumed = experiment.train(config, tmp_path)
    assert resumed.summary["state_sha256"] == three.summary["state_sha256"]


def test_over_seeds_by_hand():
    found = metrics.over_seeds([{"a": 1.0}, {"a": 2.0}, {"a": 6.0}])
    assert found["a"] == 3.0
    assert found["a/standard_error"] == pytest.approx(np.sqrt(7 / 3))  # variance 14 / 2, n = 3
    assert found["a/seeds"] == [1.0, 2.0, 6.0]
    shown = tables.table({**found, "steps": 5})
    assert shown.splitlines() == ["a      3.0000 +- 1.5275", "steps                 5"]
    assert json.dumps(found)


def test_a_mean_leaves_out_what_was_skipped_seed_by_seed():
    mean = metrics.Mean()
    mean.add({"a": np.array([6.0, 4.0]), "skipped": np.array([0.0, 2.0])}, 4)
    mean.add({"a": np.array([2.0, 0.0]), "skipped": np.array([1.0, 0.0])}, 2)
    assert mean.result()["a/seeds"] == [8.0 / 5, 4.0 / 4]
    assert mean.result()["skipped/seeds"] == [1.0, 2.0]
