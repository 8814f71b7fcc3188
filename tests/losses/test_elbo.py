"""Proves the bounds and the reparameterized sample, and the contract that all losses share."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from scipy.stats import kstest, norm

from reprlearn import losses

KEY = jax.random.key(0)
sample = functools.partial(losses.reparameterize, KEY)

CONTRACT = {  # name: function, number of arrays, their shape, the shape of the result
    "squared_error": (losses.squared_error, 2, (3, 2, 2, 1), (3,)),
    "bernoulli": (losses.bernoulli_cross_entropy, 2, (3, 2, 2, 1), (3,)),
    "gaussian": (losses.gaussian_negative_log_likelihood, 2, (3, 2, 2, 1), (3,)),
    "gaussian_kl": (losses.gaussian_kl, 2, (3, 4), (3,)),
    "gaussian_kl_between": (losses.gaussian_kl_between, 4, (3, 4), (3,)),
    "kl_divergence": (losses.kl_divergence, 2, (3, 4), (3,)),
    "entropy": (losses.entropy, 1, (3, 4), (3,)),
    "information": (losses.information, 1, (3, 4), (3, 4)),
    "reparameterize": (sample, 2, (3, 4), (3, 4)),
    "elbo": (losses.elbo, 2, (3,), (3,)),
    "importance_weighted_bound": (losses.importance_weighted_bound, 1, (3, 4), (4,)),
}
every_loss = pytest.mark.parametrize(
    ("loss", "count", "shape", "result"), CONTRACT.values(), ids=CONTRACT
)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_results_are_float32(loss, count, shape, result, dtype):
    arrays = jax.random.uniform(KEY, (count, *shape), minval=0.1).astype(dtype)
    value = loss(*arrays)
    assert value.dtype == jnp.float32 and value.shape == result
    assert_allclose(value, loss(*arrays.astype("float32")), rtol=1e-6)


@every_loss
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_integers_are_refused(loss, count, shape, result, dtype):
    for wrong in range(count):
        arrays = [np.ones(shape, dtype if i == wrong else "f4") for i in range(count)]
        with pytest.raises(TypeError, match=dtype):
            loss(*arrays)


@pytest.mark.parametrize("name", [name for name, entry in CONTRACT.items() if entry[1] > 1])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [((3,), (3, 1)), ((3, 1), (3,)), ((3, 4), (3, 1)), ((3, 4), (1, 4)), ((3, 4), (4,))],
)
def test_mismatched_shapes_are_refused(name, right, wrong):
    loss, count, *_ = CONTRACT[name]
    for place in range(count):
        arrays = [np.ones(wrong if i == place else right, "f4") for i in range(count)]
        with jax.numpy_rank_promotion("allow"), pytest.raises(ValueError) as error:
            loss(*arrays)
        assert str([*right]) in str(error.value) and str([*wrong]) in str(error.value)


@every_loss
def test_jit_and_vmap_change_nothing(loss, count, shape, result):
    stacks = np.random.default_rng(0).uniform(0.1, 1, size=(count, 2, *shape)).astype("f4")
    each = np.stack([loss(*stacks[:, i]) for i in range(2)])
    assert_allclose(jax.vmap(loss)(*stacks), each, rtol=1e-5)
    assert_allclose(jax.jit(loss)(*stacks[:, 1]), each[1], rtol=1e-5)


def test_options_are_keywords():
    x = np.ones((2, 3), "f4")
    with pytest.raises(TypeError, match="positional"):
        losses.gaussian_negative_log_likelihood(x, x, 0.0)
    with pytest.raises(TypeError, match="positional"):
        losses.elbo(x[0], x[0], 1.0)
    with pytest.raises(TypeError, match="positional"):
        losses.importance_weighted_bound(x, 0)


@pytest.mark.parametrize(
    ("loss", "count"),
    [
        (losses.squared_error, 2),
        (losses.bernoulli_cross_entropy, 2),
        (lambda m, t, s: losses.gaussian_negative_log_likelihood(m, t, log_scale=s), 3),
        (losses.gaussian_kl, 2),
        (losses.gaussian_kl_between, 4),
        (sample, 2),
        (lambda *weights: losses.importance_weighted_bound(jnp.stack(weights)), 3),
        (lambda x, k: losses.elbo(x[:, 0], k[:, 0], beta=1e4), 2),
    ],
)
def test_extremes_stay_finite(loss, count):
    corners = itertools.product([-1e4, -100, 0, 100, 1e4], repeat=count)
    arrays = np.float32(list(corners)).T[..., None]
    values, pullback = jax.vjp(loss, *arrays)
    assert np.isfinite(values).all()
    assert all(np.isfinite(slope).all() for slope in pullback(jnp.ones_like(values)))


def test_sample_statistics():
    mean = np.tile(np.float32([[1, -2, 0]]), (20_000, 1))
    log_variance = np.tile(np.log(np.float32([[4, 0.25, 1]])), (20_000, 1))
    draws = np.asarray(sample(mean, log_variance))
    assert_allclose(draws.mean(0), [1, -2, 0], atol=0.06)  # four standard errors
    assert_allclose(draws.var(0), [4, 0.25, 1], rtol=0.04)
    assert_allclose(np.corrcoef(draws.T), np.eye(3), atol=0.03)
    assert kstest(draws[:, 0], norm(1, 2).cdf).pvalue > 1e-3


def test_sample_follows_its_key():
    zeros = np.zeros((3, 4), "f4")
    assert_array_equal(sample(zeros, zeros), losses.reparameterize(jax.random.key(0), zeros, zeros))
    assert (sample(zeros, zeros) != losses.reparameterize(jax.random.key(1), zeros, zeros)).all()
    assert len(np.unique(sample(zeros, zeros))) == 12


def test_sample_is_mean_plus_sigma_noise():
    mean, log_variance = np.random.default_rng(0).normal(size=(2, 3, 2, 2, 1)).astype("f4")
    noise = sample(np.zeros_like(mean), np.zeros_like(mean))
    scaled = np.exp(log_variance / 2) * noise
    assert_allclose(sample(mean, log_variance), mean + scaled, rtol=1e-5, atol=1e-6)
    slopes = jax.grad(lambda *a: sample(*a).sum(), (0, 1))(mean, log_variance)
    assert_array_equal(slopes[0], np.ones_like(mean))
    assert_allclose(slopes[1], 0.5 * scaled, rtol=1e-5)
    check_grads(sample, (mean, log_variance), order=1, modes=("fwd", "rev"), eps=1e-2, atol=5e-3)


def test_sample_without_variance_is_the_mean():
    mean = np.float32([[1, -2, 3]])
    assert_array_equal(sample(mean, np.full_like(mean, -1e4)), mean)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, [-12, -17]), ({"beta": 4}, [-18, -8]), ({"beta": 0.0}, [-10, -20])],
)
def test_elbo_by_hand(options, expected):
    log_likelihood, kl = np.float32([[-10, -20], [2, -3]])
    assert_array_equal(losses.elbo(log_likelihood, kl, **options), expected)
    slopes = jax.grad(lambda *a: losses.elbo(*a, **options).sum(), (0, 1))(log_likelihood, kl)
    assert_array_equal(slopes, [[1, 1], [-options.get("beta", 1)] * 2])


def test_elbo_of_the_true_posterior_is_the_evidence():
    x = np.float32([[0.3], [-2], [4]])  # z ~ N(0, 1), x | z ~ N(z, 1), so z | x ~ N(x / 2, 1 / 2)
    log_likelihood = -losses.gaussian_negative_log_likelihood(x / 2, x) - 0.25
    kl = losses.gaussian_kl(x / 2, np.full_like(x, np.log(0.5)))
    expected = norm.logpdf(x[:, 0].astype("f8"), 0, np.sqrt(2))
    assert_allclose(losses.elbo(log_likelihood, kl), expected, rtol=1e-5)


def test_importance_weighted_bound_by_hand():
    log_weights = np.log(np.float32([[1, 3, 5], [1, 1, 2]]))
    expected = [0, 0.6931472, 1.2527630]
    assert_allclose(losses.importance_weighted_bound(log_weights), expected, rtol=1e-6, atol=1e-7)
    transposed = losses.importance_weighted_bound(log_weights.T, axis=-1)
    assert_allclose(transposed, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_importance_weighted_bound_against_scipy(axis):
    log_weights = 5 * np.random.default_rng(0).normal(size=(6, 7)).astype("f4")
    exact = log_weights.astype("f8")
    expected = logsumexp(exact, axis=axis) - np.log(exact.shape[axis])
    bound = functools.partial(losses.importance_weighted_bound, axis=axis)
    assert_allclose(bound(log_weights), expected, rtol=1e-5, atol=1e-6)
    check_grads(bound, (log_weights,), order=1, modes=("fwd", "rev"), eps=1e-2, atol=5e-3)


def test_importance_weighted_bound_of_one_or_equal_weights():
    row = np.float32([[-1e4, -3, 0, 700, 1e4]])
    assert_array_equal(losses.importance_weighted_bound(row), row[0])
    assert_allclose(losses.importance_weighted_bound(np.tile(row, (8, 1))), row[0], atol=1e-6)


def test_importance_weighted_bound_of_extremes():
    log_weights = np.float32([[1e4, -1e4, -np.inf], [-1e4, -1e4, 0]])
    expected = [9999.30685, -1e4, -0.6931472]
    assert_allclose(losses.importance_weighted_bound(log_weights), expected, rtol=1e-6)
    slope = jax.grad(lambda w: losses.importance_weighted_bound(w).sum())(log_weights)
    assert_allclose(slope, [[1, 0.5, 0], [0, 0.5, 1]], atol=1e-6)


def test_importance_weighted_bound_grows_to_the_evidence():
    x = np.float32([[0.3], [-1.5]])  # the model above, with the prior as proposal
    z = np.random.default_rng(0).normal(size=(4096, 2, 1)).astype("f4")
    log_weights = norm.logpdf(x, z)[..., 0].astype("f4")
    means = []
    for k in [1, 4, 64, 4096]:
        groups = log_weights.reshape(k, -1, 2)
        means.append(losses.importance_weighted_bound(groups).mean(0))
    assert (np.diff(means, axis=0) > 0).all()
    assert_allclose(means[-1], norm.logpdf(x[:, 0], 0, np.sqrt(2)), atol=0.05)
