"""Penalties of a code: by hand, against SciPy and closed forms, and their gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose
from scipy.special import expit, rel_entr

from reprlearn import losses

X = jax.random.normal(jax.random.key(0), (4, 3, 2))
KERNEL = jax.random.normal(jax.random.key(1), (6, 5))


def encode(x):
    return jax.nn.sigmoid(x.reshape(len(x), -1) @ KERNEL)


def test_l1_is_the_sum_of_sizes():
    assert_allclose(losses.l1_activation(np.float32([[1, -2, 0], [0.5, 0, 4]])), [3, 4.5])
    slopes = jax.grad(lambda z: losses.l1_activation(z).sum())(jnp.array([[2.0, -3.0, 0.0]]))
    assert_allclose(slopes, [[1, -1, 0]])


def test_kl_of_rates_is_that_of_bernoulli_variables():
    rates = np.float32([0.01, 0.05, 0.3, 0.999])
    found = losses.kl_sparsity(rates, rate=0.05)
    p = rates.astype(np.float64)
    assert_allclose(found, rel_entr(0.05, p) + rel_entr(0.95, 1 - p), rtol=2e-4, atol=1e-7)
    slopes = jax.grad(lambda r: losses.kl_sparsity(r, rate=0.05).sum())(rates)
    assert_allclose(slopes, -0.05 / p + 0.95 / (1 - p), rtol=2e-4, atol=1e-5)


def test_units_that_are_never_or_always_active_have_a_finite_penalty():
    found = losses.kl_sparsity(jnp.array([0.0, 1.0]), rate=0.1)
    assert np.isfinite(found).all()
    assert (np.asarray(found) > 5).all()


def test_the_jacobian_of_one_layer_is_the_papers_closed_form():
    """Rifai et al. 2011, section 5.3: of a sigmoid layer, sum_k (h_k (1 - h_k))^2 sum_d W_dk^2."""
    rows, kernel = np.asarray(X, np.float64).reshape(4, -1), np.asarray(KERNEL, np.float64)
    h = expit(rows @ kernel)
    slopes = (h * (1 - h))[:, :, None] * kernel.T[None]
    assert_allclose(losses.jacobians(encode, X), slopes, rtol=1e-4, atol=1e-6)
    expected = ((h * (1 - h)) ** 2 * (kernel**2).sum(axis=0)).sum(axis=1)
    assert_allclose(losses.contractive(encode, X), expected, rtol=1e-4)
    assert_allclose(jax.jit(lambda x: losses.contractive(encode, x))(X), expected, rtol=1e-4)


def test_gradients():
    def of_kernel(kernel):
        return losses.contractive(lambda x: jnp.tanh(x.reshape(len(x), -1) @ kernel), X)

    check_grads(of_kernel, (KERNEL,), 1, modes="rev", rtol=0.02, atol=0.02)
    rates = lambda z: losses.kl_sparsity(jax.nn.sigmoid(z).mean(axis=0), rate=0.2)  # noqa: E731
    check_grads(rates, (X[:, 0],), 1, rtol=0.02)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: losses.l1_activation(jnp.zeros(3)), ValueError, r"z must have 2 axes, got \[3\]"),
        (lambda: losses.l1_activation(jnp.zeros((1, 2), int)), TypeError, "z must be floating"),
        (lambda: losses.kl_sparsity(jnp.array([1.5]), rate=0.1), ValueError, r"rates must be in"),
        (lambda: losses.kl_sparsity(jnp.zeros((1, 2)), rate=0.1), ValueError, "rates must have 1"),
        (lambda: losses.kl_sparsity(jnp.array([0.5]), rate=1.0), ValueError, "rate is 1.0; allow"),
        (lambda: losses.kl_sparsity(jnp.array([0.5]), rate=0.0), ValueError, "rate is 0.0; allow"),
        (
            lambda: losses.contractive(lambda x: x[:, 0, 0], X),
            ValueError,
            r"encode must give \[4, K\], got \[4\]",
        ),
        (
            lambda: losses.contractive(lambda x: x[:2, 0], X),
            ValueError,
            r"encode must give \[4, K\], got \[2, 2\]",
        ),
        (lambda: losses.contractive(encode, jnp.zeros((1, 3, 2), int)), TypeError, "x must be fl"),
    ],
)
def test_what_is_no_code_is_refused(call, error, told):
    with pytest.raises(error, match=told):
        call()
