"""Proves the reconstruction losses against worked numbers, SciPy and their own derivatives."""

import re

import jax
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_expit
from scipy.stats import bernoulli, norm

from reprlearn import losses

LOG_2, LOG_3 = 0.6931471806, 1.0986122887
LOSSES = [
    losses.squared_error,
    losses.bernoulli_cross_entropy,
    losses.gaussian_negative_log_likelihood,
]


def test_squared_error_by_hand():
    predictions = np.float32([[1, 2, 3], [0, -1, 0.5]])
    targets = np.float32([[0, 4, 3], [3, -1, 1.5]])
    assert_allclose(losses.squared_error(predictions, targets), [5, 10])


def test_squared_error_of_images_by_hand():
    images = np.arange(12, dtype="f4").reshape(2, 3, 2, 1)
    assert_allclose(losses.squared_error(images, np.zeros_like(images)), [55, 451])


def test_bernoulli_by_hand():
    logits = np.float32([[0, 0, 0], [LOG_3, -LOG_3, LOG_3]])  # probabilities 1/2, 3/4, 1/4
    targets = np.float32([[1, 0, 0.25], [1, 0.5, 0]])
    values = losses.bernoulli_cross_entropy(logits, targets)
    assert_allclose(values, [2.0794415, 2.5109647], rtol=1e-6)


@pytest.mark.parametrize(
    ("log_scale", "expected"),
    [
        (0.0, [5.2568156, 7.2568156]),
        (LOG_2, [5.4612571, 5.9612571]),
        (np.float32(LOG_2), [5.4612571, 5.9612571]),
        (np.float32([[0, LOG_2, -LOG_2]]), [11.2568156, 3.8818156]),
        (np.float32([0, LOG_2, -LOG_2]), [11.2568156, 3.8818156]),
        (np.float32([[LOG_2], [0]]), [5.4612571, 7.2568156]),
        (np.float32([[0, 0, LOG_2], [0, LOG_2, 0]]), [4.4499628, 4.5749628]),
    ],
)
def test_gaussian_by_hand(log_scale, expected):
    mean = np.float32([[0, 1, 2], [1, 0, -1]])
    targets = np.float32([[1, 1, 0], [1, -3, -1]])
    values = losses.gaussian_negative_log_likelihood(mean, targets, log_scale=log_scale)
    assert_allclose(values, expected, rtol=1e-6)


def test_gaussian_has_unit_scale_by_default():
    image = np.float32([[[[3], [0]]], [[[0], [0]]]])  # constant 2 * log(2 pi) / 2
    values = losses.gaussian_negative_log_likelihood(image, np.zeros_like(image))
    assert_allclose(values, [6.3378771, 1.8378771], rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_example_may_be_one_number(loss):
    predictions, targets = np.float32([[-1, 0.5, 2], [0, 1, 0.5]])
    expected = loss(predictions[:, None], targets[:, None])
    assert_allclose(loss(predictions, targets), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (3, 4, 5, 2)])
def test_float64_oracles(shape):
    rng = np.random.default_rng(len(shape))
    x, y, log_scale = rng.normal(size=(3, *shape)).astype("f4")
    soft, hard = rng.uniform(size=shape).astype("f4"), rng.integers(2, size=shape).astype("f4")
    axes = tuple(range(1, len(shape)))
    logits, x64, soft64 = 5 * x, x.astype("f8"), soft.astype("f8")

    assert_allclose(losses.squared_error(x, y), ((x64 - y) ** 2).sum(axes), rtol=1e-5)

    logits64 = logits.astype("f8")
    expected = -(soft64 * log_expit(logits64) + (1 - soft64) * log_expit(-logits64)).sum(axes)
    assert_allclose(losses.bernoulli_cross_entropy(logits, soft), expected, rtol=1e-5)

    probability = 1 / (1 + np.exp(-logits64))
    expected = -bernoulli.logpmf(hard, probability).sum(axes)
    assert_allclose(losses.bernoulli_cross_entropy(logits, hard), expected, rtol=1e-5)

    expected = -norm.logpdf(y, x64, np.exp(log_scale.astype("f8"))).sum(axes)
    values = losses.gaussian_negative_log_likelihood(x, y, log_scale=log_scale)
    assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 1, 2)])
def test_gradients(loss, shape):
    arguments = np.random.default_rng(1).uniform(0.1, 0.9, size=(2, *shape)).astype("f4")
    check_grads(loss, tuple(arguments), order=1, modes=("fwd", "rev"), eps=1e-2, atol=5e-3)


@pytest.mark.parametrize("shape", [(), (1, 3), (2, 1), (2, 3)])
def test_gradient_of_the_log_scale(shape):
    mean, targets = np.random.default_rng(2).normal(size=(2, 2, 3)).astype("f4")

    def loss(log_scale):
        return losses.gaussian_negative_log_likelihood(mean, targets, log_scale=log_scale)

    log_scale = np.full(shape, 0.3, "f4")
    check_grads(loss, (log_scale,), order=1, modes=("fwd", "rev"), eps=1e-2, atol=5e-3)


def test_best_log_scale_is_that_of_the_residual():
    residual = np.float32([[2, 0.5, -4]])

    def loss(log_scale):
        zeros = np.zeros_like(residual)
        return losses.gaussian_negative_log_likelihood(zeros, residual, log_scale=log_scale).sum()

    assert_allclose(jax.grad(loss)(np.log(np.abs(residual))), np.zeros((1, 3)), atol=1e-6)


@pytest.mark.parametrize(
    ("logit", "target", "value", "gradient"),
    [
        (0, 0, LOG_2, 0.5),
        (0, 1, LOG_2, -0.5),
        (0, 0.25, LOG_2, 0.25),
        (-20, 0, 2.0611536e-9, 2.0611536e-9),
        (20, 1, 2.0611536e-9, -2.0611536e-9),
        (1e4, 0, 1e4, 1),
        (1e4, 1, 0, 0),
        (-1e4, 0, 0, 0),
        (-1e4, 1, 1e4, -1),
        (1e4, 0.25, 7500, 0.75),
    ],
)
def test_bernoulli_at_its_ends(logit, target, value, gradient):
    def loss(logits):
        return losses.bernoulli_cross_entropy(logits, np.full((1, 1), target, "f4"))[0]

    found, slope = jax.value_and_grad(loss)(np.full((1, 1), logit, "f4"))
    assert_allclose(found, value, rtol=1e-5)
    atol = 1e-7 if abs(gradient) < 1e-6 else 0  # sigmoid(20) - 1 is below float32's resolution
    assert_allclose(slope[0, 0], gradient, rtol=1e-5, atol=atol)


def test_extreme_residuals():
    far = np.full((2, 1), 1e4, "f4")
    assert_array_equal(losses.squared_error(far, -far), [4e8, 4e8])
    assert_allclose(losses.gaussian_negative_log_likelihood(far, -far), [2e8, 2e8], rtol=1e-6)


def test_a_huge_log_scale_costs_itself():
    ones = np.ones((1, 1), "f4")
    values = losses.gaussian_negative_log_likelihood(ones, -ones, log_scale=1e4)
    assert_allclose(values, [10000.9189], rtol=1e-7)


@pytest.mark.parametrize("log_scale", [-1e4, -100, -30, -15])
def test_a_collapsed_log_scale_is_pushed_up(log_scale):
    def loss(log_scale):
        zeros, ones = np.zeros((2, 3), "f4"), np.ones((2, 3), "f4")
        return losses.gaussian_negative_log_likelihood(zeros, ones, log_scale=log_scale).sum()

    slope = jax.grad(loss)(np.float32(log_scale))
    assert np.isfinite(slope) and slope < 0


def test_a_log_scale_that_fits_nothing_is_refused():
    mean = np.zeros((2, 3), "f4")
    for shape in [[2], [4, 2, 3], [2, 2], [3, 3]]:
        with pytest.raises(ValueError, match=re.escape(str(shape))):
            losses.gaussian_negative_log_likelihood(mean, mean, log_scale=np.zeros(shape, "f4"))
