"""The VAE's objective against models whose likelihood is known exactly."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import image_columns, tiny
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from reprlearn import columns, keys, methods, models
from reprlearn.errors import UsageError
from reprlearn.methods.vae import vae

DIM, SHAPE = 2, (3,)


def linear_gaussian(**options):
    """x = W z + c + noise with q(z|x) linear too: probabilistic PCA, whose p(x) is Gaussian."""
    model = models.Autoencoder(
        models.MLPEncoder((), models.GaussianHead(DIM)),
        models.MLPDecoder((), SHAPE, models.GaussianOutput("global", -0.5)),
    )
    return vae(model, DIM, optax.adam(1e-2), **options)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, DIM)) @ rng.normal(size=(DIM, 3)) + 0.5 * rng.normal(size=(64, 3))
    return {"x": jnp.asarray(x, jnp.float32)}


def exact_log_likelihood(state, x):
    decoder = state.params["decoder"]
    w = np.asarray(decoder["Dense_0"]["kernel"], np.float64)  # [D, 3]
    scale = float(np.exp(decoder["output"]["log_scale"]))
    covariance = w.T @ w + scale**2 * np.eye(3)
    return multivariate_normal(decoder["Dense_0"]["bias"], covariance).logpdf(x)


def trained(method, data, steps):
    def step(state, i):
        return method.update(state, data, keys.at(keys.root(1), i))

    scan = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(steps))[0])
    return scan(method.init(keys.root(0), data))


def mean_over_noise(method, state, data, name, repeats=400):
    noise = jax.random.split(keys.root(2), repeats)
    values = jax.jit(jax.vmap(lambda key: method.evaluate(state, data, key)[name]))(noise)
    return np.asarray(values, np.float64).mean(axis=0)


def test_elbo_is_below_the_likelihood_and_tight_at_the_optimum(data):
    method = linear_gaussian()
    start = trained(method, data, 1)
    exact = exact_log_likelihood(start, data["x"])
    assert (mean_over_noise(method, start, data, "elbo") < exact + 0.1).all()
    end = trained(method, data, 2_000)
    exact = exact_log_likelihood(end, data["x"]).mean()
    # A linear Gaussian encoder contains the true posterior here, up to its shared covariance.
    assert -0.1 < mean_over_noise(method, end, data, "elbo").mean() - exact < 0.02


def test_importance_weighted_bound_lies_between_elbo_and_likelihood(data):
    method = linear_gaussian(samples=50)
    state = trained(method, data, 5)
    elbo = mean_over_noise(method, state, data, "elbo").mean()
    bound = mean_over_noise(method, state, data, "importance_weighted_bound").mean()
    exact = exact_log_likelihood(state, data["x"]).mean()
    assert elbo < bound < exact + 0.02
    assert exact - bound < 0.5 * (exact - elbo)


def test_log_likelihood_is_the_exact_one_of_a_model_whose_likelihood_is_known(data, monkeypatch):
    method = linear_gaussian()
    state = trained(method, data, 300)
    exact = exact_log_likelihood(state, data["x"])
    estimate = jax.jit(method.log_likelihood, static_argnums=3)
    at_once = estimate(state, data["x"], keys.root(5), 2_000)
    np.testing.assert_allclose(at_once, exact, atol=0.1)
    assert abs(np.mean(at_once - exact)) < 0.01
    monkeypatch.setattr("reprlearn.methods.vae.DECODED_AT_ONCE", 64 * 300)  # does not divide 2,000
    parts = jax.jit(method.log_likelihood, static_argnums=3)(state, data["x"], keys.root(5), 2_000)
    np.testing.assert_allclose(parts, at_once, rtol=1e-5)
    few = estimate(state, data["x"], keys.root(5), 1)
    assert np.mean(few) < np.mean(at_once)


def test_more_importance_samples_are_tighter(data):
    state = trained(linear_gaussian(), data, 5)
    bounds = [
        mean_over_noise(linear_gaussian(samples=k), state, data, "importance_weighted_bound").mean()
        for k in (2, 5, 20)
    ]
    assert bounds == sorted(bounds)


def test_the_loss_of_k_samples_is_minus_the_bound(data):
    """At beta = 1: log p(x|z) + log p(z) - log q(z|x), written out for the same draws of z."""
    method = linear_gaussian(samples=3)
    state, key = trained(method, data, 5), keys.root(9)
    _, metrics = method.update(state, data, key)
    model = models.Autoencoder(
        models.MLPEncoder((), models.GaussianHead(DIM)),
        models.MLPDecoder((), SHAPE, models.GaussianOutput("global", -0.5)),
    )
    q_z = model.apply({"params": state.params}, data["x"], method="encode")
    sigma, weights = np.exp(0.5 * np.asarray(q_z.log_variance)), []
    for sample_key in jax.random.split(key, 3):
        z = q_z.mean + sigma * jax.random.normal(sample_key, q_z.mean.shape)
        p_x = model.apply({"params": state.params}, z, method="decode")
        log_p_x = norm(p_x.mean, np.exp(p_x.log_scale)).logpdf(data["x"]).sum(axis=1)
        log_p_z, log_q_z = norm().logpdf(z).sum(axis=1), norm(q_z.mean, sigma).logpdf(z).sum(axis=1)
        weights.append(log_p_x + log_p_z - log_q_z)
    bound = logsumexp(weights, axis=0) - np.log(3)
    np.testing.assert_allclose(metrics["loss"], -bound.mean(), rtol=1e-5)


@pytest.mark.parametrize(("step", "expected"), [(0, 0.5), (1, 1.0), (3, 2.0), (50, 2.0)])
def test_beta_warms_up_linearly_and_stays(data, step, expected):
    method = linear_gaussian(beta=2.0, beta_warmup_steps=4)
    state = method.init(keys.root(0), data).replace(step=jnp.int32(step))
    _, metrics = method.update(state, data, keys.root(1))
    beta = (metrics["loss"] - metrics["reconstruction"]) / metrics["kl"]
    np.testing.assert_allclose(beta, expected, rtol=1e-4)


def test_elbo_metric_ignores_beta(data):
    method = linear_gaussian(beta=9.0)
    values = method.evaluate(method.init(keys.root(0), data), data, keys.root(1))
    np.testing.assert_allclose(
        values["elbo"], -values["reconstruction"] - values["kl"], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model__beta", -1.0),
        ("model__samples", 0),
        ("model__beta_warmup_steps", -1),
        ("model__likelihood", "poisson"),
        ("model__scale", "none"),
        ("model__initial_scale", 0.0),
        ("model__latent_dim", 0),
        ("model__encoder__widths", (8, 0)),
        ("model__encoder__network", "transformer"),
        ("model__dtype", "float16"),
    ],
)
def test_bad_fields_are_named(field, value):
    config = tiny("vae.py", **{"model__likelihood": "gaussian", field: value})
    with pytest.raises(UsageError, match=field.replace("__", r"\.")):
        methods.from_config(config, image_columns())


def test_conv_refuses_what_is_no_image():
    with pytest.raises(UsageError, match=r"conv' on vectors of shape \(64,\)"):
        methods.from_config(tiny("vae_conv.py"), {"x": columns.vector(64)})


def test_samples_are_of_the_models_distribution_noise_included(data):
    """Of probabilistic PCA: a Gaussian whose covariance holds the decoder's own variance."""
    method = linear_gaussian()
    state = trained(method, data, 300)
    decoder = state.params["decoder"]
    w, scale = np.asarray(decoder["Dense_0"]["kernel"]), np.exp(decoder["output"]["log_scale"])
    drawn = method.sample(state, keys.root(7), 100_000)
    expected = w.T @ w + scale**2 * np.eye(3)
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), expected, atol=0.03)
    np.testing.assert_allclose(drawn.mean(axis=0), decoder["Dense_0"]["bias"], atol=0.03)
    assert np.linalg.eigvalsh(expected)[0] == pytest.approx(scale**2, rel=1e-4)  # w alone has none


def test_samples_of_a_bernoulli_decoder_are_black_and_white():
    p_x = models.Bernoulli(jnp.array([[-1.0, 0.0, 2.0]]))
    drawn = jax.vmap(p_x.sample)(jax.random.split(keys.root(0), 20_000))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(axis=(0, 1)), p_x.mean[0], atol=0.02)
