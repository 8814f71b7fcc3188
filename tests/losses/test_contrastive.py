"""Proves the contrastive losses against worked numbers, float64 definitions and identities."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose, assert_array_equal

from reprlearn import losses

SIMILAR, LABELS = np.array([1, 0, 1, 0, 0]), np.array([2, 0, 2, 2, 5])


def supervised(embeddings, **options):
    return losses.supervised_contrastive(embeddings, LABELS, **options)


def pairs(left, right, **options):
    return losses.pair_contrastive(left, right, SIMILAR, **options)


all_pairs = functools.partial(losses.all_pairs_contrastive, labels=LABELS)
CONTRACT = {  # name: function of [5, D] embeddings, how many, the length of the result, its option
    "pair_contrastive": (pairs, 2, 5, "margin"),
    "all_pairs_contrastive": (all_pairs, 1, 5, "margin"),
    "triplet": (losses.triplet, 3, 5, "margin"),
    "info_nce": (losses.info_nce, 2, 5, "temperature"),
    "nt_xent": (losses.nt_xent, 2, 10, "temperature"),
    "supervised_contrastive": (supervised, 1, 5, "temperature"),
}
COSINES = list(CONTRACT)[3:]
every_loss = pytest.mark.parametrize(
    ("loss", "count", "length", "option"), CONTRACT.values(), ids=CONTRACT
)
cosine_loss = pytest.mark.parametrize(
    ("loss", "count"), [CONTRACT[name][:2] for name in COSINES], ids=COSINES
)


def embeddings(count, shape=(5, 3), seed=0):
    return tuple(np.random.default_rng(seed).normal(size=(count, *shape)).astype("f4"))


@functools.cache
def both(loss):
    """The function of arrays that gives the values and, for each array, their sum's slopes."""
    return jax.jit(lambda *x: (loss(*x), jax.grad(lambda x: loss(*x).sum())(x)))


def cosines(x, y):
    x, y = x.astype("f8"), y.astype("f8")
    return x @ y.T / np.outer(np.sqrt((x * x).sum(1)), np.sqrt((y * y).sum(1)))


def definition(scores, row, positives, among):
    """-mean over positives p of log(exp(score_p) / sum over the candidates a of exp(score_a))."""
    total = sum(np.exp(scores[row, a]) for a in among)
    return -sum(np.log(np.exp(scores[row, p]) / total) for p in positives) / max(len(positives), 1)


@pytest.mark.parametrize("dtype", [bool, "i4", "f4"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, [12.5, 0, 0.28125, 0.03125]), ({"margin": 2}, [12.5, 0, 1.53125, 0.03125])],
)
def test_pair_contrastive_by_hand(dtype, options, expected):
    left = np.float32([[0, 0], [1, 2], [1, 2], [-1, 0]])
    right = np.float32([[3, -4], [4, 6], [1, 1.75], [-0.75, 0]])  # D = 5, 5, 1/4, 1/4
    similar = np.array([1, 0, 0, 1], dtype)
    assert_allclose(losses.pair_contrastive(left, right, similar, **options), expected, rtol=1e-6)


@pytest.mark.parametrize(("options", "expected"), [({}, [2, 0, 0]), ({"margin": 10}, [11, 0, 3])])
def test_triplet_by_hand(options, expected):
    anchor = np.float32([[0, 0], [1, 1], [0, 0]])
    positive = np.float32([[1, 2], [1, 0], [3, 0]])  # squared distances 5, 1, 9
    negative = np.float32([[2, 0], [4, 5], [0, 4]])  # 4, 25, 16
    assert_allclose(losses.triplet(anchor, positive, negative, **options), expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, [2.1269280, 4.5398899e-5]), ({"temperature": 0.5}, [0.9130153, 0.1269280])],
)
def test_info_nce_by_hand(options, expected):
    queries = np.float32([[3, 4], [0, 2]])  # cosines [[.6, .8], [0, 1]]
    keys = np.float32([[1, 0], [0, 5]])
    assert_allclose(losses.info_nce(queries, keys, **options), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}])
def test_nt_xent_by_hand(options):
    left, right = np.float32([[1, 0], [0, 2]]), np.float32([[3, 4], [-1, 0]])
    expected = [0.2941286, 1.9391779, 0.9487744, 0.3622301]
    assert_allclose(losses.nt_xent(left, right, **options), expected, rtol=1e-6)


def test_supervised_contrastive_by_hand():
    z, labels = np.float32([[1, 0], [0, 2], [3, 4], [-1, 0]]), np.array([7, -1, 7, 7])
    values = losses.supervised_contrastive(z, labels, temperature=0.5)
    assert_allclose(values, [1.8941286, 0, 2.1487744, 1.9622301], rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_float64_oracles(seed):
    x, y, w = embeddings(3, seed=seed)
    left, right, negative = (a.astype("f8") for a in (x, y, w))
    near, far = ((left - right) ** 2).sum(1), ((left - negative) ** 2).sum(1)

    repel = np.maximum(0, 3 - np.sqrt(near)) ** 2
    expected = 0.5 * np.where(SIMILAR, near, repel)
    assert_allclose(pairs(x, y, margin=3.0), expected, rtol=1e-5, atol=1e-6)
    expected = np.maximum(0, near - far + 0.7)
    assert_allclose(losses.triplet(x, y, w, margin=0.7), expected, rtol=1e-5, atol=1e-5)

    for temperature in [0.1, 0.5, 2.0]:
        scores = cosines(x, y) / temperature
        expected = [definition(scores, i, [i], range(5)) for i in range(5)]
        values = losses.info_nce(x, y, temperature=temperature)
        assert_allclose(values, expected, rtol=1e-5, atol=1e-5)

        views = np.concatenate([x, y])
        scores = cosines(views, views) / temperature
        others = [[a for a in range(10) if a != i] for i in range(10)]
        expected = [definition(scores, i, [(i + 5) % 10], others[i]) for i in range(10)]
        values = losses.nt_xent(x, y, temperature=temperature)
        assert_allclose(values, expected, rtol=1e-5, atol=1e-5)

        labels = np.array([3, 1, 3, 3, 1, 0, 9, 3, 9, 1])
        positives = [[p for p in others[i] if labels[p] == labels[i]] for i in range(10)]
        expected = [definition(scores, i, positives[i], others[i]) for i in range(10)]
        values = losses.supervised_contrastive(views, labels, temperature=temperature)
        assert_allclose(values, expected, rtol=1e-5, atol=1e-5)


@every_loss
def test_gradients(loss, count, length, option):
    arrays = embeddings(count, seed=1)
    # A margin at which no example is near a kink.
    loss = functools.partial(loss, **{option: {"margin": 20.0, "temperature": 0.7}[option]})
    check_grads(
        jax.jit(loss), arrays, order=1, modes=("fwd", "rev"), eps=1e-2, atol=1e-2, rtol=1e-2
    )


def test_views_are_each_other_s_only_positives():
    x, y = embeddings(2)
    labels = np.tile(np.arange(5), 2)
    values = losses.supervised_contrastive(np.concatenate([x, y]), labels, temperature=0.5)
    assert_allclose(values, losses.nt_xent(x, y), rtol=1e-5)


@cosine_loss
def test_one_example_has_nothing_to_be_told_from(loss, count):
    if count == 1:
        loss = functools.partial(losses.supervised_contrastive, labels=np.array([4]))
    values, slopes = both(loss)(*embeddings(count, (1, 3)))
    assert_array_equal(values, np.zeros(len(values)))
    assert_array_equal(slopes, np.zeros((count, 1, 3)))


@cosine_loss
def test_equal_embeddings_cost_the_logarithm_of_their_number(loss, count):
    values, slopes = both(loss)(*np.tile(np.float32([1, -2, 3]), (count, 5, 1)))
    candidates = 9 if len(values) == 10 else 3 + count  # the others; of queries and keys, all
    assert_allclose(values, np.log(candidates) * (values > 0), rtol=1e-5)
    assert values[0] > 0 and np.isfinite(slopes).all()


@cosine_loss
@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e-3, 1e4, 1e20, 1e30])
def test_length_does_not_matter(loss, count, scale):
    arrays = embeddings(count)
    expected, slopes = both(loss)(*arrays)
    values, scaled = both(loss)(np.float32(scale) * arrays[0], *arrays[1:])
    assert_allclose(values, expected, rtol=1e-4, atol=1e-5)
    assert_allclose(np.float32(scale) * scaled[0], slopes[0], rtol=1e-3, atol=1e-4)


@cosine_loss
@pytest.mark.parametrize("temperature", [1e-4, 1e30])
def test_extreme_temperatures(loss, count, temperature):
    loss = functools.partial(loss, temperature=temperature)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(both(loss)(*embeddings(count))))


@cosine_loss
@pytest.mark.parametrize("rows", [[0], [1, 3], [0, 1, 2, 3, 4]])
def test_zero_vectors_stay_finite(loss, count, rows):
    for place in range(count):
        arrays = embeddings(count)
        arrays[place][rows] = 0
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(both(loss)(*arrays)))


def pair(left, right):
    """A similar and a dissimilar pair."""
    return losses.pair_contrastive(left, right, jnp.array([1, 0]), margin=2.0)


@pytest.mark.parametrize("distance", [1e-30, 1e-25, 1e-15, 1e-3])
def test_pair_contrastive_of_near_pairs(distance):
    right = np.tile(np.float32(distance) * np.float32([[3, 4]]), (2, 1))
    values, (slope, _) = both(pair)(0 * right, right)
    expected = [12.5 * distance**2, 0.5 * (2 - 5 * distance) ** 2]
    assert_allclose(values, expected, rtol=1e-5, atol=1e-38)
    assert_allclose(slope[1], (2 - 5 * distance) * np.array([0.6, 0.8]), rtol=1e-5)
    assert_allclose(slope[0], -right[0], rtol=1e-5)


def test_pair_contrastive_where_a_pair_coincides():
    values, slopes = both(pair)(*np.ones((2, 2, 2), "f4"))
    assert_array_equal(values, [0, 2])
    assert_array_equal(slopes, np.zeros((2, 2, 2)))


@pytest.mark.parametrize("distance", [1e4, 1e15, 1e25, 1e30])
def test_pair_contrastive_of_far_pairs(distance):
    right = np.tile(np.float32(distance) * np.float32([[3, 4]]), (2, 1))
    values, slopes = both(pair)(0 * right, right)
    if distance < 1e18:  # beyond, the squared distance itself is above float32
        assert_allclose(values[0], 12.5 * distance**2, rtol=1e-6)
    assert values[1] == 0
    assert_array_equal(np.array(slopes)[:, 1], np.zeros((2, 2)))
    assert_allclose(np.array(slopes)[:, 0], [-right[0], right[0]], rtol=1e-5)


@pytest.mark.parametrize("far", [1e4, 1e15, 1e25, 1e30])
def test_triplet_of_far_points(far):
    zero, one, far = (np.full((1, 2), value, "f4") for value in (0, 1, far))
    values, slopes = both(losses.triplet)(zero, one, far)
    assert_array_equal(values, [0])
    assert_array_equal(slopes, np.zeros((3, 1, 2)))
    values, slopes = both(losses.triplet)(zero, far, far)  # equally far: margin is left
    assert_array_equal(values, [1])
    assert_allclose(slopes, [zero, 2 * far, -2 * far], rtol=1e-6)


@every_loss
def test_dtype_jit_and_vmap(loss, count, length, option):
    arrays = embeddings(count)
    expected = loss(*arrays)
    assert expected.dtype == jnp.float32 and expected.shape == (length,)
    assert_allclose(both(loss)(*arrays)[0], expected, rtol=1e-5, atol=1e-6)
    stacks = [np.stack([array, -2 * array]) for array in arrays]
    assert_allclose(jax.vmap(loss)(*stacks)[0], expected, rtol=1e-5, atol=1e-6)
    half = [jnp.asarray(array, "bfloat16") for array in arrays]
    assert loss(*half).dtype == jnp.float32
    assert_allclose(loss(*half), loss(*(array.astype("f4") for array in half)), rtol=1e-6)


def test_jit_of_what_is_not_floating():
    x, y = embeddings(2)
    for similar in [SIMILAR, SIMILAR.astype(bool), SIMILAR.astype("f4"), jnp.asarray(SIMILAR)]:
        expected = losses.pair_contrastive(x, y, similar)
        assert_allclose(jax.jit(losses.pair_contrastive)(x, y, similar), expected, rtol=1e-6)
        closed = jax.jit(functools.partial(losses.pair_contrastive, similar=similar))
        assert_allclose(closed(x, y), expected, rtol=1e-6)
    expected = losses.supervised_contrastive(x, LABELS)
    found = jax.jit(losses.supervised_contrastive)(x, jnp.asarray(LABELS))
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@every_loss
@pytest.mark.parametrize("value", [0, -0.5, float("nan")])
def test_an_option_that_is_not_positive_is_refused(loss, count, length, option, value):
    with pytest.raises(ValueError, match=option):
        loss(*embeddings(count), **{option: value})


@every_loss
def test_wrong_embeddings_are_refused(loss, count, length, option):
    for place in range(count):
        arrays = [np.ones((5, 3), "i4" if i == place else "f4") for i in range(count)]
        with pytest.raises(TypeError, match="int32"):
            loss(*arrays)
        for wrong in [(5,), (5, 3, 1), (4, 3), (5, 1), (1, 3)][: 5 if count > 1 else 2]:
            arrays = [np.ones(wrong if i == place else (5, 3), "f4") for i in range(count)]
            shape = re.escape(str([*wrong]))
            with jax.numpy_rank_promotion("allow"), pytest.raises(ValueError, match=shape):
                loss(*arrays)
    with pytest.raises(ValueError, match=re.escape("[5]")):
        loss(*(np.ones(5, "f4") for _ in range(count)))


@pytest.mark.parametrize("similar", [[1, 2], [0, -1], [0.0, 0.5], [1.0, np.nan], [[1], [0]], [1]])
def test_a_wrong_similar_is_refused(similar):
    with pytest.raises(ValueError, match="similar"):
        losses.pair_contrastive(np.eye(2), np.eye(2), np.array(similar))


@pytest.mark.parametrize("labels", [np.ones(5, "f4"), np.ones(5, bool), np.ones((5, 1), int)])
def test_wrong_labels_are_refused(labels):
    with pytest.raises(ValueError if labels.ndim > 1 else TypeError, match="labels"):
        losses.supervised_contrastive(*embeddings(1), labels)
