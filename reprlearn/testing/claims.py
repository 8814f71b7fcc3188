"""What the loop and a run rely on; a claim raises AssertionError where a case does not hold it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import chex
import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import experiment, keys, methods
from reprlearn.digest import sha256
from reprlearn.methods.base import BY_COLUMN
from reprlearn.roles import input_role, label_role
from reprlearn.testing.cases import ROWS, Case
from reprlearn.training import metrics, parallel
from reprlearn.training.step import make_step


def update_is_finite_and_moves_every_parameter(case: Case) -> None:
    """At most twelve steps; metrics are scalars, parameters stay float32."""
    update, steps = jax.jit(case.method.update), min(12, case.config.training.steps)
    after = case.state
    for step in range(steps):
        after, values = update(after, case.batch, keys.root(step))
    assert int(after.step) == steps
    assert all(v.shape == () and np.isfinite(v) for v in values.values()), values
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.params))
    moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), case.state.params, after.params)
    assert all(jax.tree.leaves(moved)), moved
    assert {leaf.dtype for leaf in jax.tree.leaves(after.params)} == {jnp.dtype("float32")}


def training_compiles_for_accelerators(case: Case) -> None:
    """As far as that can be seen without one."""
    for platform in ("cuda", "tpu"):
        assert exported_step(case, platform).platforms == (platform,)


def exported_step(case: Case, platform: str) -> jax.export.Exported:
    """The training step as a program for a platform that need not be here."""
    step = jax.jit(make_step(case.method, case.feed))
    arrays = {role: jnp.asarray(array) for role, array in case.feed.arrays.items()}
    return jax.export.export(step, platforms=[platform])(case.state, arrays, keys.root(0))


def training_lowers_the_loss(case: Case) -> None:
    """Of a method with one loss: two players have two, and neither need fall."""
    update, state, losses = jax.jit(case.method.update), case.state, []
    if "loss" not in jax.eval_shape(update, state, case.batch, keys.root(2))[1]:
        return
    for step in range(30):
        state, values = update(state, case.batch, keys.at(keys.root(2), step))
        losses.append(float(values["loss"]))
    warmed = losses[6:]  # a warm-up raises the loss at first
    assert np.mean(warmed[-3:]) < np.mean(warmed[:3]), losses


def jit_equals_no_jit(case: Case) -> None:
    """To rounding, under SGD."""
    method = _with_sgd(case)
    state = jax.jit(method.init)(keys.root(0), case.batch)
    compiled = jax.jit(method.update)(state, case.batch, keys.root(1))
    with jax.disable_jit():
        plain = method.update(state, case.batch, keys.root(1))
    _close(case, compiled, plain)


def update_does_not_recompile(case: Case) -> None:
    """From one step to the next."""
    update, state = jax.jit(case.method.update), case.state
    for step in range(3):
        state, _ = update(state, case.batch, keys.at(keys.root(1), step))
    assert update._cache_size() == 1


def many_steps_in_one_call_equal_single_steps_to_the_bit(case: Case) -> None:
    """What is saved does not depend on training.steps_per_call."""
    key, arrays = keys.root(case.config.seed), parallel.replicate(case.feed.arrays)
    method = _with_sgd(case)
    run_steps = parallel.compile_training(method, case.feed)
    start = parallel.initial_state(method, keys.root(0), case.batch)
    many, sums, finite = run_steps(jax.tree.map(jnp.copy, start), arrays, key, 6)
    one, totals = jax.tree.map(jnp.copy, start), []
    for _ in range(6):
        one, single, _ = run_steps(one, arrays, key, 1)
        totals.append(single)
    chex.assert_trees_all_equal(many, one)
    assert finite
    _close(case, sums, jax.tree.map(lambda *values: sum(values), *totals))
    assert run_steps._cache_size() == 1


def scan_over_update_equals_the_loop_of_updates(case: Case) -> None:
    """Also with the batches and keys of the run itself: the compiled loop is `update`, repeated."""
    method, key, arrays = _with_sgd(case), keys.root(5), parallel.replicate(case.feed.arrays)
    batches, noise = keys.stream(key, "shuffle"), keys.stream(key, "update")

    def step(state, _):
        batch = case.feed.batch_at(arrays, batches, state.step)
        return method.update(state, batch, keys.at(noise, state.step))

    start = parallel.initial_state(method, keys.root(0), case.batch)
    scanned = jax.jit(lambda state: jax.lax.scan(step, state, length=3)[0])(start)
    looped, update, batch_at = start, jax.jit(method.update), jax.jit(case.feed.batch_at)
    for t in range(3):
        batch = batch_at(case.feed.arrays, batches, jnp.int32(t))
        looped, _ = update(looped, batch, keys.at(noise, t))
    trained, _, _ = parallel.compile_training(method, case.feed)(
        jax.tree.map(jnp.copy, start), arrays, key, 3
    )
    _close(case, scanned, looped)
    _close(case, trained, looped)


def vmap_over_seeds_equals_single_seeds(case: Case) -> None:
    """To rounding, under SGD."""
    method, batch = _with_sgd(case), case.batch

    def first_step(key):
        return method.update(method.init(key, batch), batch, keys.at(key, 0))

    both = jax.jit(jax.vmap(first_step))(jnp.stack([keys.root(0), keys.root(1)]))
    start = jax.jit(method.init)(keys.root(1), batch)
    second = jax.jit(method.update)(start, batch, keys.at(keys.root(1), 0))
    _close(case, jax.tree.map(lambda v: v[1], both), second, 1e-3)


def evaluate_gives_one_value_an_example_that_no_other_example_changes(case: Case) -> None:
    """Each metric `[B]`, finite."""
    evaluate, rows = jax.jit(case.method.evaluate), len(next(iter(case.held_out.values())))
    values = evaluate(case.state, case.held_out, keys.root(1))
    assert all(v.shape == (rows,) and np.isfinite(v).all() for v in values.values()), values
    if rows < ROWS:  # a set of one example has no others
        return

    def other(v: jax.Array) -> jax.Array:
        rest = v[5:][::-1]
        return v.at[5:].set(rest * 0.5 + 0.1 if jnp.issubdtype(v.dtype, jnp.floating) else rest)

    others = {role: other(v) if v.ndim > 1 else v for role, v in case.held_out.items()}
    changed = evaluate(case.state, others, keys.root(1))
    for name in values:
        np.testing.assert_allclose(changed[name][:5], values[name][:5], rtol=1e-5)
    assert any(not np.allclose(changed[name][5:], values[name][5:]) for name in values)


def capabilities_have_the_shapes_they_promise(case: Case) -> None:
    """See `Method`; the same key gives the same samples, another others."""
    method, state, columns = case.method, case.state, case.dataset.columns
    x = next(v for v in case.held_out.values() if v.ndim > 1)
    if method.encode:
        z = method.encode(state, x)
        assert (len(z), z.ndim, z.dtype) == (ROWS, 2, jnp.float32)
        if method.reconstruct:  # z is what decodes
            assert z.shape[1] == case.config.model.latent_dim
    if method.decode:
        z = jnp.zeros((ROWS, case.config.model.latent_dim))
        assert method.decode(state, z).shape == x.shape
    if method.reconstruct:
        assert method.reconstruct(state, x).shape == x.shape
    if method.predict:
        labels = label_role(columns)
        assert method.predict(state, x).shape == (ROWS, len(columns[labels].names))
    if method.discriminate:
        assert method.discriminate(state, x).shape == (ROWS,)
    for name in (name for name in BY_COLUMN if method.by_column and getattr(method, name)):
        first, *others = (getattr(method, name)(state, x, column) for column in method.by_column)
        np.testing.assert_array_equal(first, getattr(method, name)(state, x))
        assert {other.shape for other in others} == {first.shape}
    if method.log_likelihood:
        estimates = method.log_likelihood(state, x, keys.root(3), 7)
        assert estimates.shape == (ROWS,) and np.isfinite(estimates).all()
    if method.image:
        found = method.image(state)
        assert found.shape == x[:1].shape and found.min() >= 0 and found.max() <= 1
    if method.resemblance:
        assert {v.shape for v in method.resemblance(state, x).values()} == {(len(x),)}
    if method.prior:
        z = method.prior(state, keys.root(3), 4)
        assert z.shape == (4, case.config.model.latent_dim) and z.dtype == jnp.float32
        assert not np.array_equal(z, method.prior(state, keys.root(4), 4))
    if method.sample:
        first, again = (method.sample(state, keys.root(3), 4) for _ in range(2))
        assert first.shape == (4, *columns[input_role(columns)].shape)
        chex.assert_trees_all_equal(first, again)
        assert not np.array_equal(first, method.sample(state, keys.root(4), 4))


def resumed_equals_undisturbed_to_the_bit(case: Case) -> None:
    """The same config twice, and broken off and resumed, has the same bits; another seed others."""
    config = configs.copy(case.config)
    no_figures = mock.patch.object(experiment.figures, "draw", lambda *_: [])
    with tempfile.TemporaryDirectory() as folder, no_figures:
        straight = experiment.train(config, Path(folder) / "straight")
        again = experiment.train(config, Path(folder) / "again")
        with mock.patch.object(metrics.Log, "write", _interrupted_at(8)):
            try:
                experiment.train(config, Path(folder) / "resumed")
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("the run was not broken off; allowed: 12 steps, as `small`")
        resumed = experiment.train(config, Path(folder) / "resumed")
        digests = [run.summary["state_sha256"] for run in (straight, again, resumed)]
        assert digests == 3 * [sha256(again.state.params)]
        chex.assert_trees_all_equal(resumed.state, straight.state)
        config.seed += 1
        other = experiment.train(config, Path(folder) / "other")
        assert other.summary["state_sha256"] != digests[0]


CLAIMS: tuple[Callable[[Case], None], ...] = (
    update_is_finite_and_moves_every_parameter,
    training_compiles_for_accelerators,
    training_lowers_the_loss,
    jit_equals_no_jit,
    update_does_not_recompile,
    many_steps_in_one_call_equal_single_steps_to_the_bit,
    scan_over_update_equals_the_loop_of_updates,
    vmap_over_seeds_equals_single_seeds,
    evaluate_gives_one_value_an_example_that_no_other_example_changes,
    capabilities_have_the_shapes_they_promise,
    resumed_equals_undisturbed_to_the_bit,
)


def _close(case: Case, got: Any, wanted: Any, rtol: float = 1e-4) -> None:
    rtol = 3e-2 if case.config.model.get("dtype") == "bfloat16" else rtol
    chex.assert_trees_all_close(got, wanted, rtol=rtol, atol=rtol / 10)


def _with_sgd(case: Case) -> methods.Method:
    """The same method under SGD: Adam makes a whole step of a rounding error near 0."""
    config = configs.copy(case.config)
    for group in config.values():
        if isinstance(group, ConfigDict) and "learning_rate" in group:
            group.name, group.learning_rate = "sgd", 1e-3
    return methods.from_config(config, case.dataset.columns)


def _interrupted_at(step: int) -> Callable[..., None]:
    """Breaks training off where the metrics of a step are written; its checkpoint is of 6."""
    write = metrics.Log.write

    def stop(log, now, *arguments, **others):
        if now == step:
            raise KeyboardInterrupt
        write(log, now, *arguments, **others)

    return stop
