"""Optimizers from a config: what clipping, accumulation and schedules do, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import image_columns, tiny
from hypothesis import given
from hypothesis import strategies as st

from reprlearn import data, keys, methods, optimizers
from reprlearn.errors import UsageError
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


def rates(optimizer, steps):
    """The rate of each update: how far a gradient of 1 moves a parameter."""
    return -np.diff(walk(optimizer, [(1.0, 0.0)] * steps)[:, 0], prepend=1.0)


@pytest.mark.parametrize("final", [0.0, 0.2])
def test_a_cosine_ends_at_the_optimizers_last_step(final):
    cosine = {"optimizer__schedule": "cosine", "optimizer__final_fraction": final}
    cosine["training__steps"] = 8

    def expected(updates):
        falling = 0.5 * (1 + np.cos(np.pi * np.arange(updates) / (updates - 1)))
        return 0.5 * (final + (1 - final) * falling)

    np.testing.assert_allclose(rates(sgd(**cosine), 8), expected(8), rtol=1e-5, atol=1e-6)
    halved = rates(sgd(training__accumulate_steps=2, **cosine), 8)
    np.testing.assert_allclose(halved[1::2], expected(4), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(halved[::2], np.zeros(4))


@given(
    st.sampled_from(optimizers.SCHEDULES),
    st.integers(2, 30),
    st.integers(0, 28),
    st.integers(1, 5),
)
def test_a_schedule_of_k_updates_a_step_is_that_of_one_drawn_out(schedule, steps, warmup, k):
    group = tiny("vae.py").optimizer.unlock()
    group.schedule, group.warmup_steps, group.final_fraction = schedule, min(warmup, steps - 2), 0.1

    def rate(update, k):
        found = optimizers.learning_rate(group, steps, k)
        return float(found(update)) if callable(found) else found

    # The same at its start, its end and the top of its warm-up; k times as many updates between.
    last, top = steps - 1, group.warmup_steps
    assert rate(0, k) == pytest.approx(rate(0, 1), rel=1e-5)
    if schedule != "inverse":
        assert rate(k * steps - 1, k) == pytest.approx(rate(last, 1), rel=1e-5)
    assert rate(k * top, k) == pytest.approx(rate(top, 1), rel=1e-5)


def test_an_inverse_schedule_by_hand():
    inverse = {"optimizer__schedule": "inverse", "training__steps": 5}
    expected = [0.5 / (1 + 10 * step / 5) ** 0.75 for step in range(5)]  # .5, .219, .150, ...
    np.testing.assert_allclose(rates(sgd(**inverse), 5), expected, rtol=1e-5)
    assert expected[1] == pytest.approx(0.21935, rel=1e-4)
    warm = rates(sgd(optimizer__warmup_steps=2, **inverse), 5)
    np.testing.assert_allclose(warm, np.array([0, 0.5, 1, 1, 1]) * expected, rtol=1e-5, atol=1e-7)


def test_warm_up_rises_linearly_from_0():
    found = rates(sgd(optimizer__warmup_steps=4), 6)
    np.testing.assert_allclose(found, [0.0, 0.125, 0.25, 0.375, 0.5, 0.5], atol=1e-6)


def test_a_cosine_falls_from_the_top_of_its_warm_up():
    cosine = {"optimizer__schedule": "cosine", "training__steps": 6, "optimizer__warmup_steps": 2}
    found = rates(sgd(optimizer__final_fraction=0.2, **cosine), 6)
    # 0 and half the rate; then from all of it to a fifth, on three steps of half a cosine.
    np.testing.assert_allclose(found, [0, 0.25, 0.5, 0.4, 0.2, 0.1], rtol=1e-5, atol=1e-6)


def test_a_run_of_one_step_takes_it_at_the_full_rate():
    cosine = {"optimizer__schedule": "cosine", "training__steps": 1}
    np.testing.assert_allclose(rates(sgd(**cosine), 1), [0.5])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"optimizer__momentum": 1.0}, r"optimizer\.momentum is 1.0; allowed: from 0 to below 1"),
        ({"optimizer__clip_norm": -1.0}, r"optimizer\.clip_norm is -1.0; allowed: a number, at l"),
        (
            {"optimizer__schedule": "cosine", "optimizer__warmup_steps": 6}
            | {"training__accumulate_steps": 2},
            r"warmup_steps is 6; allowed: below the 6 steps of the optimizer",
        ),
        (
            {"training__accumulate_steps": 5},
            r"training\.steps is 12; allowed: a multiple of training\.accumulate_steps, 5",
        ),
    ],
)
def test_bad_fields_are_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        methods.from_config(tiny("vae.py", **fields), image_columns())


def quadratic(optimizer=None):
    """A method with one parameter w: the loss of x is (w - x)^2 / 2, its reconstruction w."""
    optimizer = optimizer or optax.sgd(0.5)

    def objective(params, model_state, batch, key, step):
        return {"loss": 0.5 * jnp.square(params["w"] - batch["x"])}, model_state

    return methods.Method(
        init=lambda key, batch: initial_state({"w": jnp.float32(8.0)}, optimizer),
        update=gradient_step(objective, optimizer),
        evaluate=lambda state, batch, key: {"w": state.params["w"] + 0 * batch["x"]},
        reconstruct=lambda state, x: state.params["w"] + 0 * x,
    )


def test_the_average_is_what_is_judged_and_used_and_training_does_not_feel_it():
    plain, smooth = quadratic(), averaged(quadratic(), 0.22)
    batch, key = {"x": jnp.zeros(2)}, keys.root(0)
    one, two = plain.init(key, batch), smooth.init(key, batch)
    for _ in range(3):
        one, two = plain.update(one, batch, key)[0], smooth.update(two, batch, key)[0]
    # w is 8, 4, 2, 1; the decays min(.22, (1 + t) / (10 + t)) of t = 1, 2, 3 are 2/11, .22, .22.
    assert one.params["w"] == two.params["w"] == 1.0
    average = 2 / 11 * 8 + 9 / 11 * 4
    average = 0.22 * average + 0.78 * 2
    average = 0.22 * average + 0.78 * 1
    np.testing.assert_allclose(two.model_state["average"]["w"], average, rtol=1e-6)
    np.testing.assert_allclose(smooth.evaluate(two, batch, key)["w"], average, rtol=1e-6)
    np.testing.assert_allclose(smooth.reconstruct(two, batch["x"]), average, rtol=1e-6)
    assert smooth.encode is None  # what the method cannot, its average cannot


def test_the_average_counts_the_steps_of_an_accumulating_optimizer():
    optimizer = optax.MultiSteps(optax.sgd(0.5), 3).gradient_transformation()
    smooth, key = averaged(quadratic(optimizer), 0.9, every=3), keys.root(0)
    state, seen = smooth.init(key, {"x": jnp.zeros(2)}), []
    for _ in range(6):
        state = smooth.update(state, {"x": jnp.zeros(2)}, key)[0]
        seen.append(float(state.model_state["average"]["w"]))
    # w is 8, then 4 from the third step on, then 2: the decays are 2/11 and 3/12.
    first = 2 / 11 * 8 + 9 / 11 * 4
    expected = [8, 8, first, first, first, 3 / 12 * first + 9 / 12 * 2]
    np.testing.assert_allclose(seen, expected, rtol=1e-6)


def test_any_method_is_averaged_by_its_config():
    config = tiny("vae.py", training__ema_decay=0.9)
    method = methods.from_config(config, image_columns())
    state = jax.jit(method.init)(keys.root(0), {"x": jnp.zeros((2, 8, 8, 1))})
    assert set(state.model_state) == {"average"}
    config = tiny("vae.py", training__ema_decay=0.9, training__accumulate_steps=4)
    method = methods.from_config(config, image_columns())
    batch = {"x": jnp.ones((2, 8, 8, 1))}
    state = jax.jit(method.init)(keys.root(0), batch)
    after, _ = jax.jit(method.update)(state, batch, keys.root(1))  # a part of a step: none moves
    same = jax.tree.map(np.array_equal, after.model_state, state.model_state)
    assert all(jax.tree.leaves(same))
    plain = methods.from_config(tiny("vae.py"), image_columns())
    assert plain.init(keys.root(0), {"x": jnp.zeros((2, 8, 8, 1))}).model_state == {}


def valley(params):
    """Lowest at (3, -1), curved a hundred times as much along one of two oblique axes."""
    a, b = params[0] - 3.0, params[1] + 1.0
    return 50.0 * jnp.square(a + b) + 0.5 * jnp.square(a - b)


def test_lbfgs_finds_its_own_rate():
    fields = {"optimizer__name": "lbfgs", "data__batch_size": 0}
    optimizer = optimizers.from_config(tiny("autoencoder.py", **fields), line_search=True)
    update = gradient_step(
        lambda params, model_state, *_: ({"loss": valley(params["x"])[None]}, model_state),
        optimizer,
    )
    state = initial_state({"x": jnp.array([10.0, 10.0])}, optimizer)
    for _ in range(8):
        state, metrics = jax.jit(update)(state, {}, keys.root(0))
    np.testing.assert_allclose(state.params["x"], (3.0, -1.0), atol=1e-3)
    assert metrics["loss"] < 1e-4


@pytest.mark.parametrize(
    ("file", "fields", "told"),
    [
        ("gan_ring.py", {}, "one loss; allowed with method 'gan': adam, adamw, sgd"),
        ("siamese.py", {"data__batch_size": 20}, "allowed with method 'siamese'"),
        ("stacked_autoencoder.py", {"training__steps": 40}, "allowed with method 'stacked'"),
        ("vae.py", {"data__batch_size": 20}, "data.batch_size 20; allowed with it: 0"),
        ("vae.py", {"optimizer__clip_norm": 1.0}, "optimizer.clip_norm 1.0; allowed with it: 0.0"),
        ("vae.py", {"training__accumulate_steps": 2}, "accumulate_steps 2; allowed with it: 1"),
    ],
)
def test_lbfgs_where_it_cannot_search_is_refused(file, fields, told):
    of_all = {"optimizer__name": "lbfgs", "data__batch_size": 0}
    config = tiny(file, **of_all | fields)
    columns = data.open_dataset(config.data).columns
    with pytest.raises(UsageError, match=told):
        methods.from_config(config, columns)


def test_beta2_is_how_slowly_adam_forgets():
    def second(beta2):
        adam = optimizers.from_config(tiny("vae.py", optimizer__beta2=beta2))
        return walk(adam, [(1.0, 0.0), (0.0, 0.0)])[1, 0]

    # The mean gradient .9 (.1) / .19; the mean square beta2 (1 - beta2) / (1 - beta2^2).
    for beta2 in (0.999, 0.5):
        step = (0.09 / 0.19) / np.sqrt(beta2 / (1 + beta2))
        assert second(beta2) == pytest.approx(1.0 - 1e-3 * (1.0 + step), abs=1e-6)
