"""The linear tied auto-encoder is PCA, as the lecture says (Baldi & Hornik 1989)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import image_columns, refusal, tiny
from sklearn.decomposition import PCA

from reprlearn import keys, losses, methods, models
from reprlearn.errors import UsageError


def train(config, images, steps):
    method = methods.from_config(config, image_columns(images.shape[1:]))
    batch = {"x": images}
    state = method.init(keys.root(0), batch)

    def step(state, _):
        return method.update(state, batch, keys.root(0))

    return method, jax.jit(lambda s: jax.lax.scan(step, s, length=steps)[0])(state)


@pytest.mark.parametrize("network", ["tied", "linear"])
def test_a_linear_autoencoder_reaches_pca(digits, network):
    images = (digits["x"] / np.float32(255))[:200]
    config = tiny(
        "autoencoder.py",
        model__encoder__network=network,
        model__encoder__widths=(),
        model__latent_dim=4,
        model__loss="squared_error",
        optimizer__learning_rate=1e-2,
    )
    method, state = train(config, images, 1_500)
    flat = images.reshape(200, -1)
    pca = PCA(4).fit(flat)
    best = np.square(pca.inverse_transform(pca.transform(flat)) - flat).sum(axis=1).mean()
    values = method.evaluate(state, {"x": images}, keys.root(0))
    reached = float(values["reconstruction"].mean())
    assert best * (1 - 1e-4) <= reached <= best * 1.01
    # The same subspace, not only the same error: PCA's projection of the reconstructions is itself.
    reconstructed = np.asarray(method.reconstruct(state, images)).reshape(200, -1)
    outside = reconstructed - pca.inverse_transform(pca.transform(reconstructed))
    assert np.square(outside).sum(axis=1).mean() < 0.02 * best


def test_mean_squared_error_is_per_pixel(digits):
    images = digits["x"][:10] / np.float32(255)
    config = tiny("autoencoder.py", model__loss="squared_error")
    method, state = train(config, images, 1)
    values = method.evaluate(state, {"x": images}, keys.root(0))
    np.testing.assert_allclose(values["mean_squared_error"] * 64, values["reconstruction"], 1e-6)


def test_unknown_loss_lists_the_choices():
    config = tiny("autoencoder.py", model__loss="squared_eror")
    with pytest.raises(UsageError, match=r"Did you mean .squared_error.*cross_entropy"):
        methods.from_config(config, image_columns())


def penalised(digits, **fields):
    config = tiny("autoencoder.py", **{f"model__{name}": value for name, value in fields.items()})
    method = methods.from_config(config, image_columns())
    batch = {"x": digits["x"][:12] / np.float32(255)}
    state = method.init(keys.root(0), batch)
    return method, state, batch


def first_step(digits, **fields):
    method, state, batch = penalised(digits, **fields)
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    metrics = {name: float(value) for name, value in metrics.items()}
    assert metrics["loss"] == pytest.approx(
        metrics["reconstruction"] + metrics.get("penalty", 0.0), rel=1e-6
    )
    return metrics.get("penalty"), np.asarray(method.encode(state, batch["x"]), np.float64)


def test_a_penalty_is_added_for_the_code_of_a_batch(digits):
    sigmoid = {"code_activation": "sigmoid"}
    assert first_step(digits)[0] is None
    found, z = first_step(digits, penalty__kind="l1", penalty__weight=0.5)
    assert found == pytest.approx(0.5 * np.abs(z).sum(1).mean(), rel=1e-5)
    assert (z < 0).any()
    kl = {"penalty__kind": "kl", "penalty__weight": 3.0, "penalty__rate": 0.1}
    found, z = first_step(digits, **kl, **sigmoid)
    expected = losses.kl_sparsity(z.mean(0).astype(np.float32), rate=0.1).sum()
    assert found == pytest.approx(3 * float(expected), rel=1e-4)
    assert ((z > 0) & (z < 1)).all()


def test_a_contractive_penalty_is_the_slope_of_the_encoder(digits):
    fields = {"penalty__kind": "contractive", "penalty__weight": 2.0, "encoder__widths": ()}
    method, state, batch = penalised(digits, code_activation="sigmoid", **fields)
    _, metrics = method.update(state, batch, keys.root(1))
    (kernel,) = (
        np.asarray(leaf, np.float64)
        for leaf in jax.tree.leaves(state.params["encoder"])
        if leaf.ndim == 2
    )
    h = np.asarray(method.encode(state, batch["x"]), np.float64)
    slopes = (np.square(h * (1 - h)) * np.square(kernel).sum(0)).sum(1)
    assert float(metrics["penalty"]) == pytest.approx(2 * slopes.mean(), rel=1e-4)


def test_a_tied_networks_code_has_its_activation_too(digits):
    relu = {"code_activation": "relu", "encoder__network": "tied"}
    assert (first_step(digits, **relu)[1] >= 0).all()
    assert penalised(digits, **relu, loss="squared_error", encoder__widths=())[0].directions is None


def test_a_vgg_encodes_its_last_block_halved(digits):
    vgg = {"encoder__network": "vgg", "encoder__widths": (3, 5), "encoder__activation": "tanh"}
    method, state, batch = penalised(digits, **vgg)
    params = state.params["encoder"]
    assert set(params["phi"]) == {"conv1_1", "conv1_2", "conv2_1", "conv2_2"}
    layers = models.VGG((3, 5), (2, 2), jnp.tanh)
    h = layers.apply({"params": params["phi"]}, batch["x"])["conv2_2"]
    assert h.shape[1:] == (4, 4, 5) and (h < 0).any()
    h = h.reshape(-1, 2, 2, 2, 2, 5).mean(axis=(2, 4)).transpose(3, 1, 2, 0).reshape(20, -1).T
    (head,) = (layer for name, layer in params.items() if name != "phi")
    z = h @ head["Dense_0"]["kernel"] + head["Dense_0"]["bias"][None]
    np.testing.assert_allclose(method.encode(state, batch["x"]), z, atol=1e-5)
    assert method.reconstruct(state, batch["x"]).shape == batch["x"].shape
    told = "model.encoder.network is 'vgg' with 4 model.encoder.widths on images of shape (8, 8, 1)"
    assert told in refusal(penalised, digits, **vgg | {"encoder__widths": (2, 2, 2, 2)})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"penalty__kind": "kl"}, "model.penalty.kind is 'kl' with model.code_activation 'linear'"),
        ({"penalty__rate": 0.0}, "model.penalty.rate is 0.0; allowed: a number above 0"),
        ({"penalty__rate": 1.0}, "model.penalty.rate is 1.0; allowed: from 0 to below 1"),
        ({"penalty__weight": -1.0}, "model.penalty.weight is -1.0; allowed: "),
        ({"code_activation": "softmax"}, "model.code_activation is 'softmax'. Choices: linear, "),
    ],
)
def test_what_is_no_penalty_is_refused(digits, fields, told):
    assert told in refusal(penalised, digits, **fields)
