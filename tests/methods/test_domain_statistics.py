"""Batch statistics of each domain: whose they are in training, and whose in use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import change_data, refusal, tiny
from updates import PLAIN, close, first_update

from reprlearn import experiment
from reprlearn.errors import UsageError
from reprlearn.models.mlp import BatchNorm

FIELDS = {"model__encoder__normalization": "domain", "model__encoder__widths": (8,)}
ONE = {"model__trade_off": 1.0, "model__encoder__activation": "relu"}


def first(**fields):
    return first_update(tiny("dann_moons.py", **PLAIN | FIELDS | ONE | fields))


def inner(params, x):
    """What the first layer gives, before it is normalized."""
    return np.asarray(x, "f8") @ np.asarray(params["features"]["Dense_0"]["kernel"], "f8")


def features(params, x, mean, variance):
    """Normalized by a mean and a variance, activated, and behind the head, in float64."""
    own = jax.tree.map(lambda leaf: np.asarray(leaf, "f8"), params["features"])
    norm, head = own["BatchNorm_0"]["BatchNorm_0"], own["head"]["Dense_0"]
    h = (inner(params, x) - mean) / np.sqrt(variance + 1e-5) * norm["scale"] + norm["bias"]
    return np.maximum(np.maximum(h, 0) @ head["kernel"] + head["bias"], 0)


def of(statistics):
    return statistics["BatchNorm_0"]["BatchNorm_0"]


def after_one(**fields):
    method, batch, state, *_ = first(**fields)
    return method, batch, state, jax.jit(method.update)(state, batch, jax.random.key(0))[0]


def test_a_batch_is_normalized_by_its_own_moments_and_moves_the_averages():
    h = np.random.default_rng(0).normal(1e4, 2.0, (64, 3)).astype("f4")
    h[:, 1] += 7.0
    module = BatchNorm(bias_init=lambda key, shape, dtype: jnp.array([0.0, 0.5, -1.0]))
    start = module.init(jax.random.key(0), h)
    np.testing.assert_array_equal(start["batch_stats"]["BatchNorm_0"]["mean"], 0.0)
    found, changed = module.apply(start, h, mutable=["batch_stats"])
    exact = h.astype("f8")
    expected = (exact - exact.mean(0)) / np.sqrt(exact.var(0) + 1e-5) + [0.0, 0.5, -1.0]
    np.testing.assert_allclose(found, expected, atol=2e-3)  # 2.0 beside 10,000, in float32
    moved = changed["batch_stats"]["BatchNorm_0"]
    np.testing.assert_allclose(moved["mean"], 0.1 * exact.mean(0), rtol=1e-5)
    np.testing.assert_allclose(moved["var"], 0.9 + 0.1 * exact.var(0), rtol=1e-3)
    used = module.apply(start, h)  # in use the averages, 0 and 1 at the start
    np.testing.assert_allclose(used, exact / np.sqrt(1 + 1e-5) + [0.0, 0.5, -1.0], rtol=1e-5)


def test_each_domain_is_normalized_by_its_own_batch_and_keeps_its_own_averages():
    method, batch, state, after = after_one()
    assert method.by_column == ("source/x", "target/x")
    assert set(after.model_state) == {"source", "target"}
    moments = {}
    for domain in ("source", "target"):
        h = inner(state.params, batch[f"{domain}/x"])
        moments[domain] = h.mean(axis=0), h.var(axis=0)
        kept = of(after.model_state[domain])
        np.testing.assert_allclose(kept["mean"], 0.1 * h.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(kept["var"], 0.9 + 0.1 * h.var(axis=0), rtol=1e-5)
    z = features(state.params, batch["source/x"], *moments["source"])
    logits = method_logits(state.params, z)
    losses = -np.take_along_axis(logits, np.asarray(batch["source/y"])[:, None], 1)
    np.testing.assert_allclose(first().metrics["source_cross_entropy"], losses.mean(), rtol=1e-4)


def method_logits(params, z):
    own = jax.tree.map(lambda leaf: np.asarray(leaf, "f8"), params["label_head"]["Dense_0"])
    logits = z @ own["kernel"] + own["bias"]
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def test_in_use_x_is_normalized_by_the_averages_of_the_column_that_is_said():
    method, batch, _, after = after_one()
    x, found = batch["target/x"][:5], {}
    for column in method.by_column:
        kept = of(after.model_state[column.split("/")[0]])
        mean, variance = (np.asarray(kept[name], "f8") for name in ("mean", "var"))
        found[column] = method.encode(after, x, column)
        expected = features(after.params, x, mean, variance)
        np.testing.assert_allclose(found[column], expected, rtol=1e-4, atol=1e-5)
        logits = method.predict(after, x, column)
        logits = logits - jax.nn.logsumexp(logits, axis=1, keepdims=True)
        np.testing.assert_allclose(logits, method_logits(after.params, expected), atol=1e-4)
    assert not np.allclose(*found.values(), atol=1e-4)
    np.testing.assert_array_equal(method.encode(after, x), found["source/x"])
    by = [method.discriminate(after, x, column) for column in method.by_column]
    assert not np.allclose(*by, atol=1e-5)


@pytest.mark.parametrize("trained_on", ["source", "target"])
def test_trained_on_one_domain_the_other_is_not_looked_at(trained_on):
    method, batch, state, after = after_one(model__trained_on=trained_on)
    assert method.by_column == () and set(after.model_state) == {trained_on}
    other = {"source": "target", "target": "source"}[trained_on]
    changed = batch | {f"{other}/x": 3.0 * batch[f"{other}/x"] - 1.0}
    moved = jax.jit(method.update)(state, changed, jax.random.key(0))[0]
    for name in ("features", "label_head"):
        close(after.params[name], moved.params[name])
    close(after.model_state, moved.model_state)
    assert method.encode(after, batch["target/x"]).shape == (len(batch["target/x"]), 2)


def test_statistics_alone_adapt_without_a_gradient_of_the_domain_head():
    none = first(model__alignment="none")
    close(none.gradients["features"], first(model__trade_off=0.0).gradients["features"])
    felt = first().gradients["features"]
    apart = jax.tree.map(lambda a, b: np.abs(a - b).max(), none.gradients["features"], felt)
    assert max(jax.tree.leaves(apart)) > 1e-5
    alone = FIELDS | {"model__alignment": "none", "model__encoder__normalization": "none"}
    told = refusal(experiment.assemble, tiny("dann_moons.py", **alone))
    assert told == (
        "model.alignment is 'none' with model.encoder.normalization 'none'; allowed: 'domain', or "
        "model.trained_on='source', which adapts nothing"
    )


def test_a_few_labelled_target_examples_are_of_the_target():
    _, batch, state, after = after_one(data__target_labels=2)
    few = batch["labelled/target/x"]
    h = inner(state.params, np.concatenate([batch["target/x"], few]))
    kept = of(after.model_state["target"])
    np.testing.assert_allclose(kept["mean"], 0.1 * h.mean(axis=0), atol=1e-6)
    h = inner(state.params, batch["source/x"])
    np.testing.assert_allclose(
        of(after.model_state["source"])["mean"], 0.1 * h.mean(axis=0), atol=1e-6
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Where the target is the source, moved and scaled: statistics of its own undo that."""

    def moved(split, arrays, seed):
        target = {"target/x": 3.0 * arrays["source/x"] + 5.0, "target/y": arrays["source/y"]}
        return arrays | {role: array for role, array in target.items() if role in arrays}

    with pytest.MonkeyPatch.context() as patch:
        change_data(patch, moved)
        fields = FIELDS | {"model__alignment": "none", "training__steps": 150, "baselines": {}}
        fields |= {"scores": ("adaptation", "classification", "divergence"), "watch": ()}
        config = tiny("dann_moons.py", **fields)
        yield experiment.train(config, tmp_path_factory.mktemp("runs") / "moved")


def test_scores_are_of_each_domain_by_its_own_statistics(run):
    arrays = run.load("test")
    right = run.predict(arrays["target/x"], "target/x").argmax(axis=1) == arrays["target/y"]
    assert run.summary["target/accuracy"] == pytest.approx(right.mean())
    assert run.summary["classification/target_accuracy"] == pytest.approx(right.mean())
    as_source = run.predict(arrays["target/x"]).argmax(axis=1) == arrays["target/y"]
    assert right.mean() > as_source.mean() + 0.2
    assert run.summary["divergence/mlp"] < 0.5 < run.summary["divergence/pixels_mlp"]
    z = run.encode_dataset({"x": arrays["target/x"][:4]}, column="target/x")["z"]
    np.testing.assert_array_equal(z, run.encode(arrays["target/x"][:4], "target/x"))
    with pytest.raises(UsageError, match="allowed of encode of this run, source/x, target/x"):
        run.encode_dataset({"x": arrays["target/x"][:4]}, column="right/x")
