"""Average precision: by hand, and against scikit-learn."""

import numpy as np
import pytest
from conftest import refusal
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from reprlearn.evaluation import average_precision


def test_by_hand():
    values, sought = np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0, 1])
    assert average_precision(values, sought) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert average_precision(-values, sought) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert average_precision(np.zeros(5), sought) == pytest.approx(3 / 5)  # says nothing
    perfect = average_precision(np.array([1.0, 9.0, 8.0]), np.array([False, True, True]))
    assert perfect == 1.0


@given(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from([3, 1_000]))
def test_as_scikit_learn_with_ties_and_weights(seed, count, distinct):
    rng = np.random.default_rng(seed)
    values, sought = rng.integers(0, distinct, count) / 7, rng.random(count) < 0.4
    sought[:2] = True, False
    expected = average_precision_score(sought, values)
    assert average_precision(values, sought) == pytest.approx(expected)
    weights = rng.integers(0, 4, count)
    weights[:2] = 1
    expected = average_precision_score(sought, values, sample_weight=weights)
    assert average_precision(values, sought, weights=weights) == pytest.approx(expected)
    repeated = np.repeat(values, weights), np.repeat(sought, weights)
    assert average_precision(*repeated) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "sought", "told"),
    [
        ([1.0, 2.0], [True], "values has shape (2,), sought (1,); allowed: [N] both, finite"),
        ([1.0, np.nan], [True, False], "values has shape (2,), sought (2,); allowed"),
        ([[1.0, 2.0]], [[True, False]], "values has shape (1, 2), sought (1, 2); allowed"),
        ([1.0, 2.0], [True, True], "sought holds one kind of example; allowed: at least one"),
        ([1.0, 2.0], [False, False], "sought holds one kind of example; allowed: at least one"),
    ],
)
def test_what_cannot_be_judged_is_refused(values, sought, told):
    assert told in refusal(average_precision, np.array(values), np.array(sought))
