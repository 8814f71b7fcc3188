"""Barlow Twins and VICReg are their definitions in float64, and finite where nothing varies."""

import functools

import jax
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose

from reprlearn import losses


@pytest.fixture
def views():
    rng = np.random.default_rng(0)
    left = rng.normal(size=(7, 3)) * [1.0, 2.0, 0.3] + [5.0, 0.0, -1.0]
    return left.astype("f4"), (left + 0.2 * rng.normal(size=(7, 3))).astype("f4")


def test_barlow_twins_is_its_definition(views):
    left, right = (view.astype("f8") for view in views)
    l, r = ((v - v.mean(0)) / v.std(0) for v in (left, right))  # noqa: E741
    correlation, expected = l.T @ r / 7, 0.0
    for i in range(3):
        for j in range(3):
            c = correlation[i, j]
            expected += (1 - c) ** 2 if i == j else 0.3 * c**2
    loss = functools.partial(losses.barlow_twins, redundancy=0.3)
    assert_allclose(jax.jit(loss)(*views), np.full(7, expected), rtol=1e-4)
    check_grads(loss, views, order=1, modes=["rev"], rtol=2e-2, atol=2e-2)


def test_vicreg_is_its_definition(views):
    left, right = (view.astype("f8") for view in views)
    expected = 3.0 * ((left - right) ** 2).mean(axis=1)
    for z in (left, right):
        cov = np.cov(z.T)
        expected += 2.0 * np.maximum(0, 1 - np.sqrt(np.diag(cov) + 1e-4)).mean()
        expected += 0.5 * (np.square(cov).sum() - np.square(np.diag(cov)).sum()) / 3
    weights = {"invariance": 3.0, "variance": 2.0, "covariance": 0.5}
    loss = functools.partial(losses.vicreg, **weights)
    assert_allclose(jax.jit(loss)(*views), expected, rtol=1e-4)
    check_grads(loss, views, order=1, modes=["rev"], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("loss", [losses.barlow_twins, losses.vicreg])
def test_a_collapsed_code_costs_and_has_finite_slopes(loss, views):
    same = np.ones((7, 3), "f4")
    value, slope = jax.value_and_grad(lambda z: loss(z, z).sum())(same)
    assert value > loss(views[0], views[0]).sum() and np.isfinite(slope).all()
    assert_allclose(loss(same, same)[0], 3.0 if loss is losses.barlow_twins else 49.5, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda l, r: losses.barlow_twins(l, r[:3]), ValueError, "shape"),  # noqa: E741
        (lambda l, r: losses.barlow_twins(l, r, redundancy=0.0), ValueError, "redundancy"),  # noqa: E741
        (lambda l, r: losses.vicreg(l[:1], r[:1]), ValueError, "one example"),  # noqa: E741
        (lambda l, r: losses.vicreg(l, r, variance=-1.0), ValueError, "variance"),  # noqa: E741
        (lambda l, r: losses.vicreg(l.astype(int), r.astype(int)), TypeError, "left"),  # noqa: E741
    ],
)
def test_what_does_not_fit_is_refused(call, error, message, views):
    with pytest.raises(error, match=message):
        call(*views)
