"""The linear tied auto-encoder is PCA, as the lecture says (Baldi & Hornik 1989)."""

import jax
import numpy as np
import pytest
from conftest import image_columns, tiny
from sklearn.decomposition import PCA

from reprlearn import keys, methods
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
