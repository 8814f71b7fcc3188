"""A stack is trained layer by layer, each on the codes of those below, then as a whole."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import image_columns, refusal, tiny

from reprlearn import keys, losses, methods
from reprlearn.errors import UsageError

STEPS = {"training__steps": 12, "model__pretrain_share": 0.5}  # 2 steps for each of 3 layers


def stack(**fields):
    config = tiny("stacked_autoencoder.py", **STEPS | fields)
    config.model.encoder.widths, config.model.latent_dim = (6, 5), 2
    return methods.from_config(config, image_columns())


@pytest.fixture(scope="module")
def batch(digits):
    return {"x": digits["x"][:40] / np.float32(255)}


def trained(method, batch, steps):
    states = [method.init(keys.root(0), batch)]
    update = jax.jit(method.update)
    found = []
    for step in range(steps):
        state, metrics = update(states[-1], batch, keys.root(step))
        states.append(state)
        found.append(metrics)
    return states, found


def test_each_layer_learns_alone_and_then_all_do(batch):
    states, metrics = trained(stack(), batch, 8)
    moves = [
        {
            name
            for name in before.params
            if not jax.tree.all(
                jax.tree.map(np.array_equal, before.params[name], after.params[name])
            )
        }
        for before, after in itertools.pairwise(states)
    ]
    layers = [{f"encoder_{i}", f"decoder_{i}"} for i in range(3)]
    assert moves[:6] == [layer for layer in layers for _ in range(2)]
    assert moves[6] == moves[7] == set.union(*layers)
    assert [float(m["phase"]) for m in metrics] == [0, 0, 1, 1, 2, 2, 3, 3]


def dense(params, h):
    return h @ params["kernel"] + params["bias"][None]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_losses_are_those_of_each_layers_own_autoencoder(batch, activation):
    method = stack(model__encoder__activation=activation, model__loss="squared_error")
    states, metrics = trained(method, batch, 7)
    f = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}[activation]
    x = batch["x"].reshape(40, -1)

    def up(p):
        h = [x]
        for i in range(3):
            a = dense(p[f"encoder_{i}"], h[-1])
            h.append(a if i == 2 else f(a))
        return h

    for step, layer in ((0, 0), (2, 1), (4, 2)):
        p = states[step].params
        h = up(p)
        down = dense(p[f"decoder_{layer}"], h[layer + 1])
        if layer == 0:
            expected = losses.squared_error(down, x)
        elif activation == "sigmoid":
            expected = losses.bernoulli_cross_entropy(down, h[layer])
        else:
            expected = losses.squared_error(f(down), h[layer])
        assert float(metrics[step]["loss"]) == pytest.approx(float(expected.mean()), rel=1e-4)
    p = states[6].params
    z = up(p)[-1]
    whole = dense(p["decoder_0"], f(dense(p["decoder_1"], f(dense(p["decoder_2"], z)))))
    expected = losses.squared_error(whole, x)
    assert float(metrics[6]["loss"]) == pytest.approx(float(expected.mean()), rel=1e-4)
    np.testing.assert_allclose(method.encode(states[6], batch["x"]), z, atol=1e-5)
    found = method.reconstruct(states[6], batch["x"])
    np.testing.assert_allclose(found.reshape(40, -1), whole, atol=1e-5)
    np.testing.assert_allclose(method.decode(states[6], z), found, atol=1e-5)
    values = method.evaluate(states[6], batch, keys.root(0))
    np.testing.assert_allclose(values["reconstruction"], expected, rtol=1e-4)
    np.testing.assert_allclose(values["mean_squared_error"] * 64, expected, rtol=1e-4)


def test_without_pretraining_all_learn_from_the_first_step(batch):
    states, metrics = trained(stack(model__pretrain_share=0.0), batch, 1)
    assert float(metrics[0]["phase"]) == 0
    moved = jax.tree.map(lambda a, b: not np.array_equal(a, b), states[0].params, states[1].params)
    assert jax.tree.all(moved)


def test_each_phase_has_a_schedule_of_its_own(batch):
    """Under a cosine the last step of a phase moves nothing, and the next one begins anew."""
    fields = {"optimizer__name": "sgd", "optimizer__learning_rate": 0.1}
    states, _ = trained(stack(**fields, optimizer__schedule="cosine"), batch, 3)
    kernels = [np.asarray(s.params["encoder_0"]["kernel"]) for s in states]
    assert not np.array_equal(kernels[0], kernels[1])
    np.testing.assert_array_equal(kernels[1], kernels[2])
    first, second = (np.asarray(s.params["encoder_1"]["kernel"]) for s in states[2:4])
    assert not np.array_equal(first, second)


def test_layers_may_learn_to_undo_a_corruption(batch):
    noisy = stack(model__corruption__kind="masking", model__corruption__level=0.3)
    clean, states = stack(), {}
    for name, method in (("noisy", noisy), ("clean", clean)):
        states[name], values = trained(method, batch, 7)
        again, _ = trained(method, batch, 7)
        assert jax.tree.all(jax.tree.map(np.array_equal, states[name][7], again[7]))
        states[name + "_values"] = values
    start = states["noisy_values"][0]["loss"], states["clean_values"][0]["loss"]
    assert start[0] != start[1]
    # The whole is trained on what is given: from the same parameters the same values.
    same = states["clean"][6].replace(opt_state=states["noisy"][6].opt_state)
    _, of_noisy = noisy.update(same, batch, keys.root(0))
    _, of_clean = clean.update(states["clean"][6], batch, keys.root(1))
    assert float(of_noisy["loss"]) == pytest.approx(float(of_clean["loss"]), rel=1e-6)


def test_a_classifier_learns_its_layers_from_all_and_the_whole_from_labelled_examples(batch):
    x = batch["x"]
    y = np.arange(10, dtype=np.int32) % 3
    known = {"x": x, "labelled/x": x[:10], "labelled/y": y}
    method = stack(model__fine_tune="classification")
    assert (method.decode, method.reconstruct) == (None, None)
    states, metrics = trained(method, known, 7)
    plain, of_plain = trained(stack(), batch, 6)
    for step in range(6):  # the layers learn as without labels
        assert float(metrics[step]["loss"]) == pytest.approx(
            float(of_plain[step]["loss"]), rel=1e-5
        )
    start = states[6].params
    z = method.encode(states[6], x)
    np.testing.assert_allclose(z, stack().encode(plain[6], x), atol=1e-5)
    logits = dense(start["classifier"], z)
    np.testing.assert_allclose(method.predict(states[6], x), logits, atol=1e-5)
    p_y = np.exp(np.asarray(logits, np.float64))
    p_y = (p_y / p_y.sum(1, keepdims=True))[np.arange(10), y]
    assert float(metrics[6]["loss"]) == pytest.approx(-np.log(p_y).mean(), rel=1e-4)
    after = states[7].params
    stays = {n for n in start if np.array_equal(start[n]["kernel"], after[n]["kernel"])}
    assert stays == {"decoder_0", "decoder_1", "decoder_2"}
    values = method.evaluate(states[6], {"x": x[:10], "y": y}, keys.root(0))
    np.testing.assert_allclose(values["cross_entropy"], -np.log(p_y), rtol=1e-4)
    np.testing.assert_array_equal(values["accuracy"], np.argmax(logits[:10], 1) == y)


def test_a_classifier_needs_classes():
    config = tiny("stacked_autoencoder.py", model__fine_tune="classification")
    columns = {"x": image_columns()["x"]}
    assert refusal(methods.from_config, config, columns).startswith(
        "model.fine_tune 'classification' needs y, classes: of a table set data.label"
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"model__pretrain_share": 0.2}, "0.2 of 12 training.steps, a phase of 0 steps for each"),
        ({"model__pretrain_share": 1.0}, "model.pretrain_share is 1.0; allowed: "),
        ({"model__encoder__bias_scales": (1.0, 0.3)}, "model.encoder.bias_scales is (1.0, 0.3)"),
        ({"model__encoder__network": "conv"}, "model.encoder.network is 'conv'. Choices: mlp"),
        (
            {"model__corruption__kind": "salt_and_pepper", "model__encoder__activation": "relu"},
            "'salt_and_pepper' on codes of relu that leave [0, 1]; allowed: none, gaussian",
        ),
    ],
)
def test_what_makes_no_stack_is_refused(fields, told):
    assert told in refusal(stack, **fields)


def test_every_phase_ends_where_gradients_are_used():
    stack(training__accumulate_steps=2)
    with pytest.raises(UsageError, match="a phase of 0 steps"):
        stack(training__accumulate_steps=3)
