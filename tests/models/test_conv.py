"""The convolution as a matrix product equals lax's, forward and backward."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax
from ml_collections import ConfigDict

from reprlearn import columns, models
from reprlearn.errors import UsageError
from reprlearn.models import build, conv

# x, kernel, strides, padding, dilation.
CASES = [
    ((2, 8, 8, 3), (4, 4, 3, 5), (2, 2), ((1, 1), (1, 1)), (1, 1)),
    ((1, 7, 9, 2), (3, 3, 2, 4), (1, 1), ((1, 1), (1, 1)), (1, 1)),
    ((3, 9, 6, 1), (4, 4, 1, 2), (2, 2), ((1, 2), (1, 1)), (1, 1)),
    ((2, 5, 5, 2), (2, 3, 2, 3), (2, 1), ((0, 0), (0, 2)), (1, 1)),
    ((2, 9, 7, 2), (4, 4, 2, 3), (2, 2), "SAME", (1, 1)),
    ((2, 11, 8, 2), (3, 6, 2, 3), (3, 2), "VALID", (1, 1)),  # both strides fold, unlike
    ((2, 11, 8, 2), (3, 2, 2, 3), (2, 3), ((2, 0), (0, 3)), (1, 1)),  # neither does
    ((2, 9, 10, 2), (2, 3, 2, 3), (1, 1), "SAME", (3, 2)),
    ((1, 12, 9, 2), (4, 2, 2, 3), (2, 2), ((3, 1), (0, 2)), (1, 3)),  # dilated: must not fold
    ((2, 9, 8, 2), (2, 2, 2, 3), (2, 2), ((-2, 0), (1, -3)), (1, 1)),  # padding that crops
    ((2, 7, 8, 5), (3, 2, 5, 2), (1, 1), "SAME", (1, 2)),  # few features
    ((2, 8, 8, 2), (4, 4, 2, 1), (2, 2), "SAME", (1, 1)),  # few features, once folded
    ((1, 6, 6, 1), (1, 1, 1, 2), (3, 4), "VALID", (1, 1)),  # most pixels are never seen
    ((2, 2, 5, 1), (3, 3, 1, 2), (1, 1), "VALID", (1, 1)),  # no window fits
]


NUMBERS = ("CHWN", "HWIO", "CHWN")


def chwb(x):
    """`[B, H, W, C]` to `[C, H, W, B]`, or back."""
    return jnp.transpose(x, (3, 1, 2, 0))


@pytest.mark.parametrize(("block", "large"), [(200, 300), (1, 1)])
@pytest.mark.parametrize("rows", [7, 9, 12, 13])
def test_windows_in_blocks_of_rows_equal_lax_with_gradients(rows, block, large, monkeypatch):
    monkeypatch.setattr(conv, "BLOCK", block)
    monkeypatch.setattr(conv, "LARGE", large)
    case = ((2, rows, 6, 2), (3, 2, 2, 4), (1, 1), ((1, 1), (0, 1)), (2, 1))
    test_equals_lax_with_gradients(*case)
    program = jax.make_jaxpr(
        lambda x, k: conv.conv_as_matmul(x, k, (1, 1), ((1, 1), (0, 1)), (2, 1))
    )
    shown = program(jnp.zeros((2, rows, 6, 2)), jnp.zeros((3, 2, 2, 4)))
    assert "scan" in str(shown)


def test_a_program_in_blocks_is_exported_for_any_batch(monkeypatch):
    monkeypatch.setattr(conv, "BLOCK", 200)
    monkeypatch.setattr(conv, "LARGE", 300)
    kernel = jax.random.normal(jax.random.key(1), (3, 3, 2, 4))
    (batch,) = export.symbolic_shape("batch")
    program = jax.jit(lambda x: conv.conv_as_matmul(x, kernel, (1, 1), ((0, 0), (0, 0)), (1, 1)))
    of_any = export.export(program)(jax.ShapeDtypeStruct((2, 9, 8, batch), jnp.float32))
    assert "while" in of_any.mlir_module()
    x = jax.random.normal(jax.random.key(0), (2, 9, 8, 3))
    np.testing.assert_array_equal(of_any.call(x), program(x))


@pytest.mark.parametrize(("x_shape", "kernel_shape", "strides", "padding", "dilation"), CASES)
def test_equals_lax_with_gradients(x_shape, kernel_shape, strides, padding, dilation):
    x_key, kernel_key, y_key = jax.random.split(jax.random.key(0), 3)
    x, kernel = chwb(jax.random.normal(x_key, x_shape)), jax.random.normal(kernel_key, kernel_shape)

    def native(x, kernel):
        options = {"rhs_dilation": dilation, "dimension_numbers": NUMBERS}
        return lax.conv_general_dilated(x, kernel, strides, padding, **options)

    def ours(x, kernel):
        return conv.convolution(x, kernel, strides=strides, padding=padding, dilation=dilation)

    expected, expected_vjp = jax.vjp(native, x, kernel)
    y, vjp = jax.vjp(ours, x, kernel)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    cotangent = jax.random.normal(y_key, y.shape)
    for got, want in zip(vjp(cotangent), expected_vjp(cotangent), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_the_cpu_multiplies_matrices_and_cuda_convolves():
    step = jax.jit(jax.grad(lambda x, kernel: conv.convolution(x, kernel).sum(), argnums=(0, 1)))
    arguments = jnp.ones((3, 8, 8, 2)), jnp.ones((2, 2, 3, 4))
    cpu, cuda = (
        export.export(step, platforms=[platform])(*arguments).mlir_module()
        for platform in ("cpu", "cuda")
    )
    assert ("stablehlo.convolution" in cpu, "stablehlo.dot_general" in cpu) == (False, True)
    assert ("stablehlo.convolution" in cuda, "stablehlo.dot_general" in cuda) == (True, False)


@pytest.mark.parametrize(
    ("ours", "flax"),
    [
        ({"kernel_size": (4, 4), "strides": (2, 2)}, {}),
        ({"kernel_size": (3, 3), "dilation": (2, 1)}, {"kernel_dilation": (2, 1)}),
        ({"kernel_size": (2, 2), "padding": ((1, 1), (0, 2)), "dtype": jnp.bfloat16}, {}),
    ],
)
def test_the_layer_is_flax_s_with_the_batch_last(ours, flax):
    x = jax.random.normal(jax.random.key(1), (2, 9, 7, 3))
    plain = nn.Conv(4, **{name: ours[name] for name in ours if name != "dilation"}, **flax)
    params, layer = plain.init(jax.random.key(0), x), conv.Conv(4, **ours)
    params = jax.tree.map(lambda leaf: leaf + 0.1, params)  # a bias that shows
    made = layer.init(jax.random.key(0), chwb(x))
    assert jax.tree.map(jnp.shape, made) == jax.tree.map(jnp.shape, params)
    y, expected = chwb(layer.apply(params, chwb(x))), plain.apply(params, x)
    assert y.dtype == expected.dtype
    tolerance = 1e-4 if y.dtype == jnp.float32 else 2e-2
    np.testing.assert_allclose(
        y.astype(jnp.float32), expected.astype(jnp.float32), rtol=tolerance, atol=tolerance
    )


def test_depth_to_space_places_channels_as_pixels_and_space_to_depth_takes_them_back():
    x = jnp.arange(8.0).reshape(1, 2, 4).transpose(2, 0, 1)[..., None]  # a row of two pixels
    y = conv.depth_to_space(x)
    assert y[0, :, :, 0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    np.testing.assert_array_equal(conv.space_to_depth(y), x)


def test_a_doubling_of_the_decoder_is_a_transposed_convolution():
    x = jax.random.normal(jax.random.key(0), (4, 3, 5, 2))
    kernel = jax.random.normal(jax.random.key(1), (2, 2, 4, 4 * 3))
    y = conv.convolution(x, kernel, padding=((1, 1), (1, 1)))
    y = conv.depth_to_space(y)[:, 1:-1, 1:-1]
    phases = kernel.reshape(2, 2, 4, 2, 2, 3)  # of pixel (2j - 1 + a), from pixel (j - 1 + i)
    whole = np.zeros((4, 4, 4, 3), np.float32)
    for i, j, a, b in np.ndindex(2, 2, 2, 2):
        whole[2 * i + 1 - a, 2 * j + 1 - b] = phases[i, j, :, a, b]
    # By its definition: a zero between each two pixels, and a plain convolution.
    expected = lax.conv_general_dilated(
        x, whole, (1, 1), ((2, 2), (2, 2)), lhs_dilation=(2, 2), dimension_numbers=NUMBERS
    )
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


def test_instance_norm_is_of_each_map_of_each_image_by_itself():
    rng = np.random.default_rng(0)
    maps = rng.normal(2.0, 3.0, (3, 4, 5, 6)).astype("f4")  # channels, height, width, images
    module = conv.InstanceNorm()
    gain, shift = np.array([1.0, 2.0, -0.5]), np.array([0.0, 1.0, 3.0])
    params = {"gain": gain.reshape(3, 1, 1, 1), "shift": shift.reshape(3, 1, 1, 1)}
    found = np.asarray(module.apply({"params": params}, jnp.asarray(maps)))
    for channel in range(3):
        for image in range(6):
            pixels = maps[channel, :, :, image].astype("f8")
            scaled = (pixels - pixels.mean()) / np.sqrt(pixels.var() + 1e-3)
            expected = gain[channel] * scaled + shift[channel]
            np.testing.assert_allclose(found[channel, :, :, image], expected, atol=1e-4)
    begun = jax.tree.leaves(module.init(jax.random.key(0), jnp.asarray(maps)))
    assert {leaf.shape for leaf in begun} == {(3, 1, 1, 1)}
    flat = module.apply({"params": params}, jnp.full((3, 4, 5, 6), 7.0))
    np.testing.assert_allclose(flat[:, 0, 0, 0], shift, atol=1e-4)


def test_a_normalized_encoder_does_not_see_contrast():
    """But for the border, where zeros are beyond it."""
    group = ConfigDict(
        {"network": "conv", "widths": (4, 6), "activation": "relu", "normalization": "instance"}
    )
    module = build.encoder(group, models.CodeHead(3), "float32")
    x = jax.random.uniform(jax.random.key(1), (2, 16, 16, 1))
    params = module.init(jax.random.key(0), x)
    names = set(params["params"])
    assert {"InstanceNorm_0", "InstanceNorm_1"} <= names
    z, dim = module.apply(params, x), module.apply(params, 0.5 * x)
    np.testing.assert_allclose(z, dim, atol=2e-2)
    plain = build.encoder(
        ConfigDict(dict(group) | {"normalization": "none"}), models.CodeHead(3), "float32"
    )
    other = plain.init(jax.random.key(0), x)
    assert not any(name.startswith("Instance") for name in other["params"])
    assert np.abs(plain.apply(other, x) - plain.apply(other, 0.5 * x)).max() > 0.05


@pytest.mark.parametrize(
    ("network", "widths", "normalization", "allowed"),
    [
        ("mlp", (4,), "instance", "with model.encoder.network 'mlp'; allowed: 'none', or the netw"),
        ("linear", (4,), "domain", "with model.encoder.network 'linear'; allowed: 'none', or the"),
        ("mlp", (), "domain", "with no model.encoder.widths; allowed: 'none', or at least"),
    ],
)
def test_hidden_layers_alone_are_normalized(network, widths, normalization, allowed):
    group = ConfigDict({"network": network, "widths": widths, "normalization": normalization})
    group.bias_scales = (0.0, 0.0)
    told = f"model.encoder.normalization is {normalization!r} {allowed}"
    with pytest.raises(UsageError, match=told):
        build.check("model.encoder", group, columns.image((8, 8, 1)))
