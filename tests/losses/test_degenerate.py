"""Values and slopes where a formula divides by nothing, cancels, or overflows on its way."""

import functools

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from reprlearn import losses
from reprlearn.losses import _stable


@functools.cache
def both(loss):
    """The function of arrays that gives the values and the slopes of their sum."""
    return jax.jit(lambda *x: (loss(*x), jax.grad(lambda x: loss(*x).sum())(x)))


def all_pairs(z, labels, margin=1.0):
    """Loss and slopes of every example, in extended precision."""
    z = z.astype(np.longdouble)
    values, slopes = np.zeros(len(z), z.dtype), np.zeros_like(z)
    for i, j in np.ndindex(len(z), len(z)):
        if i == j:
            continue
        apart = z[i] - z[j]
        distance = np.sqrt((apart**2).sum())
        near = max(margin - distance, 0)
        if labels[i] == labels[j]:
            values[i] += distance**2 / 2
            slopes[i] += 2 * apart  # (i, j) and (j, i) are counted
        else:
            values[i] += near**2 / 2
            slopes[i] -= 2 * near * apart / distance if distance > 0 else 0
    return values / (len(z) - 1), slopes / (len(z) - 1)


@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-6, 1e-5, 1e-2])
@pytest.mark.parametrize("spread", [1.0, 10.0, 1e4])
def test_all_pairs_push_near_ones_apart_however_far_the_others_are(gap, spread):
    z = np.float32([[0, 0], [0, gap], [spread, 0], [-spread, 0], [0, spread]])
    labels = np.array([0, 1, 2, 3, 3])
    values, (slopes,) = both(functools.partial(losses.all_pairs_contrastive, labels=labels))(z)
    expected, expected_slopes = all_pairs(z, labels)
    assert_allclose(values, expected.astype("f8"), rtol=1e-5)
    assert_allclose(slopes[:2], expected_slopes[:2].astype("f8"), rtol=1e-5, atol=1e-7)


@given(
    st.integers(0, 1_000),
    st.integers(1, 12),
    st.sampled_from((1e-12, 1e-6, 1e-3, 1.0, 1e3)),
    st.sampled_from((np.float32, ml_dtypes.bfloat16)),
)
def test_all_pairs_of_any_cluster(seed, gap, scale, dtype):
    rng = np.random.default_rng(seed)
    z = np.concatenate([scale * rng.normal(size=(3, 2)), 10.0**-gap * rng.normal(size=(3, 2))])
    z, labels = z.astype(dtype).astype("f4"), np.array([0, 1, 0, 1, 2, 3])
    loss = functools.partial(losses.all_pairs_contrastive, labels=jnp.array(labels))
    values, (slopes,) = _all_pairs_jitted(loss)(z)
    expected, expected_slopes = all_pairs(z, labels)
    assert_allclose(values, expected.astype("f8"), rtol=2e-5, atol=1e-9)
    size = np.abs(expected_slopes).max()
    assert_allclose(slopes, expected_slopes.astype("f8"), rtol=1e-4, atol=float(1e-6 * size))


_JITTED = []


def _all_pairs_jitted(loss):
    """Compiled once: the labels of the property above are always the same."""
    if not _JITTED:
        _JITTED.append(both(loss))
    return _JITTED[0]


def test_all_pairs_show_a_number_that_is_none():
    z = np.float32([[0], [np.nan], [2], [2]])
    values = losses.all_pairs_contrastive(z, np.array([0, 1, 2, 2]))
    assert np.isnan(values).all()  # each is in a pair with it


@pytest.mark.parametrize("length", [0.0, 1e-39, 1e-30, 1e-3, 1e30])
def test_a_row_without_a_direction_has_no_slope(length):
    row = np.float32([[length, 0.0]])
    z, slopes = both(losses.normalize)(row)[0], jax.jacobian(losses.normalize)(row)[0, :, 0]
    if length < 1e-38:
        assert_array_equal(z, 0 * row)
        assert_array_equal(slopes, np.zeros((2, 2)))
    else:
        assert_allclose(z, [[1, 0]], rtol=1e-6)
        assert_allclose(slopes, [[0, 0], [0, 1 / length]], rtol=1e-5)


def test_normalized_rows_against_numpy():
    rows = np.random.default_rng(0).normal(size=(7, 5)).astype("f4")
    lengths = np.linalg.norm(rows.astype("f8"), axis=1, keepdims=True)
    assert_allclose(losses.normalize(rows), rows / lengths, rtol=1e-6)
    with pytest.raises(ValueError, match="must have 2 axes"):
        losses.normalize(rows[0])
    with pytest.raises(TypeError, match="must be floating"):
        losses.normalize(np.ones((2, 3), int))


@pytest.mark.parametrize("far", [1e4, 1e15, 1e20, 1e25, 1e37])
def test_a_triplet_with_both_as_far_costs_the_margin(far):
    anchor, positive, negative = np.float32([[[0, 0]], [[far, 0]], [[0, far]]])
    value, slopes = both(losses.triplet)(anchor, positive, negative)
    assert_array_equal(value, [1])
    expected = 2 * np.float32(far) * np.array([[[-1, 1]], [[1, 0]], [[0, -1]]], "f4")
    assert_allclose(slopes, expected, rtol=1e-6)
    nearer = losses.triplet(anchor, positive / 2, negative)
    farther = losses.triplet(anchor, positive, negative / 2)
    assert_array_equal(nearer, [0])
    assert_allclose(farther, [min(0.75 * far**2, np.inf) if far < 1e19 else np.inf], rtol=1e-6)


@pytest.mark.parametrize(("anchor", "positive", "negative"), [(3, 5, 8), (0, 0, 0), (1e3, 1, -1e3)])
def test_a_triplet_against_its_definition(anchor, positive, negative):
    rng = np.random.default_rng(0)
    a, p, n = (place + rng.normal(size=(4, 3)) for place in (anchor, positive, negative))
    value, slopes = both(losses.triplet)(*(x.astype("f4") for x in (a, p, n)))
    a, p, n = (x.astype("f4").astype("f8") for x in (a, p, n))
    gap = np.square(a - p).sum(1) - np.square(a - n).sum(1) + 1
    assert_allclose(value, np.maximum(gap, 0), rtol=1e-5, atol=1e-5)
    expected = (gap > 0)[:, None] * np.array([2 * (n - p), 2 * (p - a), 2 * (a - n)])
    assert_allclose(slopes, expected, rtol=1e-4, atol=1e-4)


INF = np.inf


@pytest.mark.parametrize(
    ("logit", "target", "value", "slope"),
    [
        (INF, 1, 0, 0),
        (INF, 0, INF, 1),
        (INF, 0.25, INF, 0.75),
        (-INF, 0, 0, 0),
        (-INF, 1, INF, -1),
        (-INF, 0.25, INF, -0.25),
    ],
)
def test_bernoulli_where_the_model_is_certain(logit, target, value, slope):
    logits, targets = np.float32([[logit]]), np.float32([[target]])
    found, slopes = both(losses.bernoulli_cross_entropy)(logits, targets)
    assert_array_equal(found, [value])
    assert_allclose(slopes[0], [[slope]])
    assert_array_equal(losses.bernoulli_cross_entropy(logits, targets), [value])


@pytest.mark.parametrize("target", [255.0, -0.1, 1.001, np.nan])
def test_a_target_that_is_no_probability_is_refused(target):
    logits, targets = np.zeros((2, 3), "f4"), np.full((2, 3), 0.5, "f4")
    targets[1, 2] = target
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\], got"):
        losses.bernoulli_cross_entropy(logits, targets)


@pytest.mark.parametrize("log_variance", [INF, -INF])
def test_a_variance_that_is_none_is_infinitely_far_from_the_prior(log_variance):
    mean, log_variance = np.zeros((1, 2), "f4"), np.float32([[log_variance, 0]])
    assert_array_equal(losses.gaussian_kl(mean, log_variance), [INF])
    assert_array_equal(losses.gaussian_kl_between(mean, log_variance, mean, 0 * mean), [INF])


@pytest.mark.parametrize("log_variance", [1e-9, 1e-7, -3e-7, 1e-4, -0.05, 0.0999, 0.1001, -2.0])
def test_a_variance_near_the_priors_costs_its_square(log_variance):
    log_variance = np.float32([[log_variance]])
    value, (slopes,) = both(lambda v: losses.gaussian_kl(0 * v, v))(log_variance)
    exact = log_variance.astype("f8")
    series = exact**2 / 2 * (1 + exact / 3 + exact**2 / 12)
    expected = np.where(np.abs(exact) < 1e-3, series, np.expm1(exact) - exact)
    assert_allclose(value, 0.5 * expected[0], rtol=5e-6)
    assert_allclose(slopes, 0.5 * np.expm1(exact), rtol=5e-6)


def test_kl_divergence_of_near_distributions():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(1_000), 3).astype("f4")
    q = (p * (1 + 1e-3 * rng.normal(size=p.shape))).astype("f4")
    value, (slope, _) = both(losses.kl_divergence)(q, p)
    ratio = np.log(q.astype("f8") / p)
    assert_allclose(value, (q * ratio).sum(axis=1), rtol=1e-3, atol=1e-9)
    assert_allclose(slope, ratio + 1, rtol=1e-5)


@pytest.mark.parametrize("length", [1e-37, 1.0, 8e37, 9e37, 3e38])
def test_the_largest_and_smallest_lengths(length):
    row = np.float32([[length, 0.0], [0.0, -length]])
    lengths, (slopes,) = both(_stable.euclidean_norm)(row)
    assert_allclose(lengths, np.float32([length, length]), rtol=1e-6)
    assert_allclose(slopes, [[1, 0], [0, -1]], rtol=1e-6)
    assert_allclose(losses.normalize(row), [[1, 0], [0, -1]], rtol=1e-6)
    zero = 0 * row
    pair = losses.pair_contrastive(zero, row, np.array([0, 0]))
    assert_allclose(pair, 0.5 * np.maximum(1 - np.float32(length), 0) ** 2 * np.ones(2))


def test_kl_divergence_where_a_probability_is_0():
    q, p = np.float32([[0.5, 0.5, 0], [1, 0, 0], [0.5, 0.25, 0.25]]), np.float32([0.25, 0.75, 0])
    found = losses.kl_divergence(q, np.tile(p, (3, 1)))
    expected = [0.5 * np.log(2) + 0.5 * np.log(2 / 3), np.log(4), INF]
    assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("count", [1_024, 1_025, 100_000, 1_000_000])
def test_long_examples_are_summed_to_float32s_last_digits(count):
    values = np.random.default_rng(0).uniform(size=(2, count)).astype("f4")
    expected = values.astype("f8").sum(axis=1)
    assert_allclose(_stable.sum_over_example(jnp.asarray(values)), expected, rtol=1e-6)
    found = losses.squared_error(values, np.zeros_like(values))
    assert_allclose(found, np.square(values.astype("f8")).sum(axis=1), rtol=1e-6)


def mmd_by_definition(x, y, bandwidths, biased):
    def kernels(a, b):
        squared = cdist(a.astype("f8"), b.astype("f8"), "sqeuclidean")
        return sum(np.exp(-squared / (2 * s**2)) for s in np.atleast_1d(bandwidths))

    def mean(a):
        own = kernels(a, a)
        if biased:
            return own.mean()
        return (own.sum() - np.trace(own)) / (len(a) * (len(a) - 1))

    return mean(x) + mean(y) - 2 * kernels(x, y).mean()


@given(
    st.integers(0, 100),
    st.sampled_from(((2, 5, 3), (7, 4, 1))),
    st.sampled_from((0.7, (0.3, 2.0))),
    st.booleans(),
    st.sampled_from((0.0, 1e3)),
)
def test_mmd_of_either_estimate(seed, shape, bandwidths, biased, offset):
    n, m, width = shape
    rng = np.random.default_rng(seed)
    x = (offset + rng.normal(size=(n, width))).astype("f4")
    y = (offset + 0.5 + rng.normal(size=(m, width))).astype("f4")
    found = losses.mmd(x, y, bandwidths=bandwidths, biased=biased)
    expected = mmd_by_definition(x, y, bandwidths, biased)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_biased_mmd_is_never_negative_and_keeps_its_slope():
    x = np.random.default_rng(0).normal(size=(300, 2)).astype("f4")
    for order in range(5):
        y = np.random.default_rng(order).permutation(x)
        assert losses.mmd(x, y, bandwidths=1.0) >= 0
    slope = jax.grad(lambda y: losses.mmd(x, y, bandwidths=1.0))(x + np.float32(1e-3))
    assert np.abs(slope).max() > 1e-7
    with pytest.raises(ValueError, match="at least 2 examples, got 1 and 300"):
        losses.mmd(x[:1], x, bandwidths=1.0, biased=False)


def test_the_gradient_of_mmd_holds_no_cube():
    """All differences of 600 and 600 rows of 64 are 92 MB a kernel; a few rows' are held."""
    x = jnp.zeros((600, 64))
    slope = jax.grad(lambda x, y: losses.mmd(x, y, bandwidths=(1.0, 2.0, 4.0)))
    memory = jax.jit(slope).lower(x, x).compile().memory_analysis()
    assert memory.temp_size_in_bytes < 16e6
