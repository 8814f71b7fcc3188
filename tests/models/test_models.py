"""Shapes, parameter counts and precision of the encoders, decoders and heads."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import models

KEY = jax.random.key(0)


def count(params):
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def conv_pair(widths, shape, latent_dim=3):
    return models.Autoencoder(
        models.ConvEncoder(widths, models.GaussianHead(latent_dim)),
        models.ConvDecoder(tuple(reversed(widths)), shape, models.BernoulliOutput()),
    )


def test_mlp_shapes_and_parameter_count():
    model = models.Autoencoder(
        models.MLPEncoder((10, 7), models.GaussianHead(3)),
        models.MLPDecoder((7,), (4, 5, 2), models.BernoulliOutput()),
    )
    params = model.init(KEY, jnp.zeros((6, 4, 5, 2)))["params"]
    encoder = (40 * 10 + 10) + (10 * 7 + 7) + (7 * 6 + 6)
    decoder = (3 * 7 + 7) + (7 * 40 + 40)
    assert set(params) == {"encoder", "decoder"}
    assert (count(params["encoder"]), count(params["decoder"])) == (encoder, decoder)
    q_z = model.apply({"params": params}, jnp.zeros((6, 4, 5, 2)), method="encode")
    assert q_z.mean.shape == q_z.log_variance.shape == (6, 3)
    p_x = model.apply({"params": params}, q_z.mean, method="decode")
    assert p_x.logits.shape == p_x.mean.shape == (6, 4, 5, 2)


def test_no_widths_means_linear():
    encoder = models.MLPEncoder((), models.CodeHead(2))
    params = encoder.init(KEY, jnp.zeros((1, 4)))
    x = jax.random.normal(KEY, (5, 4))
    bias = encoder.apply(params, jnp.zeros((1, 4)))
    np.testing.assert_allclose(
        encoder.apply(params, 3 * x) - bias.repeat(5, 0), 3 * encoder.apply(params, x), rtol=1e-5
    )


def test_tied_decoder_is_the_transpose():
    model = models.TiedAutoencoder((6, 2), (3, 4), models.GaussianOutput(), activation=jnp.asarray)
    x = jax.random.normal(KEY, (5, 3, 4))
    params = model.init(KEY, x)["params"]
    assert count(params) == 12 * 6 + 6 * 2 + (6 + 2) + (12 + 6)
    w = np.asarray(params["kernel_0"]) @ np.asarray(params["kernel_1"])  # [12, 2]
    z = model.apply({"params": params}, x, method="encode")
    np.testing.assert_allclose(z, x.reshape(5, 12) @ w, rtol=1e-4, atol=1e-5)
    p_x = model.apply({"params": params}, z, method="decode")
    np.testing.assert_allclose(p_x.mean.reshape(5, 12), z @ w.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 1), (9, 14, 3)])
@pytest.mark.parametrize("widths", [(4,), (4, 6)])
def test_conv_keeps_any_image_shape(shape, widths):
    model = conv_pair(widths, shape)
    params = model.init(KEY, jnp.zeros((2, *shape)))["params"]
    p_x = model.apply({"params": params}, jnp.ones((2, *shape)))
    assert p_x.logits.shape == (2, *shape)


def test_conv_parameter_count():
    params = conv_pair((4, 6), (8, 8, 1)).init(KEY, jnp.zeros((1, 8, 8, 1)))["params"]
    encoder = (16 * 1 * 4 + 4) + (16 * 4 * 6 + 6) + (2 * 2 * 6 * 6 + 6)
    decoder = (3 * 24 + 24) + (4 * 6 * 16 + 16) + (4 * 4 * 4 + 4)
    assert (count(params["encoder"]), count(params["decoder"])) == (encoder, decoder)


def test_every_pixel_reaches_the_conv_code():
    model = conv_pair((4, 6), (9, 14, 3))
    params = model.init(KEY, jnp.zeros((1, 9, 14, 3)))

    def code(x):
        return model.apply(params, x, method="encode").mean.sum()

    gradient = jax.grad(code)(jax.random.normal(KEY, (1, 9, 14, 3)))
    assert (jnp.abs(gradient).sum(axis=(0, 3)) > 0).all()


@pytest.mark.parametrize(
    ("scale", "shape"), [("fixed", None), ("global", ()), ("per_dimension", (4, 2))]
)
def test_gaussian_output_scales(scale, shape):
    output = models.GaussianOutput(scale, -1.5)
    p_x, variables = output.init_with_output(KEY, jnp.zeros((3, 4, 2)))
    assert jnp.unique(p_x.log_scale).tolist() == [-1.5]
    if shape is None:
        assert not variables
    else:
        assert variables["params"]["log_scale"].shape == shape


def test_gaussian_output_refuses_another_scale():
    with pytest.raises(ValueError, match="fixed, global, per_dimension"):
        models.GaussianOutput("learned").init(KEY, jnp.zeros((1, 2)))


@pytest.mark.parametrize("conv", [False, True])
def test_bfloat16_computes_in_half_and_keeps_float32(conv):
    shape, half = (8, 8, 1), jnp.bfloat16
    if conv:
        encoder = models.ConvEncoder((4,), models.GaussianHead(2, half), dtype=half)
        decoder = models.ConvDecoder((4,), shape, models.BernoulliOutput(), dtype=half)
    else:
        encoder = models.MLPEncoder((4,), models.GaussianHead(2, half), dtype=half)
        decoder = models.MLPDecoder((4,), shape, models.BernoulliOutput(), dtype=half)
    model, x = models.Autoencoder(encoder, decoder), jax.random.uniform(KEY, (3, *shape))
    params = model.init(KEY, x)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    p_x = model.apply(params, x)
    assert p_x.logits.dtype == jnp.float32
    assert jnp.array_equal(p_x.logits, p_x.logits.astype(half).astype(jnp.float32))
