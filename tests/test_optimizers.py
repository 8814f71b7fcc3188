"""Optimizers from a config: what clipping, accumulation and schedules do, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import tiny

from reprlearn import keys, methods, optimizers
from reprlearn.errors import UsageError
from reprlearn.examples import Examples
from reprlearn.methods.base import averaged, gradient_step, initial_state


def sgd(**fields):
    base = {"optimizer__name": "sgd", "optimizer__learning_rate": 0.5}
    return optimizers.from_config(tiny("vae.py", **base | fields))


def walk(optimizer, gradients, start=(1.0, -2.0)):
    """The parameters after each gradient."""
    params, visited = jnp.array(start), []
    state = optimizer.init(params)
    for gradient in gradients:
        updates, state = optimizer.update(jnp.array(gradient), state, params)
        params = optax.apply_updates(params, updates)
        visited.append(params)
    return np.array(visited)


def test_long_gradients_are_shortened_and_short_ones_left():
    clipped = walk(sgd(optimizer__clip_norm=2.5), [(3.0, 4.0), (0.0, 1.0)])
    # (3, 4) is 5 long: half of it is left.
    np.testing.assert_allclose(clipped, [(1 - 0.75, -2 - 1.0), (0.25, -3.5)], rtol=1e-6)
    free = walk(sgd(), [(3.0, 4.0)])
    np.testing.assert_allclose(free, [(1 - 1.5, -2 - 2.0)], rtol=1e-6)


def test_accumulated_steps_are_one_step_on_the_mean_gradient():
    gradients = [(3.0, 4.0), (1.0, 0.0), (0.5, 0.5), (0.0, 2.0)]
    found = walk(sgd(training__accumulate_steps=2), gradients)
    np.testing.assert_array_equal(found[0], (1.0, -2.0))
    np.testing.assert_allclose(found[1], (1 - 0.5 * 2.0, -2 - 0.5 * 2.0), rtol=1e-6)
    np.testing.assert_array_equal(found[2], found[1])
    np.testing.assert_allclose(found[3], found[1] - 0.5 * np.array([0.25, 1.25]), rtol=1e-6)


def test_clipping_sees_the_mean_of_accumulated_gradients():
    both = sgd(training__accumulate_steps=2, optimizer__clip_norm=1.0)
    found = walk(both, [(6.0, 8.0), (-6.0, -8.0)])  # each is long, their mean is 0
    np.testing.assert_array_equal(found[1], (1.0, -2.0))


def test_a_schedule_counts_the_steps_of_the_optimizer():
    cosine = {"optimizer__schedule": "cosine", "training__steps": 8}
    rates = -np.diff(walk(sgd(**cosine), [(1.0, 0.0)] * 8)[:, 0], prepend=1.0)
    np.testing.assert_allclose(rates, 0.25 * (1 + np.cos(np.pi * np.arange(8) / 8)), rtol=1e-5)
    halved = walk(sgd(training__accumulate_steps=2, **cosine), [(1.0, 0.0)] * 8)[1::2, 0]
    rates = -np.diff(halved, prepend=1.0)
    np.testing.assert_allclose(rates, 0.25 * (1 + np.cos(np.pi * np.arange(4) / 4)), rtol=1e-5)


def test_warm_up_rises_linearly_from_0():
    rates = -np.diff(walk(sgd(optimizer__warmup_steps=4), [(1.0, 0.0)] * 6)[:, 0], prepend=1.0)
    np.testing.assert_allclose(rates, [0.0, 0.125, 0.25, 0.375, 0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"optimizer__clip_norm": -1.0}, r"optimizer\.clip_norm is -1.0; allowed: a number, at l"),
        (
            {"optimizer__schedule": "cosine", "optimizer__warmup_steps": 6}
            | {"training__accumulate_steps": 2},
            r"warmup_steps is 6; allowed: below the 6 steps of the optimizer",
        ),
    ],
)
def test_bad_fields_are_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        sgd(**fields)


def quadratic():
    """A method with one parameter w: the loss of x is (w - x)^2 / 2, its reconstruction w."""
    optimizer = optax.sgd(0.5)

    def objective(params, batch, key, step):
        return {"loss": 0.5 * jnp.square(params["w"] - batch["x"])}

    return methods.Method(
        init=lambda key, batch: initial_state({"w": jnp.float32(8.0)}, optimizer),
        update=gradient_step(objective, optimizer),
        evaluate=lambda state, batch, key: {"w": state.params["w"] + 0 * batch["x"]},
        reconstruct=lambda state, x: state.params["w"] + 0 * x,
    )


def test_the_average_is_what_is_judged_and_used_and_training_does_not_feel_it():
    plain, smooth = quadratic(), averaged(quadratic(), 0.15)
    batch, key = {"x": jnp.zeros(2)}, keys.root(0)
    one, two = plain.init(key, batch), smooth.init(key, batch)
    for _ in range(3):
        one, two = plain.update(one, batch, key)[0], smooth.update(two, batch, key)[0]
    # w is 8, 4, 2, 1; the decays min(.15, (1 + t) / (10 + t)) are .1, .15 and .15.
    assert one.params["w"] == two.params["w"] == 1.0
    average = 0.1 * 8 + 0.9 * 4
    average = 0.15 * average + 0.85 * 2
    average = 0.15 * average + 0.85 * 1
    np.testing.assert_allclose(two.model_state["average"]["w"], average, rtol=1e-6)
    np.testing.assert_allclose(smooth.evaluate(two, batch, key)["w"], average, rtol=1e-6)
    np.testing.assert_allclose(smooth.reconstruct(two, batch["x"]), average, rtol=1e-6)
    assert smooth.encode is None  # what the method cannot, its average cannot


def test_any_method_is_averaged_by_its_config():
    config = tiny("vae.py", training__ema_decay=0.9)
    method = methods.from_config(config, Examples((8, 8, 1)))
    state = jax.jit(method.init)(keys.root(0), {"image": jnp.zeros((2, 8, 8, 1))})
    assert set(state.model_state) == {"average"}
    plain = methods.from_config(tiny("vae.py"), Examples((8, 8, 1)))
    assert plain.init(keys.root(0), {"image": jnp.zeros((2, 8, 8, 1))}).model_state == {}
