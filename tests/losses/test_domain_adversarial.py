"""Proves gradient reversal, and the distances between domains against float64 definitions."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from scipy.special import expit, log_expit

from reprlearn import losses

LOG_3, IS_SOURCE = 1.0986122887, np.array([1, 0, 0, 1, 1])
mmd = functools.partial(losses.mmd, bandwidths=[0.5, 1.0, 4.0])
DISTANCES = {"mmd": mmd, "coral": losses.coral}
every_distance = pytest.mark.parametrize("distance", DISTANCES.values(), ids=DISTANCES)


def samples(seed=0, counts=(5, 7), width=3):
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=(count, width)).astype("f4") for count in counts)
    return x, y * np.float32(1.5) + np.float32(0.5)


@functools.cache
def both(loss):
    """The function of arrays that gives the value and the slopes of its sum."""
    return jax.jit(lambda *x: (loss(*x), jax.grad(lambda x: loss(*x).sum())(x)))


def mmd_by_definition(x, y, bandwidths):
    def mean(a, b):
        squared = cdist(a, b, "sqeuclidean")
        return sum(np.exp(-squared / (2 * s**2)) for s in bandwidths).mean()

    return mean(x, x) + mean(y, y) - 2 * mean(x, y)


def coral_by_definition(x, y):
    difference = np.cov(np.float64(x), rowvar=False) - np.cov(np.float64(y), rowvar=False)
    return (difference**2).sum() / (4 * x.shape[1] ** 2)


def test_reverse_gradient_is_the_identity():
    for shape in [(), (3,), (2, 1, 3)]:
        x = np.random.default_rng(0).normal(size=shape).astype("f4")
        for value in (losses.reverse_gradient(x), jax.jit(losses.reverse_gradient)(x, 0.3)):
            assert value.dtype == jnp.float32 and value.shape == shape
            assert_array_equal(value, x)


@pytest.mark.parametrize("scale", [0, 1, 0.25, -2.0, 1e30, np.float32(0.5), jnp.float32(3)])
def test_reverse_gradient_turns_the_slope(scale):
    x, weights = np.float32([[1, -2, 3], [0.5, 4, -1e5]])

    def loss(x, scale):
        return (losses.reverse_gradient(x, scale) * weights).sum()

    expected = -np.float32(scale) * weights
    assert_array_equal(jax.grad(loss)(x, scale), expected)
    slopes = jax.jit(jax.grad(loss, (0, 1)))(x, jnp.float32(scale))
    assert_array_equal(slopes[0], expected)
    assert_array_equal(slopes[1], 0)


def test_reverse_gradient_is_reversed_once_by_default():
    assert_array_equal(jax.grad(lambda x: losses.reverse_gradient(x) ** 2)(3.0), -6)
    twice = jax.grad(lambda x: losses.reverse_gradient(losses.reverse_gradient(x, 0.5), 4.0) ** 2)
    assert_array_equal(twice(3.0), 12)


def test_reverse_gradient_under_vmap_and_scan():
    x, scales = np.float32([[1, -2], [3, 0.5], [4, 5]]), np.float32([0.5, 2, 0])
    slope = jax.grad(lambda x, scale: (losses.reverse_gradient(x, scale) ** 3).sum())
    expected = -3 * x**2 * scales[:, None]
    assert_allclose(jax.jit(jax.vmap(slope))(x, scales), expected, rtol=1e-6)
    assert_allclose(jax.vmap(slope, (0, None))(x, 2.0), -6 * x**2, rtol=1e-6)
    _, scanned = jax.lax.scan(lambda carry, pair: (carry, slope(*pair)), 0.0, (x, scales))
    assert_allclose(scanned, expected, rtol=1e-6)


def test_the_trunk_unlearns_what_the_head_learns():
    def loss(trunk, head, reverse):
        feature = trunk * 3.0
        return (head * (losses.reverse_gradient(feature, 0.5) if reverse else feature) - 1) ** 2

    plain, turned = (jax.grad(loss, (0, 1))(2.0, 0.5, reverse) for reverse in (False, True))
    assert_array_equal(plain, [6, 24])  # 2 (3 - 1) times 1.5 and 6
    assert_array_equal(turned, [-3, 24])


def test_reverse_gradient_refusals():
    with pytest.raises(TypeError, match="int32"):
        losses.reverse_gradient(np.ones(3, "i4"))
    with pytest.raises(ValueError, match="scale"):
        losses.reverse_gradient(np.ones(3, "f4"), np.ones(3, "f4"))


@pytest.mark.parametrize("dtype", [bool, "i4", "f4"])
def test_domain_cross_entropy_by_hand(dtype):
    logits = np.float32([LOG_3, LOG_3, -LOG_3, -LOG_3, 0])  # probabilities 3/4, 3/4, 1/4, 1/4
    values = losses.domain_cross_entropy(logits, np.array([1, 0, 1, 0, 1], dtype))
    expected = [0.2876821, 1.3862944, 1.3862944, 0.2876821, 0.6931472]
    assert_allclose(values, expected, rtol=1e-6)


def test_domain_cross_entropy_against_scipy():
    logits = 8 * np.random.default_rng(0).normal(size=40).astype("f4")
    domains = np.random.default_rng(1).integers(2, size=40)
    expected = -log_expit(np.where(domains, logits, -logits).astype("f8"))
    assert_allclose(losses.domain_cross_entropy(logits, domains), expected, rtol=1e-5)
    slope = jax.grad(lambda logits: losses.domain_cross_entropy(logits, domains).sum())(logits)
    assert_allclose(slope, expit(logits.astype("f8")) - domains, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("logit", "source", "value", "slope"),
    [
        (20, 1, 2.0611536e-9, 0),
        (1e4, 1, 0, 0),
        (1e4, 0, 1e4, 1),
        (-1e30, 1, 1e30, -1),
        (-1e30, 0, 0, 0),
    ],
)
def test_domain_cross_entropy_at_its_ends(logit, source, value, slope):
    def loss(logits):
        return losses.domain_cross_entropy(logits, np.array([source])).sum()

    found = jax.value_and_grad(loss)(np.float32([logit]))
    assert_allclose(found[0], value, rtol=1e-6)
    assert_allclose(found[1], [slope], rtol=1e-6, atol=1e-8 if value < 1 else 0)


def test_domain_cross_entropy_dtypes_and_jit():
    logits = np.float32([0.5, -2, 3, 0, -1])
    expected = losses.domain_cross_entropy(logits, IS_SOURCE)
    for dtype in [bool, "i4", "f4"]:
        for domains in (IS_SOURCE.astype(dtype), jnp.asarray(IS_SOURCE, dtype)):
            found = jax.jit(losses.domain_cross_entropy)(logits, domains)
            assert_allclose(found, expected, rtol=1e-6)
            closed = functools.partial(losses.domain_cross_entropy, is_source=domains)
            assert_allclose(jax.jit(closed)(logits), expected, rtol=1e-6)
    for dtype in ["bfloat16", "float16"]:  # which hold these logits exactly
        values = losses.domain_cross_entropy(jnp.asarray(logits, dtype), IS_SOURCE)
        assert values.dtype == jnp.float32
        assert_allclose(values, expected, rtol=1e-6)


def test_domain_cross_entropy_refusals():
    with pytest.raises(TypeError, match="logits"):
        losses.domain_cross_entropy(np.ones(5, int), IS_SOURCE)
    for logits in [np.ones((5, 1), "f4"), np.float32(1)]:
        with pytest.raises(ValueError, match="logits"):
            losses.domain_cross_entropy(logits, np.ones(logits.shape))
    for wrong in [[1, 0, 2], [0.0, 0.5, 1], [1, 0, -1], [1, 0, np.nan], [1, 0], [[1], [0], [1]]]:
        with pytest.raises(ValueError, match="is_source"):
            losses.domain_cross_entropy(np.ones(3, "f4"), np.array(wrong))


def test_adaptation_schedule_by_hand():
    progress = np.float32([0, 0.1, 0.25, 1])
    expected = [0, 0.4621172, 0.8482836, 0.9999092]
    assert_allclose(losses.adaptation_schedule(progress), expected, rtol=1e-6)
    assert_allclose(losses.adaptation_schedule(0.5, gamma=3), 0.6351490, rtol=1e-6)
    assert losses.adaptation_schedule(1).shape == ()
    assert losses.adaptation_schedule(jnp.bfloat16(0.5)).dtype == jnp.float32
    assert_allclose(jax.jit(losses.adaptation_schedule)(progress), expected, rtol=1e-6)
    with pytest.raises(TypeError, match="progress"):
        losses.adaptation_schedule(np.arange(3))


def test_adaptation_schedule_is_stable():
    progress = np.float32([-1e30, -1e3, -0.3, -1e-7, 1e-30, 0.02, 0.9, 1e3, 1e30])
    values, slopes = both(losses.adaptation_schedule)(progress)
    p = progress.astype("f8")
    expected = -np.expm1(-10 * np.abs(p)) / (1 + np.exp(-10 * np.abs(p))) * np.sign(p)
    assert_allclose(values, expected, rtol=1e-6)
    assert_allclose(slopes[0], 5 * (1 - expected**2), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("bandwidths", "expected"),
    [([1.0], 1.6568211), ((2.0,), 1.0100653), ([1, 2], 2.6668864), ((2.0, 1.0), 2.6668864)],
)
def test_mmd_by_hand(bandwidths, expected):
    x, y = np.float32([[0], [1]]), np.float32([[3]])
    assert_allclose(losses.mmd(x, y, bandwidths=bandwidths), expected, rtol=1e-6)
    assert_allclose(losses.mmd(y, x, bandwidths=bandwidths), expected, rtol=1e-6)


def test_coral_by_hand():
    x = np.float32([[0, 0], [2, 2], [4, -2]])  # covariance [[4, -2], [-2, 4]]
    y = np.float32([[1, 9], [3, 9]])  # [[2, 0], [0, 0]]
    assert_allclose(losses.coral(x, y), 1.75, rtol=1e-6)
    assert_allclose(losses.coral(y, x), 1.75, rtol=1e-6)


@pytest.mark.parametrize("counts", [(5, 7), (6, 2)])
def test_distances_against_the_definition(counts):
    for seed in range(3):
        x, y = samples(seed, counts)
        expected = mmd_by_definition(x, y, [0.5, 1, 4])
        assert_allclose(both(mmd)(x, y)[0], expected, rtol=1e-5, atol=1e-6)
        assert_allclose(both(losses.coral)(x, y)[0], coral_by_definition(x, y), rtol=1e-5)


@every_distance
def test_gradients(distance):
    check_grads(jax.jit(distance), samples(), order=1, eps=1e-2, atol=1e-2, rtol=1e-2)


@every_distance
def test_distances_of_like_samples(distance):
    x, y = samples(1, (5, 5))
    value, slopes = both(distance)(x, x)
    assert_allclose(value, 0, atol=1e-6)
    assert_allclose(slopes, np.zeros((2, 5, 3)), atol=1e-6)
    assert_allclose(both(distance)(x, x[::-1])[0], 0, atol=1e-6)
    assert_allclose(both(distance)(x, y)[0], both(distance)(y, x)[0], rtol=1e-5)
    assert both(distance)(x, y)[0] > 0.01
    for near in [1e-6, 1e-4, 1e-2]:
        assert both(distance)(x, x + np.float32(near) * y)[0] >= -1e-6


@every_distance
@pytest.mark.parametrize("offset", [1e3, -1e4])
def test_distances_do_not_depend_on_the_origin(distance, offset):
    x, y = (np.round(a * 64) / 64 for a in samples())  # multiples that stay exact when moved
    value, slopes = both(distance)(x, y)
    moved, moved_slopes = both(distance)(x + np.float32(offset), y + np.float32(offset))
    assert_allclose(moved, value, rtol=1e-5)
    assert_allclose(moved_slopes[0], slopes[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("unit", [1e-20, 1e-10, 1e4, 1e10, 1e20])
def test_mmd_does_not_depend_on_the_unit(unit):
    x, y = samples()
    expected, slopes = both(functools.partial(losses.mmd, bandwidths=[1, 2]))(x, y)
    scaled = functools.partial(losses.mmd, bandwidths=[unit, 2 * unit])
    value, scaled_slopes = both(scaled)(np.float32(unit) * x, np.float32(unit) * y)
    assert_allclose(value, expected, rtol=1e-5)
    assert_allclose(np.float32(unit) * scaled_slopes[0], slopes[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("far", [1e4, 1e15, 1e25, 1e30])
def test_far_domains(far):
    x, y = samples()
    value, slopes = both(mmd)(x, y + np.float32(far))  # all of y falls on one point, or nearly
    expected = mmd_by_definition(x, y + np.float32(far), [0.5, 1, 4])
    assert_allclose(value, expected, rtol=1e-5)
    assert all(np.isfinite(slope).all() for slope in slopes)


def test_coral_of_a_wide_domain():
    x, y = samples()
    value, slopes = both(losses.coral)(x, y * np.float32(1e8))
    assert_allclose(value, coral_by_definition(x, y * np.float32(1e8)), rtol=1e-5)
    assert all(np.isfinite(slope).all() for slope in slopes)


@every_distance
def test_distance_dtypes_jit_and_vmap(distance):
    x, y = samples()
    expected = distance(x, y)
    assert expected.dtype == jnp.float32 and expected.shape == ()
    assert_allclose(both(distance)(x, y)[0], expected, rtol=1e-5)
    stacked = jax.vmap(distance)(np.stack([x, -x]), np.stack([y, y]))
    assert_allclose(stacked, [expected, distance(-x, y)], rtol=1e-5)
    half = jnp.asarray(x, "bfloat16"), jnp.asarray(y, "float16")
    assert distance(*half).dtype == jnp.float32
    assert_allclose(distance(*half), distance(*(a.astype("f4") for a in half)), rtol=1e-6)


@every_distance
def test_wrong_samples_are_refused(distance):
    x, y = samples()
    for wrong in [(x.astype(int), y), (x, y.astype(int))]:
        with pytest.raises(TypeError, match="int"):
            distance(*wrong)
    for shape in [(5,), (5, 3, 1), (5, 2), (5, 1)]:
        for wrong in [(np.ones(shape, "f4"), y), (x, np.ones(shape, "f4"))]:
            with pytest.raises(ValueError, match=re.escape(str([*shape]))):
                distance(*wrong)


def test_too_few_samples_and_no_bandwidth_are_refused():
    x, y = samples()
    for least, distance in [(1, mmd), (2, losses.coral)]:
        for few in [(x[: least - 1], y), (x, y[: least - 1])]:
            with pytest.raises(ValueError, match=f"{least} "):
                distance(*few)
    for wrong in [[], (), [0.0], [1.0, -2.0], [1.0, float("nan")]]:
        with pytest.raises(ValueError, match="bandwidth"):
            losses.mmd(x, y, bandwidths=wrong)
