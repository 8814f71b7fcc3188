"""Proves the losses of two players against worked numbers, SciPy in float64 and their optimum."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_expit, rel_entr
from scipy.stats import kstest

from reprlearn import losses

LOG_2, LOG_3, KEY = 0.6931471806, 1.0986122887, jax.random.key(0)
PAIRED = {  # name: float64 definition of (real, fake), its slope by each
    "discriminator_loss": (
        lambda r, f: -log_expit(r) - log_expit(-f),
        lambda r, f: (-expit(-r), expit(f)),
    ),
    "hinge_discriminator_loss": (
        lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f),
        lambda r, f: (-1.0 * (r < 1), 1.0 * (f > -1)),
    ),
    "wasserstein_critic_loss": (lambda r, f: f - r, lambda r, f: (-(r**0), f**0)),
    "least_squares_discriminator_loss": (
        lambda r, f: 0.5 * ((r - 1) ** 2 + f**2),
        lambda r, f: (r - 1, f),
    ),
    "relativistic_loss": (
        lambda r, f: -log_expit(r - f),
        lambda r, f: (-expit(f - r), expit(f - r)),
    ),
}
GENERATORS = {  # name: float64 definition of fake, its slope
    "generator_minimax_loss": (lambda f: log_expit(-f), lambda f: -expit(f)),
    "generator_nonsaturating_loss": (lambda f: -log_expit(f), lambda f: -expit(-f)),
    "hinge_generator_loss": (lambda f: -f, lambda f: -(f**0)),
    "wasserstein_generator_loss": (lambda f: -f, lambda f: -(f**0)),
    "least_squares_generator_loss": (lambda f: 0.5 * (f - 1) ** 2, lambda f: f - 1),
}
every_loss = pytest.mark.parametrize("name", [*PAIRED, *GENERATORS])


def count(name):
    return 2 if name in PAIRED else 1


def gradient_penalty(critic, real, fake, key=KEY):
    return jax.jit(lambda *samples: losses.gradient_penalty(key, critic, *samples))(real, fake)


def draws(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("f4")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("discriminator_loss", [0.9808293, 1.6739764]),
        ("hinge_discriminator_loss", [1, 2.0986123]),
        ("wasserstein_critic_loss", [-1.0986123, 0]),
        ("least_squares_discriminator_loss", [0.0048622, 2.8055612]),
        ("relativistic_loss", [0.2876821, 0.6931472]),
        ("generator_minimax_loss", [-0.6931472, -0.2876821]),
        ("generator_nonsaturating_loss", [0.6931472, 1.3862944]),
        ("hinge_generator_loss", [0, 1.0986123]),
        ("wasserstein_generator_loss", [0, 1.0986123]),
        ("least_squares_generator_loss", [0.5, 2.2020868]),
    ],
)
def test_by_hand(name, expected):
    real, fake = np.float32([[LOG_3, -LOG_3], [0, -LOG_3]])  # probabilities 3/4, 1/4; 1/2, 1/4
    arguments = (real, fake) if name in PAIRED else (fake,)
    assert_allclose(getattr(losses, name)(*arguments), expected, rtol=1e-5)


def test_hinges_beyond_the_margin():
    real, fake = np.float32([[2, 0.5, -1, 1.5], [-3, -0.25, -2, 2]])
    assert_array_equal(losses.hinge_discriminator_loss(real, fake), [0, 1.25, 2, 3])


@every_loss
def test_float64_oracles(name):
    arrays = 5 * draws((count(name), 64))
    value, slope = (PAIRED | GENERATORS)[name]
    loss = getattr(losses, name)
    assert_allclose(loss(*arrays), value(*arrays.astype("f8")), rtol=1e-5, atol=1e-6)
    found = jax.grad(lambda arrays: loss(*arrays).sum())(tuple(arrays))
    assert_allclose(found, np.reshape(slope(*arrays.astype("f8")), arrays.shape), rtol=1e-5)


@every_loss
def test_gradients(name):
    logits = tuple(np.float32([[0.3, -0.7, 2], [1.4, -2.1, 0.2]])[: count(name)])
    loss = jax.jit(getattr(losses, name))
    check_grads(loss, logits, order=1, modes=("fwd", "rev"), eps=1e-2, atol=5e-3, rtol=5e-3)


@every_loss
def test_extremes(name):
    corners = np.float64([-1e30, -1e10, -1e4, -100, -20, 0, 20, 100, 1e4, 1e10, 1e30])
    arrays = [axis.ravel() for axis in np.meshgrid(*[corners] * count(name))]
    value, slope = (PAIRED | GENERATORS)[name]
    expected, slopes = value(*arrays), np.reshape(slope(*arrays), (count(name), -1))
    arrays = tuple(array.astype("f4") for array in arrays)
    values, pullback = jax.vjp(getattr(losses, name), *arrays)
    fits = np.abs(expected) < 1e38  # the square of 1e30 is above float32, its slope is not
    assert_allclose(np.array(values)[fits], expected[fits], rtol=1e-6, atol=1e-37)
    assert_allclose(pullback(jnp.ones_like(values)), slopes, rtol=1e-6, atol=1e-7)


@every_loss
def test_dtypes_and_jit(name):
    loss, arrays = getattr(losses, name), draws((count(name), 5))
    assert_allclose(jax.jit(loss)(*arrays), loss(*arrays), rtol=1e-6)
    for dtype in ["bfloat16", "float16", "float32"]:
        half = jnp.asarray(arrays, dtype)
        values = loss(*half)
        assert values.dtype == jnp.float32 and values.shape == (5,)
        assert_allclose(values, loss(*half.astype("f4")), rtol=1e-6)


@every_loss
def test_wrong_logits_are_refused(name):
    loss = getattr(losses, name)
    for dtype in ["int32", "bool"]:
        for place in range(count(name)):
            arrays = [np.ones(3, dtype if i == place else "f4") for i in range(count(name))]
            with pytest.raises(TypeError, match=f"logits.*{dtype}"):
                loss(*arrays)
    for wrong in [(), (3, 1), (1, 3), (4, 3, 2)]:
        with pytest.raises(ValueError, match="logits.*" + re.escape(str([*wrong]))):
            loss(*np.ones((count(name), *wrong), "f4"))
    for wrong in [(4,), (1,), (3, 1)] if count(name) == 2 else []:
        for shapes in [(wrong, (3,)), ((3,), wrong)]:
            with pytest.raises(ValueError, match=re.escape(str([*wrong]))):
                loss(*(np.ones(shape, "f4") for shape in shapes))


def test_the_best_discriminator_measures_the_jensen_shannon_divergence():
    p, q = np.float32([[0.5, 0.25, 0.125, 0.125], [0.0625, 0.0625, 0.375, 0.5]])
    mixture = (p.astype("f8") + q) / 2
    jsd = 0.5 * (rel_entr(p, mixture) + rel_entr(q, mixture)).sum()

    @jax.jit
    def expected_loss(table):  # over independent x ~ p, y ~ q
        pairs = losses.discriminator_loss(jnp.repeat(table, 4), jnp.tile(table, 4))
        return (np.outer(p, q).ravel() * pairs).sum()

    best = np.log(p / q)  # the logit of p / (p + q)
    value, slope = expected_loss(best), jax.grad(expected_loss)(best)
    assert_allclose(value, 2 * LOG_2 - 2 * jsd, rtol=1e-5)
    assert_allclose(slope, np.zeros(4), atol=1e-6)
    for step in draws((20, 4)):
        assert expected_loss(best + step) > value
    assert_allclose(expected_loss(np.zeros(4, "f4")), 2 * LOG_2, rtol=1e-6)


def test_the_two_generator_losses():
    fake = np.float32([-8, -1, 0, 1, 8])
    value = losses.discriminator_loss(np.zeros_like(fake), fake)
    assert_allclose(losses.generator_minimax_loss(fake), LOG_2 - value, atol=1e-6)  # zero sum
    minimax = jax.grad(lambda f: losses.generator_minimax_loss(f).sum())(fake)
    other = jax.grad(lambda f: losses.generator_nonsaturating_loss(f).sum())(fake)
    assert_allclose(minimax / other, np.exp(fake), rtol=1e-5)  # one direction, two strengths


def test_least_squares_optimum():
    p, q = 0.7, 0.2  # of one outcome, real and generated

    def expected_loss(d):
        pairs = losses.least_squares_discriminator_loss(jnp.stack([d, 1.0]), jnp.stack([0.0, d]))
        return p * pairs[0] + q * pairs[1]

    assert_allclose(jax.grad(expected_loss)(np.float32(p / (p + q))), 0, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 4), (3, 2, 2, 1), (3,)])
def test_gradient_penalty_of_a_linear_critic(shape):
    weights = np.float32([1, 2, 2, 4]).reshape(shape[1:]) if shape[1:] else np.float32(5)
    axes = tuple(range(1, len(shape)))

    def critic(x):
        return (x * jnp.expand_dims(weights, 0)).sum(axes) + 7

    real, fake = draws((2, *shape))
    values = gradient_penalty(critic, real, fake)
    assert_allclose(values, [16, 16, 16], rtol=1e-5)  # (5 - 1)^2
    assert_allclose(losses.r1_penalty(critic, real), [25, 25, 25], rtol=1e-6)


def test_gradient_penalty_of_equal_samples():
    samples = np.float32([[1, 2], [2, -1]])  # slopes of a^2 b: (4, 1) and (-4, 4)
    values = gradient_penalty(lambda x: x[:, 0] ** 2 * x[:, 1], samples, samples)
    assert_allclose(values, [9.7537888, 21.6862915], rtol=1e-6)


def test_gradient_penalty_lies_between_with_one_weight_an_example():
    real, fake = np.full((4000, 2, 2), 2, "f4"), np.full((4000, 2, 2), 5, "f4")

    def place(i, j):  # the slope of x^2 / 2 is x: between 2 and 5
        critic = lambda x: 0.5 * x[:, i, j] ** 2  # noqa: E731
        return np.sqrt(gradient_penalty(critic, real, fake)) + 1

    u = (place(0, 0) - 2) / 3
    assert u.min() > -1e-6 and u.max() < 1 + 1e-6
    assert kstest(u, "uniform").pvalue > 1e-3 and len(np.unique(u)) > 3900
    assert_allclose(place(1, 0), place(0, 0), rtol=1e-6)
    assert_allclose(place(0, 1), place(0, 0), rtol=1e-6)
    other = losses.gradient_penalty(jax.random.key(1), lambda x: 0.5 * x[:, 0, 0] ** 2, real, fake)
    assert not np.allclose(np.sqrt(other) + 1, place(0, 0), atol=0.1)


def test_gradient_penalty_against_the_definition():
    real, fake = draws((2, 5, 3))
    zeros, ones = np.zeros((5, 3), "f4"), np.ones((5, 3), "f4")
    ramp = gradient_penalty(lambda x: 0.5 * (x[:, 0] + 1) ** 2, zeros, ones)
    u = np.sqrt(np.float64(ramp))[:, None]  # the slope of that is u + 1
    slopes = np.cos(real + u * (np.float64(fake) - real)) * [1, 2, 3]
    expected = (np.sqrt((slopes**2).sum(1)) - 1) ** 2
    values = gradient_penalty(lambda x: (jnp.sin(x) * jnp.float32([[1, 2, 3]])).sum(1), real, fake)
    assert_allclose(values, expected, rtol=1e-5)


def test_r1_by_hand_and_against_the_definition():
    samples = np.float32([[1, 2], [2, -1]])
    assert_array_equal(losses.r1_penalty(lambda x: x[:, 0] ** 2 * x[:, 1], samples), [17, 32])
    images = draws((5, 3, 2, 1))
    values = losses.r1_penalty(lambda x: jnp.sin(x).sum((1, 2, 3)), images)
    assert_allclose(values, (np.cos(images.astype("f8")) ** 2).sum((1, 2, 3)), rtol=1e-5)


def critic_of(parameters):
    return lambda x: jnp.tanh(x @ parameters["hidden"]) @ parameters["out"]


PENALTIES = {
    "gradient_penalty": lambda critic, x: losses.gradient_penalty(KEY, critic, x, 2 - x),
    "r1_penalty": losses.r1_penalty,
}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)


@functools.cache
def both(penalty):
    """The function of parameters and samples that gives the values and their mean's slopes."""

    def mean(parameters, samples):
        values = penalty(critic_of(parameters), samples)
        return values.mean(), values

    graph = jax.value_and_grad(mean, has_aux=True)
    return jax.jit(lambda *inputs: (graph(*inputs)[0][1], graph(*inputs)[1]))


@every_penalty
def test_penalties_train_the_critic(penalty):
    parameters, samples = {"hidden": draws((3, 4)), "out": draws(4, 1)}, draws((5, 3), 2)

    def mean(parameters, samples=samples):
        return penalty(critic_of(parameters), samples).mean()

    check_grads(jax.jit(mean), (parameters,), order=1, eps=1e-2, atol=1e-2, rtol=1e-2)
    assert_allclose(jax.jit(mean)(parameters, samples), mean(parameters), rtol=1e-5)
    values = penalty(critic_of(parameters), jnp.asarray(samples, "bfloat16"))
    assert values.dtype == jnp.float32 and values.shape == (5,)


@every_penalty
@pytest.mark.parametrize("scale", [0, 1e-30, 1e-20, 1e-10, 1e4])
def test_penalties_of_flat_and_steep_critics(penalty, scale):
    parameters = {"hidden": draws((3, 4)), "out": np.float32(scale) * draws(4, 1)}
    samples = draws((5, 3), 2)
    values, slopes = both(penalty)(parameters, samples)
    assert np.isfinite(values).all()
    assert all(np.isfinite(slope).all() for slope in slopes.values())
    if scale < 1e-8:
        expected = float(penalty is PENALTIES["gradient_penalty"])
        assert_allclose(values, np.full(5, expected), atol=1e-6)


@every_penalty
def test_wrong_critics_and_samples_are_refused(penalty):
    samples = draws((5, 3))
    wrong = [lambda x: x, lambda x: x.sum(1, keepdims=True), jnp.sum, lambda x: x.sum(0)]
    for critic in wrong:
        with pytest.raises(ValueError, match="critic"):
            penalty(critic, samples)
    with pytest.raises(TypeError, match="int32"):
        penalty(lambda x: x.sum(1), np.ones((5, 3), "i4"))


def test_gradient_penalty_of_unlike_samples_is_refused():
    for wrong in [(4, 3), (5, 1), (1, 3), (5,)]:
        with jax.numpy_rank_promotion("allow"), pytest.raises(ValueError, match="5, 3"):
            gradient_penalty(lambda x: x.sum(1), draws((5, 3)), draws(wrong))
