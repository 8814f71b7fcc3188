"""With ties a score is the mean over all orders: here every order is tried."""

import itertools

import numpy as np
import pytest

from reprlearn.evaluation import ranking


def orders(sizes, hits):
    """Every ranking that the groups allow: tuples of 0 and 1."""
    groups = [
        set(itertools.permutations([1] * r + [0] * (n - r)))
        for n, r in zip(sizes, hits, strict=True)
    ]
    return [sum(chosen, ()) for chosen in itertools.product(*groups)]


GROUPS = [
    ((1, 1, 1), (0, 1, 1)),
    ((3,), (2,)),
    ((2, 3, 1), (0, 2, 1)),
    ((4, 3), (1, 2)),
    ((1, 5), (1, 2)),
    ((2, 2, 2), (2, 0, 1)),
]


@pytest.mark.parametrize(("sizes", "hits"), GROUPS)
def test_average_precision_is_the_mean_over_all_orders(sizes, hits):
    for members in range(1, sum(hits) + 1):  # R, and what would be R of a smaller class
        each = [
            sum(np.mean(order[: i + 1]) * order[i] for i in range(members)) / members
            for order in orders(sizes, hits)
        ]
        found = ranking.average_precision(np.array(sizes), np.array(hits), members)
        assert found == pytest.approx(np.mean(each), rel=1e-12)


@pytest.mark.parametrize(("sizes", "hits"), GROUPS)
def test_precision_and_gain_are_the_means_over_all_orders(sizes, hits):
    for members in range(1, sum(hits) + 1):
        discounts = 1 / np.log2(np.arange(2, members + 2))
        every = np.array([order[:members] for order in orders(sizes, hits)])
        found = ranking.precision(np.array(sizes), np.array(hits), members)
        assert found == pytest.approx(every.mean(), rel=1e-12)
        gain = ranking.discounted_gain(np.array(sizes), np.array(hits), members)
        assert gain == pytest.approx((every @ discounts).mean() / discounts.sum(), rel=1e-12)


@pytest.mark.parametrize(("sizes", "hits"), GROUPS)
def test_recall_is_the_share_of_orders_that_find_one(sizes, hits):
    for k in range(1, sum(sizes) + 1):
        expected = np.mean([any(order[:k]) for order in orders(sizes, hits)])
        found = ranking.recall(np.array(sizes), np.array(hits), k)
        assert found == pytest.approx(expected, abs=1e-12)


def test_nothing_to_find_is_never_found():
    assert ranking.recall(np.array([2, 1]), np.array([0, 0]), 3) == 0
