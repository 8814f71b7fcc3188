"""The bound's terms: by hand, and the joint risk of domains that agree or do not."""

import math

import numpy as np
import pytest

from reprlearn import evaluation
from reprlearn.errors import UsageError


def test_capacity_by_hand():
    """n = 200, d = 4, delta = 0.1: both logarithms written out."""
    first = math.sqrt(4 / 200 * (4 * math.log(2 * math.e * 200 / 4) + math.log(40)))
    second = 4 * math.sqrt(1 / 200 * (4 * math.log(100) + math.log(40)))
    assert evaluation.capacity(200, 4, 0.1) == pytest.approx(first + second, rel=1e-12)
    assert evaluation.capacity(200, 4, 0.1) == pytest.approx(0.7226 + 1.3299, abs=2e-4)


def test_capacity_falls_with_examples_and_rises_with_the_dimension_up_to_their_number():
    of_examples = [evaluation.capacity(n, 10) for n in (10, 100, 1_000, 100_000)]
    assert of_examples == sorted(of_examples, reverse=True) and of_examples[-1] < 0.2
    of_dimension = [evaluation.capacity(100, d) for d in (1, 10, 100)]
    assert of_dimension == sorted(of_dimension)
    assert evaluation.capacity(100, 5_000) == of_dimension[-1]
    assert evaluation.capacity(100, 10, 0.01) > evaluation.capacity(100, 10, 0.1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0, 3), "examples is 0; allowed: an integer, at least 1"),
        ((9, 0), "dimension is 0; allowed: an integer, at least 1"),
        ((9, 3, 1.0), "delta is 1.0; allowed: above 0 and below 1"),
    ],
)
def test_capacity_refuses(arguments, told):
    with pytest.raises(UsageError, match=told):
        evaluation.capacity(*arguments)


def test_the_bound_is_the_sum_of_its_terms():
    assert evaluation.Bound(0.1, 0.5, 1.0, 0.25).total == pytest.approx(1.85)


def line(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2))


def test_domains_that_agree_have_no_joint_risk_and_contrary_ones_half_of_all():
    source, target = line(400), line(300, 1)
    same = evaluation.best_joint_risk(source, source[:, 0] > 0, target, target[:, 0] > 0)
    assert same < 0.03
    contrary = evaluation.best_joint_risk(source, source[:, 0] > 0, target, target[:, 0] < 0)
    assert contrary == pytest.approx(1.0, abs=0.1)


def test_both_domains_weigh_the_same_however_large():
    """At 1 the source has class 1 six times of ten, the target never; at -1 there is class 0."""

    def domain(count, share):
        x = np.tile([1.0, -1.0], count // 2)[:, None]
        order = np.arange(count) // 2 % 10
        return x, (x[:, 0] > 0) & (order < 10 * share)

    source, target = domain(1_000, 0.6), domain(40, 0.0)
    found = evaluation.best_joint_risk(*source, *target)
    assert found == pytest.approx(0.3, abs=0.02)  # all of class 0; by number it would be 0.7


@pytest.mark.parametrize("few", ["source", "target", "labels", "classes"])
def test_what_has_no_joint_risk_is_refused(few):
    count = {"source": 10, "target": 10} | ({few: 4} if few in ("source", "target") else {})
    source, target = line(count["source"]), line(count["target"])
    of_source, of_target = np.arange(len(source)) % 2, np.arange(len(target)) % 2
    of_source = {"labels": of_source[1:], "classes": 0 * of_source}.get(few, of_source)
    of_target = 0 * of_target if few == "classes" else of_target
    with pytest.raises(UsageError, match="allowed: 5 rows or more with as many labels, and two"):
        evaluation.best_joint_risk(source, of_source, target, of_target)
