"""Triplets mined in a batch are those that loops find, their loss and slope those of each."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose
from scipy.special import logsumexp

from reprlearn import losses
from reprlearn.losses import mining

LABELS = np.array([0, 1, 0, 2, 1, 0, 3])  # 2 and 3 have one example
MARGIN = 0.7


@pytest.fixture
def z():
    return np.random.default_rng(0).normal(size=(7, 3)).astype("f4")


def by_loops(z, labels, which, margin):
    """The definition, in float64, an anchor after the other."""
    z = z.astype("f8")
    squared = ((z[:, None] - z[None, :]) ** 2).sum(-1)
    found = []
    for a in range(len(z)):
        near = [i for i in range(len(z)) if labels[i] == labels[a] and i != a]
        far = [i for i in range(len(z)) if labels[i] != labels[a]]
        triplets = []
        for p in near:
            beyond = [n for n in far if squared[a, n] > squared[a, p]]
            chosen = {
                "all": far,
                "hardest": [min(far, key=lambda n: squared[a, n])],
                "semi_hard": [
                    min(beyond, key=lambda n: squared[a, n])
                    if beyond
                    else max(far, key=lambda n: squared[a, n])
                ],
            }[which]
            triplets += [(squared[a, p], squared[a, n]) for n in chosen]
        if which == "hardest" and triplets:
            triplets = [max(triplets)]
        each = [max(0.0, p - n + margin) for p, n in triplets]
        found.append(np.mean(each) if each else 0.0)
    return np.array(found)


@pytest.mark.parametrize("which", losses.MININGS)
def test_they_are_those_that_loops_find(which, z):
    loss = functools.partial(losses.mined_triplet, labels=LABELS, mining=which, margin=MARGIN)
    expected = by_loops(z, LABELS, which, MARGIN)
    assert (expected[[3, 6]] == 0).all() and (expected[[0, 1, 2, 4, 5]] > 0).any()
    assert_allclose(jax.jit(loss)(z), expected, rtol=1e-5, atol=1e-6)
    check_grads(loss, (z,), order=1, modes=["rev"], rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    ("which", "expected"),
    [  # squared distances 1, 9 from the first to its own, 4 to the other
        ("all", [(0 + 6) / 2, (0 + 4) / 2 + 0.5, 0.0, (9 + 4) / 2]),
        ("semi_hard", [(0 + 6) / 2, (1 + 4) / 2, 0.0, (9 + 4) / 2]),
        ("hardest", [6.0, 4.0, 0.0, 9.0]),
    ],
)
def test_a_line_of_four(which, expected):
    z, labels = jnp.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 0])
    found = losses.mined_triplet(z, labels, mining=which, margin=1.0)
    assert_allclose(found, expected)


def test_semi_hard_takes_the_nearest_that_is_farther_than_the_positive():
    z = np.float32([[0], [1.0], [0.5], [1.1], [3]])
    labels = np.array([0, 0, 1, 2, 3])
    found = losses.mined_triplet(z, labels, mining="semi_hard", margin=1.0)
    assert found[0] == pytest.approx(1 - 1.21 + 1)  # not 0.5, which is nearer, nor 3
    found = losses.mined_triplet(z[:3], labels[:3], mining="semi_hard", margin=1.0)
    assert found[0] == pytest.approx(1 - 0.25 + 1)  # none is farther


def test_without_positives_or_negatives_there_is_no_loss(z):
    for which in losses.MININGS:
        for labels in (np.arange(7), np.zeros(7, int)):
            loss = functools.partial(losses.mined_triplet, labels=labels, mining=which)
            assert (loss(z) == 0).all()
            assert (jax.grad(lambda z: loss(z).sum())(z) == 0).all()  # noqa: B023
    loss = functools.partial(losses.distance_weighted_triplet, jax.random.key(0))
    assert (loss(z, np.arange(7)) == 0).all() and (loss(z, np.zeros(7, int)) == 0).all()


def test_negatives_are_drawn_evenly_over_their_distances(z):
    unit = np.asarray(losses.normalize(z), "f8")
    distance = np.linalg.norm(unit[:, None] - unit[None, :], axis=-1).clip(0.5)
    log_q = (3 - 2) * np.log(distance) + 0.5 * (3 - 3) * np.log(1 - distance**2 / 4)
    negative = LABELS[:, None] != LABELS[None, :]
    near = negative & (distance <= 1.4)
    drawn = np.where(near.any(1, keepdims=True), near, negative)
    assert (near.any(1) & (near != negative).any(1)).any() and not near.all()
    expected = np.where(drawn, -log_q, -np.inf)
    expected = np.exp(expected - logsumexp(expected, axis=1, keepdims=True))
    squared = mining.pairwise_squared(losses.normalize(z))
    logits = mining.distance_logits(squared, negative, 3)
    assert_allclose(jax.nn.softmax(logits, -1), expected, atol=1e-5)
    # In more dimensions most points lie at the square root of 2, so nearer ones are drawn more.
    at = jnp.square(jnp.array([[0.3, 0.5, 1.0, 1.3, 1.39]]))
    of_ten = mining.distance_logits(at, np.ones((1, 5), bool), 10)[0]
    expected = [-8 * np.log(d) - 3.5 * np.log(1 - d * d / 4) for d in (0.5, 0.5, 1.0, 1.3, 1.39)]
    assert_allclose(of_ten, expected, rtol=1e-4)


def test_the_loss_of_drawn_negatives_is_the_mean_over_the_positives():
    labels = np.array([0, 0, 0, 1])  # one negative, whoever draws
    z = np.float32([[1, 0], [0, 2], [-3, 0], [0.6, 0.8]])
    found = losses.distance_weighted_triplet(jax.random.key(1), z, labels, margin=0.3)
    expected = [
        (max(0, 2 - 0.8 + 0.3) + max(0, 4 - 0.8 + 0.3)) / 2,
        (max(0, 2 - 0.4 + 0.3) + max(0, 2 - 0.4 + 0.3)) / 2,
        (max(0, 4 - 3.2 + 0.3) + max(0, 2 - 3.2 + 0.3)) / 2,
        0,
    ]
    assert_allclose(found, expected, rtol=1e-5)


def test_other_keys_draw_other_negatives(z):
    loss = jax.jit(losses.distance_weighted_triplet)
    first, again, other = (loss(jax.random.key(k), z, LABELS) for k in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mining": "easy"}, ValueError, "mining is 'easy'; allowed: all, semi_hard, hardest"),
        ({"margin": 0.0}, ValueError, "margin"),
        ({"labels": np.zeros(7)}, TypeError, "labels"),
        ({"labels": np.zeros(6, int)}, ValueError, "labels"),
        ({"embeddings": np.zeros(7, "f4")}, ValueError, "embeddings"),
        ({"embeddings": np.zeros((7, 2), int)}, TypeError, "embeddings"),
    ],
)
def test_what_is_no_batch_is_refused(arguments, error, message, z):
    given = {"embeddings": z, "labels": LABELS} | arguments
    with pytest.raises(error, match=message):
        losses.mined_triplet(**given)
    if "mining" not in arguments:
        with pytest.raises(error, match=message.replace("embeddings", "embeddings|vectors")):
            losses.distance_weighted_triplet(jax.random.key(0), **given)
