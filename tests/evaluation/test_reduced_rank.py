"""The best linear map of a rank: PCA of itself, ridge regression of full rank, no better one."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import Ridge

from reprlearn.errors import UsageError
from reprlearn.evaluation import bottlenecks, principal_components, reduced_rank


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6)) + rng.normal(size=6) * 5


@pytest.fixture
def targets(rows):
    rng = np.random.default_rng(1)
    return rows @ rng.normal(size=(6, 4)) + 3 * rng.normal(size=(80, 4)) + 2


def test_of_the_rows_themselves_it_is_pca(rows):
    (found,) = bottlenecks(rows, rows, 2, [1e-12])
    pca = principal_components(rows, 2)
    np.testing.assert_allclose(found(rows), pca(rows) @ pca.components + pca.mean, atol=1e-8)


@pytest.mark.parametrize("penalty", [1e-3, 0.3])
def test_of_full_rank_it_is_ridge_regression(rows, targets, penalty):
    (found,) = bottlenecks(rows, targets, 4, [penalty])
    variance = np.linalg.svd(rows - rows.mean(axis=0))[1][0] ** 2 / len(rows)
    theirs = Ridge(alpha=penalty * variance * len(rows)).fit(rows, targets)
    other = np.random.default_rng(2).normal(size=(5, 6)) * 10
    np.testing.assert_allclose(found(other), theirs.predict(other), rtol=1e-6)


@pytest.mark.parametrize("penalty", [1e-9, 0.2])
def test_no_map_of_the_rank_costs_less(rows, targets, penalty):
    """L-BFGS over all maps of rank 2 finds the same cost, from a start of its own."""
    x, y = rows - rows.mean(axis=0), targets - targets.mean(axis=0)
    variance = np.linalg.svd(x)[1][0] ** 2 / len(x)

    def cost(map_):
        return np.square(y - x @ map_).sum() / len(x) + penalty * variance * np.square(map_).sum()

    def of_factors(flat):
        return cost(flat[:12].reshape(6, 2) @ flat[12:].reshape(2, 4))

    best = minimize(of_factors, np.random.default_rng(3).normal(size=20), method="BFGS").fun
    (found,) = bottlenecks(rows, targets, 2, [penalty])
    assert np.linalg.matrix_rank(found.down @ found.up) == 2
    assert cost(found.down @ found.up) == pytest.approx(best, rel=1e-5)


def test_of_many_columns_the_first_components_are_used(rows, targets, monkeypatch):
    monkeypatch.setattr(reduced_rank, "COLUMNS", 3)
    (found,) = bottlenecks(rows, targets, 2, [1e-6])
    pca = principal_components(rows, 3)
    (of_three,) = bottlenecks(pca(rows), targets, 2, [1e-6])
    np.testing.assert_allclose(found(rows), of_three(pca(rows)), atol=1e-8)


def test_rows_that_do_not_vary_are_refused():
    with pytest.raises(UsageError, match="rows are all the same"):
        bottlenecks(np.ones((5, 3)), np.ones((5, 3)), 1)
