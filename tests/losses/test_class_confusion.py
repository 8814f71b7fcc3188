"""Proves class confusion against a float64 definition, and its extremes."""

import jax
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.testing import assert_allclose

from reprlearn import losses

valued = jax.jit(jax.value_and_grad(losses.class_confusion))


def confusion_by_definition(logits, temperature=2.5):
    """Class by class, in float64."""
    p = np.exp(np.float64(logits) / temperature)
    p /= p.sum(axis=1, keepdims=True)
    certainty = 1 + np.exp((p * np.log(p)).sum(axis=1))
    weights = len(p) * certainty / certainty.sum()
    classes = range(p.shape[1])
    found = np.array(
        [[sum(w * row[i] * row[j] for w, row in zip(weights, p, strict=True)) for j in classes]
         for i in classes]
    )  # fmt: skip
    found /= found.sum(axis=1, keepdims=True)
    return (found.sum() - np.trace(found)) / p.shape[1]


@pytest.mark.parametrize("shape", [(1, 2), (6, 3), (20, 5)])
def test_class_confusion_against_its_definition(shape):
    logits = np.random.default_rng(0).normal(size=shape).astype("f4") * 4
    assert_allclose(losses.class_confusion(logits), confusion_by_definition(logits), rtol=1e-5)
    found = losses.class_confusion(logits, temperature=1.0)
    assert_allclose(found, confusion_by_definition(logits, 1.0), rtol=1e-5)
    check_grads(losses.class_confusion, (logits / 4,), 1, modes=["rev"], rtol=2e-2)


def test_class_confusion_is_least_where_each_example_is_of_one_class():
    sure = np.float32([[900, 0, 0], [0, 900, 0], [0, 0, 900]])
    value, slope = valued(sure)
    assert value == 0.0 and np.isfinite(slope).all()
    nobody = np.float32([[900, 0, 0], [0, 900, 0]])  # of the third class nobody may be
    value, slope = valued(nobody)
    assert value == 0.0 and np.isfinite(slope).all()
    unsure = sure + np.float32([[0, 900, 0], [0, 0, 0], [0, 0, 0]])
    assert losses.class_confusion(unsure) > 0.1


def test_class_confusion_refuses_what_are_no_logits():
    with pytest.raises(ValueError, match="logits"):
        losses.class_confusion(np.zeros(3, "f4"))
    with pytest.raises(ValueError, match="temperature"):
        losses.class_confusion(np.zeros((2, 2), "f4"), temperature=0.0)
    with pytest.raises(TypeError, match="floating"):
        losses.class_confusion(np.zeros((2, 2), int))
