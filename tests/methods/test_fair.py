"""Fair representations: which gradient reaches whom, the weights, and what they do."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import refusal, tiny
from updates import PLAIN, check_reversed_and_scaled, first_update

from reprlearn import evaluation, experiment, keys, methods, models
from reprlearn.columns import classes, vector
from reprlearn.methods.fair import CRITERIA, fair
from reprlearn.models import build
from reprlearn.roles import Takes


def small(**overrides):
    config = tiny("fair_lending.py", **overrides).unlock()
    config.baselines, config.scores = {}, ()
    return config.lock()


def test_the_adversarys_gradient_reaches_the_encoder_reversed_and_scaled():
    def gradients_at(strength):
        return first_update(small(**PLAIN, model__trade_off=strength)).gradients

    check_reversed_and_scaled(gradients_at, ("label_head", "adversary"), "encoder")


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("reweighing", ["off", "on"])
def test_the_losses_are_weighted_means(criterion, reweighing):
    """Of the networks' own outputs, by the definition; the adversary may see the class."""
    fields = {"model__criterion": criterion, "model__reweighing": reweighing}
    method, batch, state, _, found = first_update(small(**PLAIN, **fields))
    x, y, s = batch["x"], batch["y"], batch["s"]
    assert ("y_weight" in batch) == (reweighing == "on")

    def entropy(logits, labels):
        return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels]

    weights = batch.get("y_weight", jnp.ones(len(y)))
    label_loss = (weights * entropy(method.predict(state, x), y)).mean()
    np.testing.assert_allclose(found["cross_entropy"], label_loss, rtol=1e-5)
    seen = method.encode(state, x)
    if criterion == "equalized_odds":
        seen = jnp.concatenate([seen, jnp.eye(2)[y]], axis=1)
    model = small(**fields).model
    adversary = build.encoder(model.discriminator, models.CodeHead(2), model.dtype)
    logits = adversary.apply({"params": state.params["adversary"]}, seen)
    groups = (batch[CRITERIA[criterion]] * entropy(logits, s)).mean()
    np.testing.assert_allclose(found["group_cross_entropy"], groups, rtol=1e-5)
    np.testing.assert_allclose(found["loss"], label_loss + groups, rtol=1e-5)


def test_by_hand_an_adversary_that_is_one_weight():
    """z = x, a(z) = (0, z): the loss of groups is that of a logistic regression, weighted."""

    class Same:
        @staticmethod
        def init_with_output(key, x):
            return x, {"params": {"w": jnp.ones(())}}

        @staticmethod
        def apply(variables, x):
            return x * variables["params"]["w"]

    class Guess:
        @staticmethod
        def init(key, z):
            return {"params": {"a": jnp.float32(2.0)}}

        @staticmethod
        def apply(variables, z):
            return jnp.concatenate([0 * z, variables["params"]["a"] * z], axis=1)

    method = fair(Same, Guess, Guess, optax.sgd(1.0), classes=2, groups=2, trade_off=0.5)
    assert method.takes == Takes(("x", "y", "s", "s_weight"))
    batch = {
        "x": jnp.array([[1.0], [-1.0]]),
        "y": jnp.array([1, 0]),
        "s": jnp.array([1, 1]),
        "s_weight": jnp.array([2.0, 1.0]),
    }
    state = method.init(keys.root(0), batch)
    after, found = method.update(state, batch, keys.root(1))
    sigmoid = lambda t: 1 / (1 + np.exp(-t))  # noqa: E731
    groups = (2 * -np.log(sigmoid(2)) + -np.log(sigmoid(-2))) / 2
    np.testing.assert_allclose(found["group_cross_entropy"], groups, rtol=1e-6)
    np.testing.assert_allclose(found["group_accuracy"], 1.0)  # (2 * 1 + 1 * 0) / 2
    # d/da of the mean: (2 * -(1 - sigma(2)) * 1 + -(1 - sigma(-2)) * -1) / 2
    slope = (2 * -(1 - sigmoid(2)) + (1 - sigmoid(-2))) / 2
    np.testing.assert_allclose(after.params["adversary"]["a"], 2.0 - slope, rtol=1e-5)
    label_slope = 2 * -(1 - sigmoid(2))  # of both examples, by w: a = 2
    np.testing.assert_allclose(
        after.params["encoder"]["w"], 1.0 - label_slope + 0.5 * 2 * slope, rtol=1e-5
    )


def test_codes_no_longer_tell_the_group_where_the_class_does_not_need_it():
    """x is (class, group) with noise: without an adversary both are read, with it one."""
    rng = np.random.default_rng(0)
    y, s = rng.integers(0, 2, (2, 2_000))
    x = (np.stack([y, s], axis=1) * 2.0 - 1 + 0.4 * rng.normal(size=(2_000, 2))).astype("f4")
    arrays = {"x": x, "y": y, "s": s, "s_weight": np.ones(2_000, "f4")}
    batch = {role: jnp.asarray(array) for role, array in arrays.items()}
    columns = {"x": vector(2), "y": classes("ab"), "s": classes("cd")}
    told, right = {}, {}
    for strength in (0.0, 3.0):
        fields = {
            "model__latent_dim": 4,
            "model__encoder__widths": (16,),
            "optimizer__learning_rate": 0.01,
        }
        config = small(model__trade_off=strength, model__trade_off_schedule="constant", **fields)
        method = methods.from_config(config, columns)
        state = jax.jit(method.init)(keys.root(0), batch)
        update = jax.jit(method.update)
        for number in range(300):
            state, _ = update(state, batch, keys.at(keys.root(1), number))
        z = np.asarray(method.encode(state, x))
        right[strength] = (np.asarray(method.predict(state, x)).argmax(1) == y).mean()
        guessed = evaluation.recovered(z[:1000], s[:1000], z[1000:], "boosted")
        told[strength] = (guessed == s[1000:]).mean()
    assert min(right.values()) > 0.95
    assert told[0.0] > 0.7 and told[3.0] < 0.6


def test_data_without_groups_are_refused():
    config = small(data__sensitive=None)
    said = refusal(experiment.assemble, config)
    assert "method 'fair' needs s, a sensitive attribute: of a table set data.sensitive" in said
