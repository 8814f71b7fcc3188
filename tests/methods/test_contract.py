"""What every method keeps, whatever it is: a new one joins by a line in VARIANTS."""

from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import config_files, tiny
from ml_collections import ConfigDict

from reprlearn import data, experiment, keys, methods
from reprlearn.columns import input_role
from reprlearn.digest import sha256
from reprlearn.training import metrics, parallel
from reprlearn.training.step import make_step

pytestmark = pytest.mark.usefixtures("no_figures")
ROWS = 20
VARIANTS = [
    ("autoencoder.py", {}),
    ("dann_moons.py", {}),
    ("gan_grid.py", {}),
    ("siamese.py", {}),
    ("vae.py", {}),
    ("vae_conv.py", {}),
    ("vae.py", {"model__samples": 3, "model__beta_warmup_steps": 5}),
    ("siamese.py", {"model__loss": "supervised_contrastive", "model__dtype": "bfloat16"}),
    ("autoencoder.py", {"model__network": "tied", "model__loss": "squared_error"}),
    ("vae.py", {"training__ema_decay": 0.9, "training__accumulate_steps": 2}),
    ("gan_ring.py", {"model__discriminator_steps": 3, "model__loss": "wasserstein"}),
]


# All tests of a variant go to one worker, which builds and compiles it once. Each method as its
# config has it is for every day; its other ways are for `pytest -m slow`.
NAMES = ["-".join([file, *overrides]) for file, overrides in VARIANTS]
PARAMETERS = [
    pytest.param(
        (file, overrides),
        id=name,
        marks=[pytest.mark.xdist_group(name), *([pytest.mark.slow] if overrides else [])],
    )
    for (file, overrides), name in zip(VARIANTS, NAMES, strict=True)
]


class Case(NamedTuple):
    config: ConfigDict
    method: methods.Method
    feed: data.Feed
    state: methods.TrainState
    batch: dict  # as update takes it
    held_out: dict  # as evaluate takes it
    dataset: data.Dataset


@pytest.fixture(scope="module", params=PARAMETERS)
def case(request):
    file, overrides = request.param
    config = tiny(file, **overrides).unlock()
    config.scores, config.baselines = (), ConfigDict()  # they have tests of their own
    method, feed, dataset, (sets,), _ = experiment.assemble(config.lock())
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    held_out = data.evaluation_set(
        method.judged_on, sets["test"], dataset.columns, config.data, config.seed
    )
    held_out = data.as_floats({name: jnp.asarray(v[:ROWS]) for name, v in held_out.items()})
    state = parallel.initial_state(method, keys.root(0), batch)
    return Case(config, method, feed, state, batch, held_out, dataset)


def copy(state):
    """A state whose memory a training call may take over."""
    return jax.tree.map(jnp.copy, state)


def close(case, got, wanted, rtol=1e-4):
    rtol = 3e-2 if case.config.model.dtype == "bfloat16" else rtol
    chex.assert_trees_all_close(got, wanted, rtol=rtol, atol=rtol / 10)


def with_sgd(case):
    """The same method under SGD: Adam makes a whole step of a rounding error near 0."""
    config = case.config.copy_and_resolve_references()
    for group in config.values():
        if isinstance(group, ConfigDict) and "learning_rate" in group:
            group.name, group.learning_rate = "sgd", 1e-3
    return methods.from_config(config, case.dataset.columns)


def sgd_state(case):
    return parallel.initial_state(with_sgd(case), keys.root(0), case.batch)


def test_every_method_is_here_and_has_a_config():
    for files in ({file for file, _ in VARIANTS}, config_files()):
        assert {tiny(file).method for file in files} == set(methods.names())


def test_update_is_finite_and_moves_every_parameter(case):
    method, state, batch = case.method, case.state, case.batch
    update = jax.jit(method.update)
    after, metrics = update(state, batch, keys.root(1))
    for step in range(3):
        after, metrics = update(after, batch, keys.root(step))
    assert int(after.step) == 4
    assert all(v.shape == () and np.isfinite(v) for v in metrics.values())
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.params))
    moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), state.params, after.params)
    assert all(jax.tree.leaves(moved)), moved
    assert {leaf.dtype for leaf in jax.tree.leaves(after.params)} == {jnp.dtype("float32")}


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_training_compiles_for_accelerators_as_far_as_that_can_be_seen_without_one(case, platform):
    step = make_step(case.method, case.feed)
    arrays = {name: jnp.asarray(array) for name, array in case.feed.arrays.items()}
    exported = jax.export.export(jax.jit(step), platforms=[platform])(
        case.state, arrays, keys.root(0)
    )
    program = exported.mlir_module()
    assert exported.platforms == (platform,)
    convolves = "stablehlo.convolution" in program
    assert convolves == (case.config.model.get("network") == "conv")  # there it is native


def test_training_lowers_the_loss(case):
    method, state, batch = case.method, case.state, case.batch
    update, losses = jax.jit(method.update), []
    if "loss" not in jax.eval_shape(update, state, batch, keys.root(2))[1]:
        pytest.skip("two players have two losses, and neither need fall; see test_gan.py")
    for step in range(30):
        state, metrics = update(state, batch, keys.at(keys.root(2), step))
        losses.append(float(metrics["loss"]))
    warmed = losses[6:]  # a warm-up of beta raises the loss at first
    assert np.mean(warmed[-3:]) < np.mean(warmed[:3])


def test_jit_equals_no_jit(case):
    method, batch = with_sgd(case), case.batch
    state = jax.jit(method.init)(keys.root(0), batch)
    compiled = jax.jit(method.update)(state, batch, keys.root(1))
    with jax.disable_jit():
        plain = method.update(state, batch, keys.root(1))
    close(case, compiled, plain)


def test_update_does_not_recompile(case):
    method, state, batch = case.method, case.state, case.batch
    update = jax.jit(method.update)
    for step in range(3):
        state, _ = update(state, batch, keys.at(keys.root(1), step))
    assert update._cache_size() == 1


def test_many_steps_in_one_call_equal_single_steps_to_the_bit(case):
    key, arrays = keys.root(case.config.seed), parallel.replicate(case.feed.arrays)
    run_steps = parallel.compile_training(with_sgd(case), case.feed)
    start = sgd_state(case)
    many, sums, finite = run_steps(copy(start), arrays, key, 6)
    one, totals = copy(start), []
    for _ in range(6):
        one, single, _ = run_steps(one, arrays, key, 1)
        totals.append(single)
    chex.assert_trees_all_equal(many, one)
    assert finite
    close(case, sums, jax.tree.map(lambda *values: sum(values), *totals))
    assert run_steps._cache_size() == 1


def test_scan_over_update_equals_the_loop_of_updates(case):
    """Also with the batches and keys of the run itself: the compiled loop is `update`, repeated."""
    method, key, arrays = with_sgd(case), keys.root(5), parallel.replicate(case.feed.arrays)
    batches, noise = keys.stream(key, "shuffle"), keys.stream(key, "update")

    def step(state, _):
        batch = case.feed.batch_at(arrays, batches, state.step)
        return method.update(state, batch, keys.at(noise, state.step))

    start = sgd_state(case)
    scanned = jax.jit(lambda state: jax.lax.scan(step, state, length=3)[0])(start)
    looped, update, batch_at = start, jax.jit(method.update), jax.jit(case.feed.batch_at)
    for t in range(3):
        batch = batch_at(case.feed.arrays, batches, jnp.int32(t))
        looped, _ = update(looped, batch, keys.at(noise, t))
    trained, _, _ = parallel.compile_training(method, case.feed)(copy(start), arrays, key, 3)
    close(case, scanned, looped)
    close(case, trained, looped)


def test_vmap_over_seeds_equals_single_seeds(case):
    method, batch = with_sgd(case), case.batch

    def first_step(key):
        return method.update(method.init(key, batch), batch, keys.at(key, 0))

    both = jax.jit(jax.vmap(first_step))(jnp.stack([keys.root(0), keys.root(1)]))
    start = jax.jit(method.init)(keys.root(1), batch)
    second = jax.jit(method.update)(start, batch, keys.at(keys.root(1), 0))
    close(case, jax.tree.map(lambda v: v[1], both), second, 1e-3)


def test_evaluate_gives_one_value_an_example_that_no_other_example_changes(case):
    evaluate = jax.jit(case.method.evaluate)
    values = evaluate(case.state, case.held_out, keys.root(1))
    assert all(v.shape == (ROWS,) and np.isfinite(v).all() for v in values.values())
    others = {
        k: v.at[5:].set(v[5:][::-1] * 0.5 + 0.1) if v.ndim > 1 else v
        for k, v in case.held_out.items()
    }
    changed = evaluate(case.state, others, keys.root(1))
    for name in values:
        np.testing.assert_allclose(changed[name][:5], values[name][:5], rtol=1e-5)
    assert any(not np.allclose(changed[name][5:], values[name][5:]) for name in values)


def test_capabilities_have_the_shapes_they_promise(case):
    method, state = case.method, case.state
    x = next(v for v in case.held_out.values() if v.ndim > 1)
    if method.encode:
        z = method.encode(state, x)
        assert z.shape == (ROWS, case.config.model.latent_dim)
        assert z.dtype == jnp.float32
    if method.decode:
        assert method.decode(state, z).shape == x.shape
    if method.reconstruct:
        assert method.reconstruct(state, x).shape == x.shape
    if method.predict:
        assert method.predict(state, x).shape == (ROWS, len(case.dataset.columns["source/y"].names))
    if method.discriminate:
        assert method.discriminate(state, x).shape == (ROWS,)
    if method.log_likelihood:
        estimates = method.log_likelihood(state, x, keys.root(3), 7)
        assert estimates.shape == (ROWS,) and np.isfinite(estimates).all()
    if method.sample:
        first, again = (method.sample(state, keys.root(3), 4) for _ in range(2))
        assert first.shape == (4, *case.dataset.columns[input_role(case.dataset.columns)].shape)
        chex.assert_trees_all_equal(first, again)
        assert not np.array_equal(first, method.sample(state, keys.root(4), 4))


def interrupt_at(step):
    """Stops training where the metrics of a step are written; its checkpoint is of 6."""
    write = metrics.Log.write

    def stop(log, now, *arguments, **others):
        if now == step:
            raise KeyboardInterrupt
        write(log, now, *arguments, **others)

    return stop


def test_same_config_twice_and_resumed_give_the_same_bits_another_seed_others(
    case, tmp_path, monkeypatch
):
    config = case.config.copy_and_resolve_references()
    straight = experiment.train(config, tmp_path / "straight")
    again = experiment.train(config, tmp_path / "again")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(metrics.Log, "write", interrupt_at(8))
        experiment.train(config, tmp_path / "resumed")
    resumed = experiment.train(config, tmp_path / "resumed")
    assert resumed.summary["state_sha256"] == straight.summary["state_sha256"]
    chex.assert_trees_all_equal(resumed.state, straight.state)
    assert straight.summary["state_sha256"] == again.summary["state_sha256"]
    assert straight.summary["state_sha256"] == sha256(again.state.params)
    config.seed += 1
    other = experiment.train(config, tmp_path / "other")
    assert straight.summary["state_sha256"] != other.summary["state_sha256"]
