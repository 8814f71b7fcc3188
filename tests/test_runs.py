"""A restored run is the trained one: encode, reconstruct, decode, sample, evaluate."""

import jax
import numpy as np
import pytest
from conftest import tiny
from ml_collections import ConfigDict

import reprlearn
from reprlearn import data
from reprlearn.digest import sha256
from reprlearn.errors import UsageError

pytestmark = pytest.mark.xdist_group("runs")  # the run is trained once

IMAGE = np.zeros((1, 8, 8, 1), np.uint8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return reprlearn.train(tiny("vae.py"), tmp_path_factory.mktemp("runs") / "vae")


@pytest.fixture(scope="module")
def restored(trained):
    return reprlearn.restore(str(trained.workdir))


def test_restored_state_is_the_trained_one(trained, restored):
    same = jax.tree.map(np.array_equal, trained.state, restored.state)
    assert all(jax.tree.leaves(same))
    assert sha256(restored.state.params) == trained.summary["state_sha256"]
    assert restored.summary == trained.summary


def test_evaluate_repeats_the_summary_exactly(restored):
    for name, value in restored.evaluate().items():
        assert value == restored.summary[f"test/{name}"]


@pytest.mark.parametrize("count", [1, 49, 50, 51])
def test_any_number_of_images_of_either_dtype(restored, digits, count):
    images = digits["x"][:count]
    z = restored.encode(images)
    assert z.shape == (count, 2)
    np.testing.assert_array_equal(z, restored.encode(images / np.float32(255)))
    np.testing.assert_allclose(z, restored.encode(digits["x"][:60])[:count], rtol=1e-5)
    x_hat = restored.reconstruct(images)
    assert x_hat.shape == images.shape
    assert 0 <= x_hat.min() <= x_hat.max() <= 1
    np.testing.assert_allclose(restored.decode(z), x_hat, rtol=1e-4, atol=1e-6)


def test_samples_are_a_function_of_the_key(restored):
    key = jax.random.key(3)
    assert restored.sample(key, 5).shape == (5, 8, 8, 1)
    np.testing.assert_array_equal(restored.sample(key, 5), restored.sample(key, 5))
    assert not np.array_equal(restored.sample(key, 5), restored.sample(jax.random.key(4), 5))


def test_an_earlier_checkpoint_can_be_had(trained):
    early = reprlearn.restore(trained.workdir, step=6)
    assert int(early.state.step) == 6
    with pytest.raises(UsageError, match=r"a checkpoint of step 7; it has: 6, 12"):
        reprlearn.restore(trained.workdir, step=7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.encode(np.zeros((2, 28, 28, 1), np.uint8)), r"\(2, 28, 28, 1\)"),
        (lambda run: run.encode(np.zeros((8, 8, 1), np.uint8)), r"the run takes \(N, 8, 8, 1\)"),
        (lambda run: run.encode(np.zeros((2, 8, 8, 1), int)), "int64; allowed: uint8"),
        (lambda run: run.encode(np.full((1, 8, 8, 1), 200.0)), r"range from 200.0 .* \[0, 1\]"),
        (lambda run: run.encode(np.zeros((0, 8, 8, 1), np.uint8)), "no examples"),
        (lambda run: run.encode(np.full((1, 8, 8, 1), np.nan)), r"range from nan"),
        (lambda run: run.decode(np.zeros((2, 3))), r"allowed: \(N, 2\)"),
        (
            lambda run: run.decode(np.float32([[0, 1], [np.nan, 0]])),
            r"z hold nan at \(1, 0\); allo",
        ),
        (lambda run: run.decode(np.float32([[0, np.inf]])), r"z hold inf at \(0, 1\)"),
        (lambda run: run.sample(0, 4), r"jax\.random\.key"),
        (lambda run: run.sample(jax.random.key(0), 0), "n is 0"),
        (lambda run: run.log_likelihood(IMAGE, 0), r"jax\.random\.key"),
        (lambda run: run.log_likelihood(IMAGE, jax.random.key(0), 0), "samples is 0"),
        (lambda run: run.predict(np.zeros((1, 8, 8, 1), np.uint8)), "has no predict; it has enc"),
        (lambda run: run.evaluate("tset"), "Did you mean 'test'"),
    ],
)
def test_wrong_use_says_what_is_allowed(restored, call, message):
    with pytest.raises(UsageError, match=message):
        call(restored)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_refused(bad, tmp_path):
    config = tiny("dann_moons.py", scores=()).unlock()
    config.baselines = ConfigDict()
    run = reprlearn.train(config.lock(), tmp_path / "run")
    points = np.zeros((4, 2), np.float32)
    assert run.predict(points).shape == (4, 2)
    points[2, 1] = bad
    with pytest.raises(UsageError, match=r"vectors hold inf at \(0, 0\)"):  # in float32
        run.predict(np.full((1, 2), 1e300))
    for use in (run.predict, run.encode):
        with pytest.raises(UsageError, match=rf"vectors hold {bad} at \(2, 1\); allowed: finite"):
            use(points)
    arrays = data.load("moons", "test", target="moons-35")
    arrays["target/x"][5, 0] = bad
    with pytest.raises(UsageError, match=rf"target/x hold {bad} at \(5, 0\)"):
        run.evaluate_arrays(arrays)


def test_log_likelihood_is_a_function_of_the_key_and_above_the_elbo(restored):
    test = data.load("digits", "test")
    key = jax.random.key(3)
    values = restored.log_likelihood(test["x"], key, 20)
    assert values.shape == test["y"].shape
    np.testing.assert_array_equal(values, restored.log_likelihood(test["x"], key, 20))
    assert not np.array_equal(values, restored.log_likelihood(test["x"], jax.random.key(4), 20))
    assert values.mean() > restored.evaluate("test")["elbo"]


def test_a_method_without_a_prior_cannot_sample_and_draws_no_samples(tmp_path):
    run = reprlearn.train(tiny("autoencoder.py", figures="on"), tmp_path / "ae")
    with pytest.raises(UsageError, match="has no sample; it has encode, reconstruct, decode"):
        run.sample("no key", 0)  # what it cannot do is said before what was wrong
    drawn = {path.stem for path in (run.workdir / "figures").iterdir()}
    others = {"training_curves", "reconstructions", "latent_map"}
    assert drawn == {"examples", "neighbours", *others}


def test_restore_refuses_what_is_no_run(tmp_path):
    with pytest.raises(UsageError, match="not a run"):
        reprlearn.restore(tmp_path)


def test_restore_names_a_run_without_a_checkpoint(trained, tmp_path):
    for name in ("config.json", "environment.json"):
        (tmp_path / name).write_text((trained.workdir / name).read_text())
    with pytest.raises(UsageError, match="does not have a checkpoint; it has: none"):
        reprlearn.restore(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "environment.json"}


def test_evaluate_refuses_a_data_set_of_another_shape(trained, monkeypatch):
    run = reprlearn.restore(trained.workdir)
    run.config = tiny("vae.py", data__name="mnist_5k")
    with pytest.raises(UsageError, match=r"\(28, 28, 1\); the run takes .* \(8, 8, 1\)"):
        run.evaluate()
