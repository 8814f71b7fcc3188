"""The products of a program are all counted, and decide how a CPU computes them."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from reprlearn.training.products import SMALL_PRODUCT, Product, compiler_options, products


def counted(function, *shapes):
    jaxpr = jax.make_jaxpr(function)(*(jnp.zeros(shape) for shape in shapes))
    return sorted(products(jaxpr))


def test_a_product_and_a_batch_of_them():
    assert counted(jnp.matmul, (3, 4), (4, 5)) == [Product(1, 2 * 3 * 4 * 5)]
    assert counted(jnp.matmul, (7, 3, 4), (7, 4, 5)) == [Product(7, 2 * 3 * 4 * 5)]
    shared = jax.vmap(jnp.matmul, in_axes=(0, None))  # one matrix for all: one product
    assert counted(shared, (7, 3, 4), (4, 5)) == [Product(1, 2 * 7 * 3 * 4 * 5)]


def test_those_of_gradients_of_called_functions_and_of_loops():
    def layer(x, w):
        return jax.jit(lambda x, w: jax.nn.relu(x @ w))(x, w).sum()

    both = jax.grad(layer, argnums=(0, 1))
    assert counted(both, (3, 4), (4, 5)) == [Product(1, 120)] * 3

    def scanned(x, w):
        return lax.scan(lambda x, _: (x @ w, None), x, length=6)[0]

    assert counted(scanned, (3, 4), (4, 4)) == [Product(6, 2 * 3 * 4 * 4)]
    unknown = lambda x, w: lax.while_loop(lambda x: x.sum() < 1, lambda x: x @ w, x)  # noqa: E731
    assert counted(unknown, (3, 4), (4, 4)) == [Product(1, 2 * 3 * 4 * 4)]


def test_a_convolution_counts_the_taps_of_each_output():
    def convolve(x, kernel):
        numbers = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=numbers)

    outputs, taps = 2 * 4 * 5 * 7, 3 * 2 * 3
    assert counted(convolve, (2, 6, 6, 3), (3, 2, 3, 7)) == [Product(1, 2 * outputs * taps)]


def test_the_first_of_branches_counts():
    def choose(x, w):
        return lax.platform_dependent(x, w, cpu=lambda x, w: x @ w, default=lambda x, w: x @ w @ w)

    assert counted(choose, (3, 4), (4, 4)) == [Product(1, 2 * 3 * 4 * 4)]


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="of the CPU alone")
def test_where_all_products_are_small_the_cpu_computes_them_otherwise():
    side = round((SMALL_PRODUCT / 2) ** (1 / 3))  # 2 side^3 operations: just not small
    small, large = (
        jax.make_jaxpr(jnp.matmul)(jnp.zeros((n, n)), jnp.zeros((n, n))) for n in (side // 2, side)
    )
    assert compiler_options(large) == {}
    options = compiler_options(small)
    a = jnp.ones((64, 64))
    plain, chosen = (
        jax.jit(jnp.matmul, compiler_options=o).lower(a, a).compile() for o in ({}, options)
    )
    assert ("ynn" in plain.as_text(), "ynn" in chosen.as_text()) == (True, False)
