"""The GAN: who moves when, on what, and how far; its penalties and its average."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import tiny

from reprlearn import data, keys, losses, methods
from reprlearn.data.options import Options
from reprlearn.errors import UsageError
from reprlearn.methods.gan import PLAYERS, gan
from reprlearn.parts.games import GAMES, PENALTIES, penalty_weight

RING = data.open_dataset(Options("ring"))


def made(**overrides):
    config = tiny("gan_ring.py", **overrides)
    method = methods.from_config(config, RING.columns)
    rows = config.data.batch_size * method.takes.minibatches
    batch = RING.sampler(keys.root(7), rows)
    return method, jax.jit(method.init)(keys.root(0), batch), batch


def plain(**overrides):
    """SGD at rate 1 without penalty or average: a step is the gradient itself."""
    sgd = {}
    for group in ("optimizer", "discriminator_optimizer"):
        sgd |= {f"{group}__name": "sgd", f"{group}__learning_rate": 1.0}
        sgd |= {f"{group}__schedule": "constant"}
    sgd |= {"model__penalty": "none", "model__loss": "nonsaturating", "training__ema_decay": 0.0}
    return made(**sgd | overrides)


def test_one_update_is_the_gradient_of_each_players_own_loss():
    method, state, batch = plain()
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    count = len(batch["x"])
    key, generator_key = jax.random.split(keys.root(1))
    noise = jax.random.split(jax.random.split(key, 1)[0])[0]

    def samples(params, key):
        return method.sample(state.replace(params={"generator": params}), key, count)

    def score(params, points):
        judged = state.replace(params=state.params | {"discriminator": params})
        return method.discriminate(judged, points)

    fake = samples(state.params["generator"], noise)

    def of_discriminator(params):
        real_logits, fake_logits = score(params, batch["x"]), score(params, fake)
        return losses.discriminator_loss(real_logits, fake_logits).mean()

    value, gradient = jax.value_and_grad(of_discriminator)(state.params["discriminator"])
    moved = jax.tree.map(lambda p, g: p - g, state.params["discriminator"], gradient)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)  # noqa: E731
    jax.tree.map(close, after.params["discriminator"], moved)
    close(metrics["discriminator_loss"], value)

    def of_generator(params):  # against the discriminator that has moved, on fresh noise
        return losses.generator_nonsaturating_loss(
            score(moved, samples(params, generator_key))
        ).mean()

    value, gradient = jax.value_and_grad(of_generator)(state.params["generator"])
    moved_generator = jax.tree.map(lambda p, g: p - g, state.params["generator"], gradient)
    jax.tree.map(close, after.params["generator"], moved_generator)
    close(metrics["generator_loss"], value)


def test_both_players_see_the_data_times_its_scale_and_samples_come_back():
    """The players of a scale of 4 on the ring are those of a scale of 1 on a ring four times as
    large, and its samples are a fourth of theirs."""
    method, state, batch = plain(model__data_scale=4.0)
    other, _, _ = plain(model__data_scale=1.0)
    large = {"x": 4.0 * batch["x"]}
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    expected, others = jax.jit(other.update)(state, large, keys.root(1))
    jax.tree.map(np.testing.assert_array_equal, after.params, expected.params)
    assert metrics == others
    four = other.sample(after, keys.root(2), 5)
    np.testing.assert_allclose(method.sample(after, keys.root(2), 5), four / 4.0, rtol=1e-6)
    judged = method.discriminate(after, batch["x"])
    np.testing.assert_array_equal(judged, other.discriminate(after, large["x"]))
    evaluated = method.evaluate(after, batch, keys.root(3))
    same = jax.tree.map(np.array_equal, evaluated, other.evaluate(after, large, keys.root(3)))
    assert all(jax.tree.leaves(same))
    assert tiny("gan_ring.py").model.data_scale == 4.0


@pytest.mark.parametrize("k", [1, 3])
def test_the_schedules_end_with_the_run_however_often_the_discriminator_moves(k):
    """Rates that fall to 0: at its last update a player stands still, and never before."""
    fields = {"model__discriminator_steps": k, "training__steps": 6}
    for group in ("optimizer", "discriminator_optimizer"):
        fields |= {f"{group}__schedule": "cosine", f"{group}__final_fraction": 0.0}
        fields |= {f"{group}__learning_rate": 1e-3}
    method, state, batch = plain(**fields, optimizer__warmup_steps=1)
    update, moved = jax.jit(method.update), []
    for step in range(6):
        after, _ = update(state, batch, keys.at(keys.root(1), step))
        stood = jax.tree.map(np.array_equal, after.params, state.params)
        moved.append({player: not all(jax.tree.leaves(tree)) for player, tree in stood.items()})
        state = after
    assert [step["generator"] for step in moved] == [False, True, True, True, True, False]
    # Of its k updates in the last step only the last has a rate of 0.
    assert [step["discriminator"] for step in moved] == [True] * 5 + [k > 1]


def test_a_discriminator_alone_lowers_its_loss():
    """Against a generator that stands still the game is a classifier's."""
    still = {"optimizer__learning_rate": 1e-30, "discriminator_optimizer__learning_rate": 0.1}
    method, state, batch = plain(**still)
    update, found = jax.jit(method.update), []
    for step in range(60):
        state, metrics = update(state, batch, keys.at(keys.root(1), step))
        found.append(float(metrics["discriminator_loss"]))
    assert np.mean(found[-10:]) < np.mean(found[:10]) - 0.02


def test_the_discriminator_moves_k_times_on_minibatches_of_its_own():
    method, state, batch = plain(model__discriminator_steps=3)
    assert method.takes.minibatches == 3
    update = jax.jit(method.update)
    after, _ = update(state, batch, keys.root(1))
    # What the first minibatch holds matters, and so does the last: all three are used.
    for part in (0, 2):
        changed = dict(batch)
        rows = slice(part * 20, part * 20 + 20)
        changed["x"] = batch["x"].at[rows].add(0.5)
        other, _ = update(state, changed, keys.root(1))
        same = jax.tree.map(np.array_equal, other.params, after.params)
        assert not all(jax.tree.leaves(same["discriminator"]))


@pytest.mark.parametrize(
    ("loss", "penalty"),
    [*((loss, "r1") for loss in GAMES), *(("hinge", penalty) for penalty in PENALTIES)],
)
def test_every_loss_and_every_penalty_train(loss, penalty):
    method, state, batch = made(model__loss=loss, model__penalty=penalty)
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((after.params, metrics)))
    assert (metrics["penalty"] > 0) == (penalty != "none")


def test_the_penalty_weight_falls_on_half_a_cosine():
    model = tiny("gan_grid.py").model
    weight = penalty_weight(model, 101)  # the steps 0 to 100
    found = [float(weight(jnp.int32(step))) for step in (0, 50, 100)]
    np.testing.assert_allclose(found, [0.1, 0.0505, 0.001], rtol=1e-5)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"model__loss": "minmax"}, "'minmax'. Did you mean 'minimax'? Choices: minimax, nonsat"),
        ({"model__penalty": "r3"}, "Choices: none, gradient, r1, r1_r2"),
        ({"model__discriminator_steps": 0}, r"model\.discriminator_steps is 0; allowed: an int"),
        ({"model__penalty_weight": -1.0}, r"model\.penalty_weight is -1.0"),
        ({"model__data_scale": 0.0}, r"model\.data_scale is 0.0"),
        ({"model__generator__bias_scales": (1.0,)}, r"allowed: two numbers, such as \(1.0, 0.3\)"),
        ({"discriminator_optimizer__learning_rate": -1.0}, r"discriminator_optimizer\.learning_r"),
        ({"training__accumulate_steps": 2}, r"accumulate_steps is 2; allowed for a GAN: 1"),
    ],
)
def test_bad_fields_are_refused(overrides, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        made(**overrides)


def test_it_encodes_by_the_last_hidden_layer_of_the_discriminator():
    method, state, batch = made(model__data_scale=3.0, training__ema_decay=0.0)
    x, params = batch["x"][:3], jax.device_get(state.params["discriminator"])
    layers = [name for name in sorted(params) if name != "head"]
    h = 3.0 * np.asarray(x)
    for name in layers:
        h = np.maximum(h @ params[name]["kernel"] + params[name]["bias"], 0)
    np.testing.assert_allclose(method.encode(state, x), h, atol=1e-5)
    head = params["head"]["Dense_0"]
    logits = h @ head["kernel"] + head.get("bias", np.zeros(1))
    np.testing.assert_allclose(method.discriminate(state, x), logits[:, 0], atol=1e-5)


def test_a_discriminator_without_a_head_does_not_encode():
    class Plain(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(1)(x)[:, 0]

    optimizer = dict.fromkeys(PLAYERS, optax.sgd(0.1))
    assert gan(nn.Dense(2), Plain(), optimizer, latent_dim=2).encode is None
