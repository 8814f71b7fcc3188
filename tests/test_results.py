"""A training that ends leaves its result, whatever the data look like; else it never begins."""

import json

import jax
import numpy as np
import pytest
import tensorflow_datasets as tfds
from conftest import change_data, tiny
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ml_collections import ConfigDict

import reprlearn
from reprlearn import columns, data, experiment, figures
from reprlearn.errors import DivergedError, UsageError
from reprlearn.figures import latent_map, reconstructions
from reprlearn.scores import retrieval, verification


def prepare(folder, shape, tests, *, train=40, name="odd", pixels=None):
    """A set as TFDS leaves it: random images of a shape, two classes; its name."""
    rng = np.random.default_rng(0)

    class Odd(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            image = tfds.features.Tensor(shape=shape, dtype=np.uint8, encoding="bytes")
            features = {"image": image, "label": tfds.features.ClassLabel(names=["a", "b"])}
            features = tfds.features.FeaturesDict(features)
            return tfds.core.DatasetInfo(builder=self, features=features, disable_shuffling=True)

        def _split_generators(self, dl_manager):
            sizes = {"train": train, "validation": 12, "test": tests}
            return {split: self._generate_examples(size) for split, size in sizes.items()}

        def _generate_examples(self, size):
            for i in range(size):
                image = rng.integers(0, 256, shape, np.uint8) if pixels is None else pixels(i)
                yield i, {"image": image, "label": i % 2}

    Odd.name = name
    Odd(data_dir=folder, file_format="array_record").download_and_prepare()
    return name


def train(folder, workdir, file="vae.py", **fields):
    fields = {"data__name": "odd", "data__data_dir": str(folder), "data__batch_size": 10} | fields
    return reprlearn.train(tiny(file, **{"figures": "on"} | fields), workdir)


def drawn(run):
    return {path.stem for path in (run.workdir / "figures").glob("*.png")}


@settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(channels=2, tests=12)
@example(channels=5, tests=1)
@example(channels=None, tests=2)
@given(channels=st.sampled_from((None, 1, 2, 3, 4, 5)), tests=st.integers(1, 12))
def test_images_of_any_channels_and_any_number_of_tests(channels, tests, tmp_path_factory, capsys):
    folder = tmp_path_factory.mktemp("odd")
    prepare(folder, (8, 8) if channels is None else (8, 8, channels), tests)
    run = train(folder, folder / "run", training__steps=2)
    assert run.column.shape == (8, 8, channels or 1)
    assert np.isfinite(run.summary["test/elbo"])
    expected = {"training_curves", "reconstructions", "samples", "manifold", "examples"}
    expected |= {"latent_map"} if tests > 1 else set()
    assert drawn(run) == expected | ({"neighbours"} if tests > 8 else set())
    assert "warning" not in capsys.readouterr().err


@settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(tests=1)
@example(tests=4)
@given(tests=st.integers(1, 12))
def test_scores_of_few_tests_are_refused_at_the_start_or_had(tests, tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    prepare(folder, (8, 8, 2), tests)
    names = ("verification", "retrieval")
    fields = {"scores": names, "training__steps": 2, "model__loss": "squared_error"}
    if tests < 4:  # one example of a class has no partner
        with pytest.raises(UsageError, match="scores has 'verification': "):
            train(folder, folder / "run", "autoencoder.py", **fields)
        assert not (folder / "run").exists()
        return
    run = train(folder, folder / "run", "autoencoder.py", **fields)
    assert 0 <= run.summary["retrieval/pca_recall_at_1"] <= 1
    assert {"distances", "roc"} <= drawn(run)


@pytest.fixture
def two_domains_of_images(monkeypatch):
    """The moons with images in the place of points."""

    def images(split, arrays, seed):
        rng = np.random.default_rng([seed, len(split)])
        for domain in ("source", "target"):
            arrays[f"{domain}/x"] = rng.integers(0, 256, (40, 6, 6, 2), np.uint8)
            arrays[f"{domain}/y"] = rng.integers(0, 2, 40).astype(np.int32)
        return arrays

    one = {"x": columns.image((6, 6, 2)), "y": columns.classes(("a", "b"))}
    roles = {f"{domain}/{role}": c for domain in ("source", "target") for role, c in one.items()}
    change_data(monkeypatch, images, columns=roles)


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_two_domains_of_images(two_domains_of_images, network, tmp_path, capsys):
    fields = {"scores": ("adaptation", "divergence", "label_shift"), "figures": "on"}
    fields |= {"model__encoder__network": network, "data__batch_size": 20}
    run = experiment.train(tiny("dann_moons.py", **fields), tmp_path / "run")
    assert {"target/accuracy", "source_only/target_accuracy", "divergence/mlp"} <= set(run.summary)
    expected = "training_curves examples latent_map baseline_curves neighbours label_shift"
    assert drawn(run) == set(expected.split())
    assert "warning" not in capsys.readouterr().err


def test_a_domain_too_small_to_score_is_refused(two_domains_of_images, monkeypatch, tmp_path):
    def few(split, arrays, seed):
        rows = 4 if split == "test" else 40
        return {role: array[:rows] for role, array in arrays.items()}

    change_data(monkeypatch, few)
    with pytest.raises(UsageError, match="the source has 4 test examples; allowed: 5 or more"):
        config = tiny("dann_moons.py", data__batch_size=20, scores=("divergence",))
        experiment.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("terminal", [True, False])
def test_it_is_told_what_takes_its_time(terminal, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(verification, "PAIRS", 200)
    monkeypatch.setattr(figures, "draw", lambda *_: None)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    config = tiny("autoencoder.py", scores=("retrieval", "verification"), figures="on")
    run = experiment.train(config, tmp_path / "run")
    told = capsys.readouterr().err
    assert "Scoring retrieval, verification ...\n" in told
    logged = [line for line in run.history if line["split"] == "train"]
    lines = [f"step {line['step']} of 12  loss {line['loss']:.4g}" for line in logged]
    assert [line for line in told.splitlines() if " of 12  " in line] == lines * (not terminal)
    assert len(lines) == 4


def broken(*_):
    raise RuntimeError("no room\nfor details")


def test_what_fails_after_training_is_named_and_costs_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reconstructions, "draw", broken)
    monkeypatch.setattr(retrieval, "measure", broken)
    monkeypatch.setattr(verification, "PAIRS", 200)
    config = tiny("autoencoder.py", scores=("retrieval", "verification"), figures="on")
    run = experiment.train(config, tmp_path / "run")
    told = capsys.readouterr().err
    assert "warning: the score 'retrieval' could not be measured: RuntimeError: no room\n" in told
    assert "the figure 'reconstructions' could not be drawn: RuntimeError: no room\n" in told
    assert "verification/auc" in run.summary
    others = {"training_curves", "examples", "latent_map", "neighbours"}
    assert drawn(run) == {*others, *verification.CAPTIONS}
    assert reprlearn.restore(run.workdir).summary == run.summary


def test_the_summary_is_written_before_any_figure(tmp_path, monkeypatch):
    seen = []

    def draw(subject, measured):
        seen.append(json.loads((subject.run.workdir / "summary.json").read_text())["steps"])

    monkeypatch.setattr(figures, "draw", draw)
    experiment.train(tiny("autoencoder.py", figures="on"), tmp_path / "run")
    assert seen == [12]


def test_a_run_that_is_lengthened_says_it_once_and_so_does_its_baseline(tmp_path, capsys):
    experiment.train(tiny("dann_moons.py", training__steps=2), tmp_path / "run")
    capsys.readouterr()
    experiment.train(tiny("dann_moons.py", training__steps=4), tmp_path / "run")
    told = [line for line in capsys.readouterr().err.splitlines() if "differs from 4 steps" in line]
    assert sorted(line.split(": ")[1] for line in told) == sorted(
        map(str, (tmp_path / "run", tmp_path / "run/baselines/source_only"))
    )


def test_a_baseline_that_diverges_costs_its_own_scores_alone(tmp_path, capsys):
    config = tiny("dann_moons.py", figures="on").unlock()
    config.baselines.wild = {
        "optimizer": {"learning_rate": 1e30},
        "model": {"encoder": {"activation": "relu"}, "discriminator": {"activation": "relu"}},
    }
    run = experiment.train(config.lock(), tmp_path / "run")
    assert "warning: baselines.wild is left out: training diverged at step" in (
        capsys.readouterr().err
    )
    assert "source_only/target_accuracy" in run.summary
    assert not [name for name in run.summary if name.startswith("wild")]
    figures_of = {"training_curves", "adaptation", "latent_map", "baseline_curves"}
    assert drawn(run) == figures_of | {"domain_map"}


def test_a_baseline_that_fails_in_any_way_costs_its_own_scores_alone(tmp_path, monkeypatch, capsys):
    train = experiment.train

    def failing(config, workdir, **options):
        if "source_only" in str(workdir):
            raise MemoryError("no memory\nfor details")
        return train(config, workdir, **options)

    monkeypatch.setattr(experiment, "train", failing)
    run = failing(tiny("dann_moons.py"), tmp_path / "run")
    assert "warning: baselines.source_only is left out: no memory\n" in capsys.readouterr().err
    assert run.summary["steps"] == 12 and "target/accuracy" in run.summary


def test_a_baselines_folder_of_another_run_is_refused_at_the_start(tmp_path):
    other = tiny("dann_moons.py", seed=77, scores=()).unlock()
    other.baselines = ConfigDict()
    experiment.train(other.lock(), tmp_path / "run" / "baselines" / "source_only")
    with pytest.raises(UsageError, match=r"baselines\.source_only: .*holds a run of a different"):
        experiment.train(tiny("dann_moons.py"), tmp_path / "run")
    assert not (tmp_path / "run" / "config.json").exists()


def test_a_map_that_fails_costs_no_other_figure(tmp_path, monkeypatch, capsys):
    config = tiny("autoencoder.py", scores=("verification",), figures="on")
    monkeypatch.setattr(verification, "PAIRS", 200)
    monkeypatch.setattr(latent_map, "project", broken)
    run = experiment.train(config, tmp_path / "run")
    assert "the figure 'latent_map' could not be drawn" in capsys.readouterr().err
    others = {"training_curves", "examples", "neighbours", "reconstructions"}
    assert drawn(run) == {*others, *verification.CAPTIONS}


def test_a_run_that_knew_less_of_its_data_goes_on(tmp_path):
    run = experiment.train(tiny("vae.py"), tmp_path / "run")
    file = run.workdir / "environment.json"
    known = json.loads(file.read_text())
    del known["data"]["train"]["sha256"]
    file.write_text(json.dumps(known))
    again = experiment.train(tiny("vae.py", training__steps=14), tmp_path / "run")
    assert again.summary["steps"] == 14
    known["data"]["train"]["bytes"] += 1
    file.write_text(json.dumps(known))
    with pytest.raises(UsageError, match="was trained on other data"):
        experiment.train(tiny("vae.py", training__steps=16), tmp_path / "run")


def test_a_test_split_of_another_shape_is_refused_at_the_start(tmp_path, monkeypatch):

    def other(split, arrays, seed):
        return arrays | {"x": arrays["x"][:, :7]} if split == "test" else arrays

    change_data(monkeypatch, other)
    with pytest.raises(UsageError, match=r"the test split of 'digits' has examples of shape \(7,"):
        experiment.train(tiny("vae.py"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("feed", ["device", "stream"])
def test_replaced_training_images_are_refused(feed, tmp_path):
    """As many of the same shape, and the same held-out ones: only their pixels differ."""
    fields = {"data__feed": feed, "data__workers": 0}
    for place, noise in (("one", 0), ("two", 1)):
        pixels = lambda i, noise=noise: np.full((8, 8, 1), (i + noise * (i < 9)) % 256, np.uint8)  # noqa: E731
        prepare(tmp_path / place, (8, 8, 1), 4, pixels=pixels)
    same = [data.load("odd", "test", data_dir=str(tmp_path / place)) for place in ("one", "two")]
    np.testing.assert_array_equal(same[0]["y"], same[1]["y"])
    train(tmp_path / "one", tmp_path / "run", **fields)
    with pytest.raises(UsageError, match="was trained on other data"):
        train(tmp_path / "two", tmp_path / "run", training__steps=14, **fields)
    again = train(tmp_path / "one", tmp_path / "run", training__steps=14, **fields)
    assert again.summary["steps"] == 14


def test_the_callers_config_is_not_kept(tmp_path):
    config = tiny("vae.py").unlock()
    run = experiment.train(config, tmp_path / "run")
    before, key = run.evaluate(), jax.random.key(0)
    z = run.encode(data.load("digits", "test")["x"][:2])
    sampled = run.sample(key, 2)
    config.seed, config.model.latent_dim, config.data.eval_batch_size = 9, 7, 3
    config.data.name, config.method = "mnist_5k", "autoencoder"
    assert run.evaluate() == before
    assert run.decode(z).shape == (2, 8, 8, 1)
    np.testing.assert_array_equal(run.sample(key, 2), sampled)
    assert experiment.train(tiny("vae.py"), tmp_path / "run").summary == run.summary


def test_diverging_is_still_an_error_of_the_run_itself(tmp_path):
    wild = {
        "optimizer__learning_rate": 1e30,
        "model__encoder__activation": "relu",
        "model__discriminator__activation": "relu",
    }
    config = tiny("dann_moons.py", **wild)
    with pytest.raises(DivergedError, match="training diverged at step"):
        experiment.train(config, tmp_path / "run")
