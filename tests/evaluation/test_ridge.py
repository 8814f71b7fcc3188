"""Ridge regression is scikit-learn's."""

import numpy as np
import pytest
from conftest import refusal
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from reprlearn import evaluation


@pytest.mark.parametrize("shape", [(80, 5), (12, 30)])
def test_it_is_that_of_scikit_learn(shape):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=shape) * 3 + 7
    values = rows[:, 0] - 2 * rows[:, 1] + rng.normal(size=shape[0])
    x = StandardScaler().fit_transform(rows)
    for found in evaluation.ridges(rows, values, [1.0, 1e-3]):
        theirs = Ridge(alpha=found.penalty * len(rows)).fit(x, values)
        np.testing.assert_allclose(found(rows), theirs.predict(x), atol=1e-3)
        np.testing.assert_allclose(found.weights, theirs.coef_, atol=1e-3)


def test_a_constant_column_says_nothing():
    rows = np.stack([np.arange(9.0), np.full(9, 5.0)], axis=1)
    found = evaluation.ridges(rows, np.arange(9.0), [1e-4])[0]
    assert found.weights[1] == 0
    np.testing.assert_allclose(found(rows + np.array([[0, 100]])), np.arange(9.0), atol=0.01)


def test_what_cannot_be_is_refused():
    rows = np.zeros((3, 2))
    assert "labels (2,)" in refusal(evaluation.ridges, rows, np.zeros(2))
    assert "values is not finite" in refusal(evaluation.ridges, rows, np.array([0, 1, np.nan]))
    assert "penalties is 0" in refusal(evaluation.ridges, rows, np.zeros(3), [0])
