"""Corruptions: what share is changed and to what, drawn anew for every key, bounds refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binomtest, kstest

from reprlearn import losses

X = jax.random.uniform(jax.random.key(1), (40, 10, 50), minval=0.1, maxval=0.9)
RATES = pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
EVERY = {
    "gaussian": lambda key, x: losses.gaussian_noise(key, x, scale=0.4),
    "masking": lambda key, x: losses.masking_noise(key, x, rate=0.4),
    "salt_and_pepper": lambda key, x: losses.salt_and_pepper_noise(key, x, rate=0.4),
}
every = pytest.mark.parametrize("corrupt", EVERY.values(), ids=EVERY)


def as_likely(count, share):
    return binomtest(int(count), X.size, share).pvalue > 1e-3


def test_gaussian_noise_is_added():
    noise = np.asarray(losses.gaussian_noise(jax.random.key(0), X, scale=0.4) - X).ravel()
    assert kstest(noise / 0.4, "norm").pvalue > 1e-3
    np.testing.assert_array_equal(losses.gaussian_noise(jax.random.key(0), X, scale=0.0), X)


@RATES
def test_masked_values_are_zero_and_the_others_as_they_were(rate):
    found = losses.masking_noise(jax.random.key(0), X, rate=rate)
    masked = np.asarray(found == 0)
    assert as_likely(masked.sum(), rate)
    np.testing.assert_array_equal(np.asarray(found)[~masked], np.asarray(X)[~masked])


@RATES
def test_salt_is_as_likely_as_pepper(rate):
    found = np.asarray(losses.salt_and_pepper_noise(jax.random.key(0), X, rate=rate))
    salt, pepper = found == 1, found == 0
    assert as_likely(salt.sum(), rate / 2) and as_likely(pepper.sum(), rate / 2)
    np.testing.assert_array_equal(found[~(salt | pepper)], np.asarray(X)[~(salt | pepper)])


@every
def test_each_key_draws_anew_and_each_value_for_itself(corrupt):
    key = jax.random.key(3)
    same, again, other = corrupt(key, X), jax.jit(corrupt)(key, X), corrupt(jax.random.key(4), X)
    np.testing.assert_allclose(same, again, atol=1e-6)
    changed, others = np.asarray(same != X), np.asarray(other != X)
    assert same.dtype == jnp.float32 and (same != other).any()
    assert changed.any(axis=0).all() and changed.any(axis=(1, 2)).all()  # in every place and row
    if not changed.all():  # the places of two keys, and of two examples, are independent
        overlap = (changed & others).mean(), (changed[1:] & changed[:-1]).mean()
        np.testing.assert_allclose(overlap, 0.4**2, atol=0.01)


@every
def test_half_precision_is_raised_and_integers_are_refused(corrupt):
    half = X[:2].astype("bfloat16")
    np.testing.assert_array_equal(
        corrupt(jax.random.key(0), half), corrupt(jax.random.key(0), half.astype("float32"))
    )
    with pytest.raises(TypeError, match="uint8"):
        corrupt(jax.random.key(0), np.ones((2, 3), np.uint8))


def test_gradients_pass_where_nothing_was_changed():
    key = jax.random.key(5)
    gradient = jax.grad(lambda x: losses.masking_noise(key, x, rate=0.4).sum())(X)
    kept = losses.masking_noise(key, X, rate=0.4) != 0
    np.testing.assert_array_equal(gradient, kept.astype("float32"))


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_what_is_no_rate_is_refused(rate):
    for corrupt in (losses.masking_noise, losses.salt_and_pepper_noise):
        with pytest.raises(ValueError, match=r"rate is .*allowed: a number from 0 to 1"):
            corrupt(jax.random.key(0), X, rate=rate)
    if rate != 1.1:
        with pytest.raises(ValueError, match="scale is"):
            losses.gaussian_noise(jax.random.key(0), X, scale=rate)
    with pytest.raises(ValueError, match=r"x must be in \[0, 1\]"):
        losses.salt_and_pepper_noise(jax.random.key(0), X + 1, rate=0.5)
