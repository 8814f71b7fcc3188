"""The record of a method: state beside the parameters, a start from data, phases one by one."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import tiny

from reprlearn import data, experiment, keys, optimizers, schema, testing
from reprlearn.assemble import assemble
from reprlearn.errors import UsageError
from reprlearn.methods.base import (
    CAPABILITIES,
    Method,
    averaged,
    gradient_step,
    initial_state,
    phases,
)
from reprlearn.roles import Takes
from reprlearn.training import parallel

STAGED = '''
"""A scale and a shift of the mean of the data, learned one after the other."""

import jax.numpy as jnp

from reprlearn import losses, optimizers
from reprlearn.methods import Method, gradient_step
from reprlearn.methods.base import initial_state, phases
from reprlearn.settings import integer

SETTINGS = {"model": {"first_steps": integer(5, "of the first phase")}}
VARIANTS = ({"training.ema_decay": 0.9},)


def part(names, optimizer):
    """Learns some of the parameters; the model's state is a moving average of the batches."""

    def objective(params, model_state, batch, key, step):
        x = batch["x"]
        mean = 0.9 * model_state["mean"] + 0.1 * x.mean(axis=0)
        shown = params["scale"] * mean + sum(params[name] for name in names) * 0.5
        values = {"loss": losses.squared_error(jnp.broadcast_to(shown, x.shape), x)}
        return values | {"shift": jnp.zeros(len(x)) + params["shift"]}, {"mean": mean}

    def init(key, batch):
        params = {"scale": jnp.float32(0.5), "shift": jnp.float32(0.1)}
        return initial_state(params, optimizer, {"mean": batch["x"].mean(axis=0)})

    def reconstruct(state, x):
        shown = state.params["scale"] * state.model_state["mean"] + state.params["shift"]
        return jnp.broadcast_to(shown[None], x.shape)

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=lambda state, batch, key: {
            "error": losses.squared_error(reconstruct(state, batch["x"]), batch["x"])
        },
        reconstruct=reconstruct,
    )


def from_config(config, columns):
    optimizer = optimizers.from_config(config)
    both = part(("scale", "shift"), optimizer)
    return phases([(both, config.model.first_steps), (part(("shift", "shift"), optimizer), None)])
'''


@pytest.fixture
def staged(tmp_path, monkeypatch):
    """A config of the method above."""
    (tmp_path / "staged_method").mkdir()
    (tmp_path / "staged_method" / "__init__.py").touch()
    (tmp_path / "staged_method" / "staged.py").write_text(STAGED)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield testing.small(schema.default_config("staged_method.staged", "digits"))
    for name in [name for name in sys.modules if name.split(".")[0] == "staged_method"]:
        del sys.modules[name]


def test_phases_and_a_model_state_keep_the_contract(staged):
    testing.check_method(staged)


def test_a_run_starts_from_its_first_batch_whatever_the_feed(staged, tmp_path):
    tiny = {"optimizer.name": "sgd", "optimizer.learning_rate": 1e-30}
    config = testing.small(staged, tiny | {"training.steps": 1})
    feed = assemble(config).feed
    shuffle = keys.stream(keys.root(config.seed), "shuffle")
    first = feed.batch_at(feed.arrays, shuffle, jnp.int32(0))["x"].mean(axis=0)
    run = experiment.train(config, tmp_path / "device")
    # The state's mean moves towards the mean of the first batch, where it began.
    np.testing.assert_allclose(run.state.model_state["mean"], first, rtol=1e-5, atol=1e-7)
    assert first.std() > 0.1
    streamed = testing.small(
        config, {"training.steps": 1, "data.feed": "stream", "data.workers": 0}
    )
    other = experiment.train(streamed, tmp_path / "stream")
    assert other.summary["state_sha256"] == run.summary["state_sha256"]
    np.testing.assert_array_equal(other.state.model_state["mean"], run.state.model_state["mean"])


def test_each_of_several_seeds_starts_from_a_batch_of_its_own(staged, tmp_path):
    config = testing.small(staged, {"training.num_seeds": 2, "training.steps": 1})
    both = experiment.train(config, tmp_path / "both").seeds
    for seed, run in enumerate(both):
        alone = testing.small(staged, {"seed": seed, "training.steps": 1})
        single = experiment.train(alone, tmp_path / f"{seed}")
        np.testing.assert_allclose(
            run.state.model_state["mean"], single.state.model_state["mean"], rtol=1e-5, atol=1e-7
        )
    means = [np.asarray(run.state.model_state["mean"]) for run in both]
    assert np.abs(means[0] - means[1]).max() > 0.05


def to(target, *, rate=0.5, extra=(), takes=Takes()):  # noqa: B008
    """A method that moves w half the way to a target at each step; it counts them in its state."""
    optimizer = optax.sgd(rate)

    def objective(params, model_state, batch, key, step):
        values = {"loss": 0.5 * jnp.square(params["w"] - target) + 0 * batch["x"]}
        values |= dict.fromkeys(("steps", *extra), 1.0 + step + 0 * batch["x"])
        return values, {"seen": model_state["seen"] + 1}

    return Method(
        init=lambda key, batch: initial_state(
            {"w": jnp.float32(8.0)}, optimizer, {"seen": jnp.float32(0)}
        ),
        update=gradient_step(objective, optimizer),
        evaluate=lambda state, batch, key: {"w": state.params["w"] + 0 * batch["x"]},
        reconstruct=lambda state, x: 0 * x + state.params["w"] * 1000 + state.step,
        takes=takes,
    )


BATCH, KEY = {"x": jnp.zeros(2)}, keys.root(0)


def test_phases_by_hand():
    method = phases([(to(0.0, extra=("a",)), 2), (to(4.0, rate=0.25, extra=("b",)), 1)])
    state, update, told = method.init(KEY, BATCH), jax.jit(method.update), []
    for _ in range(4):
        state, values = update(state, BATCH, KEY)
        told.append((float(state.params["w"]), float(values["phase"]), float(values["steps"])))
    # Half the way to 0, twice: 4, 2; then a quarter of the way to 4, beyond the phase's own step.
    assert told == [(4.0, 0.0, 1.0), (2.0, 0.0, 2.0), (2.5, 1.0, 1.0), (2.875, 1.0, 2.0)]
    assert set(values) == {"loss", "phase", "steps"}
    assert int(state.step) == 4 and float(state.model_state["seen"]) == 4
    assert float(method.reconstruct(method.init(KEY, BATCH), BATCH["x"])[0]) == 8000.0  # step 0
    # What is used is the last method, which has taken 2 of its steps.
    np.testing.assert_allclose(method.reconstruct(state, BATCH["x"]), 2877.0)
    np.testing.assert_allclose(method.evaluate(state, BATCH, KEY)["w"], 2.875)
    assert method.encode is None


def test_phases_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"phases of \[\] steps; allowed: at least one, of 1 step"):
        phases([])
    with pytest.raises(ValueError, match=r"phases of \[0, 3\] steps"):
        phases([(to(0.0), 0), (to(1.0), 3)])
    with pytest.raises(ValueError, match=r"phases of \[None, 3\] steps"):
        phases([(to(0.0), None), (to(1.0), 3)])
    with pytest.raises(ValueError, match="allowed: one kind of batch"):
        phases([(to(0.0), 3), (to(1.0, takes=Takes(("x", "y"))), 3)])
    other = to(0.0)
    wide = Method(
        init=lambda key, batch: initial_state({"w": jnp.zeros(3)}, optax.sgd(0.1)),
        update=other.update,
        evaluate=other.evaluate,
    )
    with pytest.raises(ValueError, match="phase 1 has parameters"):
        phases([(other, 1), (wide, 1)]).init(KEY, BATCH)


def test_an_average_leaves_the_state_of_a_method_as_the_method_has_it():
    plain, smooth = to(0.0), averaged(to(0.0), 0.5)
    one, two = plain.init(KEY, BATCH), smooth.init(KEY, BATCH)
    for _ in range(3):
        one, two = plain.update(one, BATCH, KEY)[0], smooth.update(two, BATCH, KEY)[0]
    assert set(two.model_state) == {"seen", "average"}
    assert float(one.model_state["seen"]) == float(two.model_state["seen"]) == 3.0


def test_a_phase_has_a_schedule_of_its_own_steps():
    config = tiny("vae.py", optimizer__schedule="cosine", training__accumulate_steps=2)
    with pytest.raises(UsageError, match=r"a phase has 5; allowed: a multiple of training\.acc"):
        optimizers.from_config(config, steps=5)
    group, moved = config.optimizer, []
    group.name, group.learning_rate, config.training.accumulate_steps = "sgd", 1.0, 1
    optimizer = optimizers.from_config(config, steps=3)
    state = optimizer.init(jnp.float32(0))
    for _ in range(3):
        update, state = optimizer.update(jnp.float32(1), state)
        moved.append(-float(update))
    np.testing.assert_allclose(moved, [1.0, 0.5, 0.0], atol=1e-6)  # all of the cosine


@pytest.mark.parametrize("seen", [jnp.inf, 1.0])
def test_a_model_state_that_is_not_finite_is_noticed(seen):
    method = to(0.0)
    feed = data.Feed({"x": np.zeros(2, np.float32)}, lambda arrays, key, step: arrays)
    state = method.init(KEY, BATCH).replace(model_state={"seen": jnp.float32(seen)})
    *_, finite = parallel.compile_training(method, feed)(state, dict(feed.arrays), KEY, 1)
    assert bool(finite) == bool(np.isfinite(seen))


def test_capabilities_are_the_fields_that_a_method_may_lack():
    assert list(CAPABILITIES) == [
        "encode", "reconstruct", "corrupt", "decode", "prior", "sample",
        "directions", "predict", "discriminate", "image", "resemblance", "log_likelihood",
    ]  # fmt: skip
    bare = Method(init=None, update=None, evaluate=None)
    assert not any(getattr(bare, name) for name in CAPABILITIES)
