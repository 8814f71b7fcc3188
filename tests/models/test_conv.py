"""The convolution as a matrix product equals lax's, forward and backward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from reprlearn.models import conv

CASES = [
    ((2, 8, 8, 3), (4, 4, 3, 5), (2, 2), ((1, 1), (1, 1))),
    ((1, 7, 9, 2), (3, 3, 2, 4), (1, 1), ((1, 1), (1, 1))),
    ((3, 9, 6, 1), (4, 4, 1, 2), (2, 2), ((1, 2), (1, 1))),
    ((2, 5, 5, 2), (2, 3, 2, 3), (2, 1), ((0, 0), (0, 2))),
    ((2, 9, 7, 2), (4, 4, 2, 3), (2, 2), "SAME"),
]


@pytest.mark.parametrize(("x_shape", "kernel_shape", "strides", "padding"), CASES)
def test_equals_lax_with_gradients(x_shape, kernel_shape, strides, padding):
    x_key, kernel_key, y_key = jax.random.split(jax.random.key(0), 3)
    x, kernel = jax.random.normal(x_key, x_shape), jax.random.normal(kernel_key, kernel_shape)

    def native(x, kernel):
        numbers = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=numbers)

    def matmul(x, kernel):
        return conv.conv_as_matmul(x, kernel, strides, padding)

    expected, expected_vjp = jax.vjp(native, x, kernel)
    y, vjp = jax.vjp(matmul, x, kernel)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    cotangent = jax.random.normal(y_key, y.shape)
    for got, want in zip(vjp(cotangent), expected_vjp(cotangent), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_the_layer_on_this_platform_equals_flax(monkeypatch):
    x = jax.random.normal(jax.random.key(1), (2, 9, 7, 3))
    ours = conv.conv(4, 4, 2, jnp.float32)
    params = ours.init(jax.random.key(0), x)
    plain = ours.clone(conv_general_dilated=lax.conv_general_dilated)
    np.testing.assert_allclose(ours.apply(params, x), plain.apply(params, x), rtol=1e-4, atol=1e-5)


def test_depth_to_space_places_channels_as_pixels():
    x = jnp.arange(8.0).reshape(1, 1, 2, 4)
    assert conv.depth_to_space(x)[0, :, :, 0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
