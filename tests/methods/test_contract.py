"""What every method keeps: a new one joins by having a config; nothing here names a method."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import config_files, tiny

from reprlearn import data, experiment, methods, rundir
from reprlearn.training import keys, loop, parallel

SHAPE, BATCH = (8, 8, 1), 20
VARIANTS = [
    *((file, {}) for file in config_files()),
    ("vae.py", {"model__samples": 3, "model__beta_warmup_steps": 5}),
    ("vae.py", {"model__likelihood": "gaussian", "model__dtype": "bfloat16"}),
    ("autoencoder.py", {"model__network": "tied", "model__loss": "squared_error"}),
]


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda v: "-".join([v[0], *map(str, v[1])]))
def case(request, digits):
    file, overrides = request.param
    config = tiny(file, **overrides)
    method = methods.from_config(config, SHAPE)
    state = parallel.initial_state(
        method, keys.root(0), loop.example_batch(loop.spec_of(digits), BATCH)
    )
    return config, method, state, digits


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Figures have tests of their own."""
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)


def batch(digits, size=BATCH):
    return {
        "image": jnp.asarray(digits["image"][:size] / np.float32(255)),
        "label": jnp.asarray(digits["label"][:size]),
    }


def copy(state):
    """A state whose memory a training call may take over."""
    return jax.tree.map(jnp.copy, state)


def close(config, got, wanted, rtol=1e-4):
    rtol = 3e-2 if config.model.dtype == "bfloat16" else rtol
    chex.assert_trees_all_close(got, wanted, rtol=rtol, atol=rtol / 10)


def with_sgd(config):
    """The same method under SGD: Adam makes a whole step of a rounding error near 0."""
    config = config.copy_and_resolve_references()
    config.optimizer.name, config.optimizer.learning_rate = "sgd", 1e-3
    return methods.from_config(config, SHAPE)


def test_every_method_has_a_config():
    assert {tiny(file).method for file in config_files()} == set(methods.names())


def test_update_is_finite_and_moves_every_parameter(case):
    _, method, state, digits = case
    update = jax.jit(method.update)
    after, metrics = update(state, batch(digits), keys.root(1))
    for step in range(3):
        after, metrics = update(after, batch(digits), keys.root(step))
    assert int(after.step) == 4
    assert all(v.shape == () and np.isfinite(v) for v in metrics.values())
    assert "loss" in metrics
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.params))
    moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), state.params, after.params)
    assert all(jax.tree.leaves(moved)), moved
    assert {leaf.dtype for leaf in jax.tree.leaves(after.params)} == {jnp.dtype("float32")}


def test_training_lowers_the_loss(case):
    _, method, state, digits = case
    update, losses = jax.jit(method.update), []
    for step in range(30):
        state, metrics = update(state, batch(digits), keys.at(keys.root(2), step))
        losses.append(float(metrics["loss"]))
    warmed = losses[6:]  # a warm-up of beta raises the loss at first
    assert np.mean(warmed[-3:]) < np.mean(warmed[:3])


def test_jit_equals_no_jit(case):
    config, _, _, digits = case
    method = with_sgd(config)
    state = method.init(keys.root(0), batch(digits))
    compiled = jax.jit(method.update)(state, batch(digits), keys.root(1))
    with jax.disable_jit():
        plain = method.update(state, batch(digits), keys.root(1))
    close(config, compiled, plain)


def test_update_does_not_recompile(case):
    _, method, state, digits = case
    update = jax.jit(method.update)
    for step in range(3):
        state, _ = update(state, batch(digits), keys.at(keys.root(1), step))
    assert update._cache_size() == 1


def test_many_steps_in_one_call_equal_single_steps_to_the_bit(case):
    config, method, state, digits = case
    run_steps, key = parallel.compile_training(method, BATCH), keys.root(config.seed)
    arrays = parallel.replicate(digits)
    many, sums = run_steps(copy(state), arrays, key, 6)
    one, totals = copy(state), []
    for _ in range(6):
        one, single = run_steps(one, arrays, key, 1)
        totals.append(single)
    chex.assert_trees_all_equal(many, one)
    close(config, sums, jax.tree.map(lambda *values: sum(values), *totals))
    assert run_steps._cache_size() == 1


def test_scan_over_update_equals_the_loop_of_updates(case):
    """Also with the batches and keys of the run itself: the compiled loop is `update`, repeated."""
    config, _, _, digits = case
    method, key, arrays = with_sgd(config), keys.root(5), parallel.replicate(digits)
    start = method.init(keys.root(0), batch(digits))

    def step(state, _):
        examples = data.batch_at(arrays, keys.stream(key, "shuffle"), state.step, BATCH)
        return method.update(state, examples, keys.at(keys.stream(key, "update"), state.step))

    scanned = jax.jit(lambda state: jax.lax.scan(step, state, length=3)[0])(start)
    looped, update = start, jax.jit(step)
    for _ in range(3):
        looped, _ = update(looped, None)
    trained, _ = parallel.compile_training(method, BATCH)(copy(start), arrays, key, 3)
    close(config, scanned, looped)
    close(config, trained, looped)


def test_vmap_over_seeds_equals_single_seeds(case):
    config, _, _, digits = case
    method = with_sgd(config)

    def first_step(key):
        return method.update(method.init(key, batch(digits)), batch(digits), keys.at(key, 0))

    seeds = jnp.stack([keys.root(0), keys.root(1)])
    both = jax.jit(jax.vmap(first_step))(seeds)
    second = jax.jit(first_step)(keys.root(1))
    close(config, jax.tree.map(lambda v: v[1], both), second, 1e-3)


def test_evaluate_gives_one_value_an_example_that_no_other_example_changes(case):
    _, method, state, digits = case
    evaluate = jax.jit(method.evaluate)
    values = evaluate(state, batch(digits), keys.root(1))
    assert all(v.shape == (BATCH,) and np.isfinite(v).all() for v in values.values())
    others = batch(digits)
    others["image"] = others["image"].at[5:].set(0.25)
    for name, changed in evaluate(state, others, keys.root(1)).items():
        np.testing.assert_allclose(changed[:5], values[name][:5], rtol=1e-5)
        assert not np.allclose(changed[5:], values[name][5:])


def test_capabilities_have_the_shapes_they_promise(case):
    config, method, state, digits = case
    x = batch(digits)["image"]
    if method.encode:
        z = method.encode(state, x)
        assert z.shape == (BATCH, config.model.latent_dim)
        assert z.dtype == jnp.float32
    if method.decode:
        assert method.decode(state, z).shape == x.shape
    if method.reconstruct:
        assert method.reconstruct(state, x).shape == x.shape
    if method.sample:
        first, again = (method.sample(state, keys.root(3), 4) for _ in range(2))
        assert first.shape == (4, *SHAPE)
        chex.assert_trees_all_equal(first, again)
        assert not np.array_equal(first, method.sample(state, keys.root(4), 4))


def test_same_config_twice_and_resumed_give_the_same_bits_another_seed_others(case, tmp_path):
    config = case[0].copy_and_resolve_references()
    straight = experiment.train(config, tmp_path / "straight")
    again = experiment.train(config, tmp_path / "again")
    half = config.copy_and_resolve_references()
    half.training.steps = 6
    experiment.train(half, tmp_path / "resumed")
    resumed = experiment.train(config, tmp_path / "resumed")
    assert resumed.summary["state_sha256"] == straight.summary["state_sha256"]
    chex.assert_trees_all_equal(resumed.state, straight.state)
    assert straight.summary["state_sha256"] == again.summary["state_sha256"]
    assert straight.summary["state_sha256"] == rundir.sha256(again.state.params)
    config.seed += 1
    other = experiment.train(config, tmp_path / "other")
    assert straight.summary["state_sha256"] != other.summary["state_sha256"]
