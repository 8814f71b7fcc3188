"""Content, style and total variation: by hand, against NumPy in float64, and their gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose

from reprlearn import losses

MAPS = jax.random.normal(jax.random.key(0), (3, 4, 5, 6))
OTHER = jax.random.normal(jax.random.key(1), (3, 4, 5, 6))


def test_gram_by_hand_and_against_numpy():
    by_hand = losses.gram_matrix(np.float32([[[1, 2, 0], [0, -1, 4]], [[0, 0, 2], [0, 0, 0]]]))
    first = np.array([[1, 2, 0], [2, 5, -4], [0, -4, 16]]) / 2
    assert_allclose(by_hand, [first, np.diag([0, 0, 2])])
    rows = np.asarray(MAPS, np.float64).reshape(3, 20, 6)
    assert_allclose(losses.gram_matrix(MAPS), [f.T @ f / 20 for f in rows], rtol=1e-5, atol=1e-6)


def test_the_gram_matrix_knows_no_place():
    places = jax.random.permutation(jax.random.key(2), 20)
    moved = MAPS.reshape(3, 20, 6)[:, places].reshape(3, 4, 5, 6)
    assert_allclose(losses.gram_matrix(moved), losses.gram_matrix(MAPS), atol=1e-5)
    twice = jnp.concatenate([MAPS, MAPS], axis=1)  # of a map twice as large the same texture
    assert_allclose(losses.gram_matrix(twice), losses.gram_matrix(MAPS), atol=1e-5)


def test_style_and_content_are_those_of_the_paper():
    """Equations 1, 4 and 3 with the sums written out, N maps of M places."""
    f, p = (np.asarray(a, np.float64).reshape(3, 20, 6) for a in (MAPS, OTHER))
    content = [
        sum((f[b, m, i] - p[b, m, i]) ** 2 for m in range(20) for i in range(6)) / 2
        for b in range(3)
    ]
    assert_allclose(losses.content_loss(MAPS, OTHER), content, rtol=1e-5)
    unscaled = [
        [[a[b, :, i] @ a[b, :, j] for j in range(6)] for i in range(6)]
        for a in (f, p)
        for b in range(3)
    ]
    g, a = np.array(unscaled[:3]), np.array(unscaled[3:])
    style = np.square(g - a).sum(axis=(1, 2)) / (4 * 6**2 * 20**2)
    grams = losses.gram_matrix(MAPS), losses.gram_matrix(OTHER)
    assert_allclose(losses.style_loss(*grams), style, rtol=1e-5)


def test_gradients():
    target = losses.gram_matrix(OTHER)
    check_grads(lambda f: losses.style_loss(losses.gram_matrix(f), target), (MAPS,), 1, rtol=0.02)
    check_grads(lambda f: losses.content_loss(f, OTHER), (MAPS,), 1, eps=0.1, rtol=0.01)
    check_grads(losses.total_variation, (MAPS,), 1, eps=0.1, rtol=0.01)
    # Equation 6 of the paper, in rows: the gradient of the style is F (G - A) / (C^2 M).
    rows = MAPS.reshape(3, 20, 6)
    found = jax.grad(lambda f: losses.style_loss(losses.gram_matrix(f), target).sum())(rows)
    expected = rows @ (losses.gram_matrix(rows) - target) / (6**2 * 20)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_total_variation_by_hand():
    image = np.float32([[0, 1, 1], [4, 1, 3]])[None, :, :, None]
    down, across = 4**2 + 0 + 2**2, 1 + 0 + 3**2 + 2**2
    both = np.concatenate([image, 2 * image]), np.concatenate([image, image], axis=3)
    assert_allclose(losses.total_variation(image), [down + across])
    assert_allclose(losses.total_variation(both[0]), [down + across, 4 * (down + across)])
    assert_allclose(losses.total_variation(both[1]), [2 * (down + across)])
    assert_allclose(losses.total_variation(np.full((2, 3, 3, 1), 0.7, "f4")), [0, 0])


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: losses.gram_matrix(MAPS[0, 0]), ValueError, "at least 3 axes"),
        (lambda: losses.gram_matrix(MAPS[:, :0]), ValueError, "must have places and channels"),
        (lambda: losses.gram_matrix(np.ones((1, 2, 2), int)), TypeError, "must be floating"),
        (lambda: losses.content_loss(MAPS, MAPS[:1]), ValueError, "shapes must be equal"),
        (lambda: losses.style_loss(MAPS, MAPS), ValueError, "must have 3 axes"),
        (lambda: losses.style_loss(MAPS[0], MAPS[0]), ValueError, "must be square"),
        (lambda: losses.total_variation(MAPS[0]), ValueError, "must have 4 axes"),
    ],
)
def test_what_has_no_such_shape_is_refused(call, error, told):
    with pytest.raises(error, match=told):
        call()


def test_half_precision_is_raised():
    half = MAPS.astype("bfloat16")
    for found in (
        losses.gram_matrix(half),
        losses.content_loss(half, half),
        losses.total_variation(half),
    ):
        assert found.dtype == jnp.float32
