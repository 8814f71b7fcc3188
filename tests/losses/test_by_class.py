"""Losses of cosines by class, and of logistic pairs, are their definitions in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose

from reprlearn import losses

LABELS = np.array([0, 1, 0, 2, 1, 0])  # 2 is alone


@pytest.fixture
def z():
    return np.random.default_rng(0).normal(size=(6, 3)).astype("f4")


def cosines(x, y):
    x, y = np.asarray(x, "f8"), np.asarray(y, "f8")
    return x @ y.T / np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1))


def test_multi_similarity_is_its_definition(z):
    similarity, expected = cosines(z, z), []
    for i in range(6):
        near = [j for j in range(6) if LABELS[j] == LABELS[i] and j != i]
        far = [j for j in range(6) if LABELS[j] != LABELS[i]]
        attracted = np.log1p(sum(np.exp(-3 * (similarity[i, j] - 0.4)) for j in near)) / 3
        repelled = np.log1p(sum(np.exp(20 * (similarity[i, j] - 0.4)) for j in far)) / 20
        expected.append(attracted + repelled)
    options = {"attraction": 3.0, "repulsion": 20.0, "threshold": 0.4}
    loss = functools.partial(losses.multi_similarity, labels=LABELS, **options)
    assert_allclose(jax.jit(loss)(z), expected, rtol=1e-5)
    check_grads(loss, (z,), order=1, modes=["rev"], rtol=2e-2, atol=2e-2)
    assert_allclose(loss(z * 7.0), loss(z), rtol=1e-4)  # lengths do not matter


def test_arcface_is_a_cross_entropy_with_the_own_angle_larger(z):
    classes = np.random.default_rng(1).normal(size=(4, 3)).astype("f4")
    labels, m, tau = np.array([0, 3, 1, 2, 0, 1]), 0.3, 0.2
    angle = np.arccos(cosines(z, classes))
    own = angle[np.arange(6), labels]
    assert (own < np.pi - m).all()
    scores = np.cos(angle)
    scores[np.arange(6), labels] = np.cos(own + m)
    expected = np.log(np.exp(scores / tau).sum(axis=1)) - np.cos(own + m) / tau
    loss = functools.partial(losses.arcface, labels=labels, margin=m, temperature=tau)
    assert_allclose(jax.jit(loss)(z, classes), expected, rtol=1e-4)
    check_grads(loss, (z, classes), order=1, modes=["rev"], rtol=2e-2, atol=2e-2)


def test_arcface_falls_on_where_the_angle_is_nearly_straight():
    classes, angles = jnp.array([[1.0, 0.0], [0.0, 1.0]]), jnp.linspace(0.0, np.pi, 41)
    z = jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=1)
    scores = losses.arcface(z, classes[:1], jnp.zeros(41, int))  # of one class nothing is left
    assert_allclose(scores, 0.0, atol=1e-6)
    values = losses.arcface(z, classes, jnp.zeros(41, int), margin=0.5, temperature=1.0)
    slopes = jax.grad(lambda z: losses.arcface(z, classes, jnp.zeros(41, int)).sum())(z)
    assert np.isfinite(values).all() and np.isfinite(slopes).all()
    # Against a class at a right angle the loss is larger the larger the own angle.
    other = jnp.cos(jnp.abs(angles - np.pi / 2))
    own = other - jnp.log(jnp.expm1(values))
    assert (np.diff(own) < 1e-3).all() and own[0] > own[-1] + 1


def test_info_nce_passes_over_what_is_similar_too(z):
    queries, keys = z[:4], z[2:]
    similar = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]], bool)
    scores, expected = cosines(queries, keys) / 0.5, []
    for i in range(4):
        among = [j for j in range(4) if j == i or not similar[i, j]]
        expected.append(np.log(np.exp(scores[i, among]).sum()) - scores[i, i])
    found = losses.info_nce(queries, keys, jnp.asarray(similar), temperature=0.5)
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found[3] == 0  # nothing is left to be taken for it
    slopes = jax.grad(lambda q: losses.info_nce(q, keys, jnp.asarray(similar)).sum())(queries)
    assert np.isfinite(slopes).all() and (slopes[3] == 0).all()


def test_symmetric_info_nce_is_the_mean_of_both_ways(z):
    queries, keys = z[:3], z[3:]
    similar = jnp.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    there = losses.info_nce(queries, keys, similar, temperature=0.3)
    back = losses.info_nce(keys, queries, similar.T, temperature=0.3)
    assert not np.allclose(there, back)
    found = losses.symmetric_info_nce(queries, keys, similar, temperature=0.3)
    assert_allclose(found, (there + back) / 2, rtol=1e-6)
    alone = losses.symmetric_info_nce(queries, keys)
    assert (alone >= losses.symmetric_info_nce(queries, keys, similar) - 1e-6).all()


def test_logistic_pairs(z):
    left, right, similar = z[:3], z[3:], np.array([1, 0, 1])
    squared = ((left - right).astype("f8") ** 2).sum(axis=1)
    odds = np.where(similar, 1.5 - squared, squared - 1.5)
    loss = functools.partial(losses.pair_logistic, similar=similar, margin=1.5)
    assert_allclose(jax.jit(loss)(left, right), np.log1p(np.exp(-odds)), rtol=1e-5)
    check_grads(loss, (left, right), order=1, modes=["rev"], rtol=1e-2, atol=1e-2)
    far = jnp.full((1, 2), 1e4)
    values, slopes = jax.value_and_grad(
        lambda x: losses.pair_logistic(x, -x, jnp.ones(1, int)).sum()
    )(far)
    assert np.isfinite(values) and np.isfinite(slopes).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda z: losses.multi_similarity(z, LABELS, attraction=0.0), ValueError, "attraction"),
        (lambda z: losses.multi_similarity(z, LABELS[:3]), ValueError, "labels"),
        (lambda z: losses.multi_similarity(z, LABELS * 1.0), TypeError, "labels"),
        (lambda z: losses.arcface(z, z[:, :2], LABELS), ValueError, "one width"),
        (lambda z: losses.arcface(z, z, LABELS, margin=-1.0), ValueError, "margin"),
        (lambda z: losses.arcface(z, z, LABELS, temperature=0.0), ValueError, "temperature"),
        (lambda z: losses.pair_logistic(z, z, LABELS), ValueError, "similar"),
        (lambda z: losses.pair_logistic(z, z, LABELS > 0, margin=0.0), ValueError, "margin"),
        (lambda z: losses.symmetric_info_nce(z, z[:3]), ValueError, "shape"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message, z):
    with pytest.raises(error, match=message):
        call(z)
