"""Proves the divergences against worked numbers, their definitions in float64 and identities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.special import entr, rel_entr
from scipy.stats import norm

from reprlearn import losses

LOG_4 = 1.3862943611
Q = np.float32([[0.75, 0.125, 0.125], [1, 0, 0]])
P = np.float32([[0.25, 0.25, 0.5], [0.5, 0.5, 0]])


def divergence_by_definition(mean_q, log_variance_q, mean_p, log_variance_p):
    """E_q[log q - log p] in float64; five Gauss-Hermite nodes are exact for this quadratic."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    mean_q, mean_p = (np.float64(x)[..., None] for x in (mean_q, mean_p))
    sigma_q, sigma_p = (
        np.exp(np.float64(x) / 2)[..., None] for x in (log_variance_q, log_variance_p)
    )
    z = mean_q + sigma_q * nodes
    ratio = norm.logpdf(z, mean_q, sigma_q) - norm.logpdf(z, mean_p, sigma_p)
    values = ratio @ weights / np.sqrt(2 * np.pi)
    return values.reshape(len(values), -1).sum(1)


def test_gaussian_kl_by_hand():
    mean = np.float32([[1, 0, 2], [0, -3, 0.5]])
    log_variance = np.float32([[0, LOG_4, 0], [-LOG_4, 0, 0]])
    expected = [3.3068528, 4.9431472]
    assert_allclose(losses.gaussian_kl(mean, log_variance), expected, rtol=1e-6)
    maps = mean.reshape(2, 3, 1, 1), log_variance.reshape(2, 3, 1, 1)
    assert_allclose(losses.gaussian_kl(*maps), expected, rtol=1e-6)


def test_gaussian_kl_between_by_hand():
    mean_q, mean_p = np.float32([[[1, 0, 0], [2, -1, 0]], [[0, 0, 2], [0, 1, 0]]])
    log_variance_q = np.float32([[0, LOG_4, 0], [-LOG_4, 0, LOG_4]])
    log_variance_p = np.float32([[LOG_4, 0, -LOG_4], [0, LOG_4, LOG_4]])
    values = losses.gaussian_kl_between(mean_q, log_variance_q, mean_p, log_variance_p)
    assert_allclose(values, [10.0568528, 3.1362944], rtol=1e-6)


def test_discrete_by_hand():
    assert_allclose(losses.kl_divergence(Q, P), [0.5640290, 0.6931472], rtol=1e-6)
    assert_allclose(losses.kl_divergence(P, Q), [0.5917809, np.inf], rtol=1e-6)
    assert_allclose(losses.entropy(Q), [0.7356220, 0], rtol=1e-6)
    assert_allclose(losses.entropy(P), [1.0397208, 0.6931472], rtol=1e-6)
    expected = [[LOG_4, LOG_4, LOG_4 / 2], [LOG_4 / 2, LOG_4 / 2, np.inf]]
    assert_allclose(losses.information(P), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (3, 4, 5, 2)])
def test_gaussians_against_the_definition(shape):
    arguments = np.random.default_rng(0).normal(size=(4, *shape)).astype("f4")
    expected = divergence_by_definition(*arguments)
    assert_allclose(losses.gaussian_kl_between(*arguments), expected, rtol=1e-5)
    expected = divergence_by_definition(*arguments[:2], *np.zeros((2, *shape)))
    assert_allclose(losses.gaussian_kl(*arguments[:2]), expected, rtol=1e-5)


def test_gaussian_kl_between_against_an_integral():
    def integrand(x):
        log_q, log_p = norm.logpdf(x, 0.5, np.exp(0.4)), norm.logpdf(x, -1, np.exp(-0.3))
        return np.exp(log_q) * (log_q - log_p)

    arguments = np.float32([0.5, 0.8, -1, -0.6]).reshape(4, 1, 1)
    expected = quad(integrand, -20, 20)[0]
    assert_allclose(losses.gaussian_kl_between(*arguments), [expected], rtol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3), (4, 20), (2, 3, 5)])
def test_discrete_against_scipy(shape):
    q, p = np.random.default_rng(0).gamma(0.3, size=(2, *shape)).astype("f4") + 1e-6
    q, p = q / q.sum(-1, keepdims=True), p / p.sum(-1, keepdims=True)
    q[..., 0] = 0
    q64, p64 = q.astype("f8"), p.astype("f8")
    expected = rel_entr(q64, p64).sum(-1)
    assert_allclose(losses.kl_divergence(q, p), expected, rtol=1e-5, atol=1e-6)
    assert_allclose(losses.entropy(q), entr(q64).sum(-1), rtol=1e-5)
    assert_allclose(losses.information(p), -np.log(p64), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 2, 1)])
def test_gradients(shape):
    rng = np.random.default_rng(1)
    options = {"order": 1, "modes": ("fwd", "rev"), "eps": 1e-2, "atol": 5e-3, "rtol": 5e-3}
    moments = tuple(rng.uniform(-1, 1, size=(4, *shape)).astype("f4"))
    check_grads(losses.gaussian_kl, moments[:2], **options)
    check_grads(losses.gaussian_kl_between, moments, **options)
    q, p = rng.uniform(0.4, 1, size=(2, *shape)).astype("f4")
    check_grads(losses.kl_divergence, (q, p), **options)
    check_grads(losses.entropy, (p,), **options)
    check_grads(losses.information, (p,), **options)


def test_to_the_standard_normal():
    mean, log_variance = np.random.default_rng(2).normal(size=(2, 3, 4)).astype("f4")
    zeros = np.zeros_like(mean)
    between = losses.gaussian_kl_between(mean, log_variance, zeros, zeros)
    assert_allclose(losses.gaussian_kl(mean, log_variance), between, rtol=1e-6)


@pytest.mark.parametrize("log_variance", [-1e4, -3, 0, 0.7, 100, 1e4])
def test_gaussian_kl_between_equals_is_zero(log_variance):
    q = np.full((2, 3), 1.3, "f4"), np.full((2, 3), log_variance, "f4")
    assert_array_equal(losses.gaussian_kl_between(*q, *q), [0, 0])
    slopes = jax.grad(lambda *a: losses.gaussian_kl_between(*a).sum(), (0, 1, 2, 3))(*q, *q)
    assert_allclose(slopes, np.zeros((4, 2, 3)), atol=1e-6)


def test_gaussian_kl_between_is_not_symmetric():
    q, p = np.float32([[[[0]], [[LOG_4]]], [[[0]], [[0]]]])
    assert_allclose(losses.gaussian_kl_between(*q, *p), [0.8068528], rtol=1e-6)
    assert_allclose(losses.gaussian_kl_between(*p, *q), [0.3181472], rtol=1e-6)


def test_discrete_identities():
    p = np.random.default_rng(3).dirichlet(np.ones(6), size=4).astype("f4")
    uniform = np.full_like(p, 1 / 6)
    assert_array_equal(losses.kl_divergence(p, p), np.zeros(4))
    assert_array_equal(losses.kl_divergence(P, P), np.zeros(2))
    entropy = losses.entropy(p)
    assert_allclose(entropy, (p * losses.information(p)).sum(-1), rtol=1e-6)
    assert_allclose(entropy, np.log(6) - losses.kl_divergence(p, uniform), rtol=1e-5)


@pytest.mark.parametrize("log_variance", [41, 100, 1e4])
def test_an_exploded_variance_is_pushed_back(log_variance):
    zeros, exploded = np.zeros((2, 3), "f4"), np.full((2, 3), log_variance, "f4")
    slope = jax.grad(lambda v: losses.gaussian_kl(zeros, v).sum())(exploded)
    assert np.isfinite(slope).all() and (slope > 0).all()

    slopes = jax.grad(lambda *a: losses.gaussian_kl_between(*a).sum(), (1, 3))
    slope, _ = slopes(zeros, exploded, zeros, zeros)
    assert np.isfinite(slope).all() and (slope > 0).all()
    _, slope = slopes(zeros, zeros, zeros, -exploded)
    assert np.isfinite(slope).all() and (slope < 0).all()


def test_gaussian_kl_keeps_the_largest_exact_exponents():
    value = losses.gaussian_kl(np.zeros((1, 1), "f4"), np.full((1, 1), 39, "f4"))
    assert_allclose(value, [0.5 * (np.exp(39.0) - 40)], rtol=1e-5)


def test_a_vanished_variance_costs_its_logarithm():
    mean, log_variance = np.float32([[0], [3]]), np.full((2, 1), -1e4, "f4")
    assert_array_equal(losses.gaussian_kl(mean, log_variance), [4999.5, 5004])
    slopes = jax.grad(lambda *a: losses.gaussian_kl(*a).sum(), (0, 1))(mean, log_variance)
    assert_array_equal(slopes, [mean, [[-0.5], [-0.5]]])
    zeros = np.zeros_like(mean)
    wide = losses.gaussian_kl_between(mean, zeros, zeros, -log_variance)
    assert_array_equal(wide, [4999.5, 4999.5])


def test_discrete_gradients_with_zeros():
    q, p = np.float32([[[0, 0.25, 0.75, 0]], [[0.5, 0.25, 0.25, 0]]])
    slope_q, slope_p = jax.grad(lambda *a: losses.kl_divergence(*a).sum(), (0, 1))(q, p)
    assert np.isfinite(slope_q).all() and np.isfinite(slope_p).all()
    assert_allclose(slope_q[0, 1:3], [1, 2.0986123], rtol=1e-6)  # log(q / p) + 1
    assert_allclose(slope_p[0, :3], [0, -1, -3], rtol=1e-6)  # -q / p
    slopes = jax.grad(lambda *a: losses.kl_divergence(*a).sum(), (0, 1))(P, Q)  # infinite value
    assert np.isfinite(slopes).all()
    slope = jax.grad(lambda p: losses.entropy(p).sum())(q)
    assert np.isfinite(slope).all()
    assert_allclose(slope[0, 1:3], [0.3862944, -0.7123179], rtol=1e-6)  # -log p - 1


def test_discrete_extremes():
    q, p = np.float32([[[1, 1e-30]], [[1e-30, 1]]])
    assert_allclose(losses.kl_divergence(q, p), [69.0775528], rtol=1e-6)
    assert_allclose(losses.entropy(q), [6.9077553e-29], rtol=1e-5)
    assert_array_equal(losses.information(np.float32([[1, 0]])), [[0, np.inf]])


def test_nan_and_negative_probabilities_show():
    bad, good = jnp.array([[jnp.nan, 0.5], [-0.5, 1.5]]), jnp.array([[0.5, 0.5], [0.5, 0.5]])
    assert jnp.isnan(losses.kl_divergence(bad, good)).all()
    assert jnp.isnan(losses.kl_divergence(good, bad)).all()
    assert jnp.isnan(losses.entropy(bad)).all()
    assert jnp.isnan(losses.information(bad)[:, 0]).all()


def test_gaussian_kl_does_not_cancel_near_the_prior():
    v = jnp.array([[1e-4], [1e-3]])
    expected = 0.5 * (np.expm1(np.array([1e-4, 1e-3])) - np.array([1e-4, 1e-3]))
    np.testing.assert_allclose(losses.gaussian_kl(jnp.zeros_like(v), v), expected, rtol=1e-2)
