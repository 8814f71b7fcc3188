"""Evaluation counts every example once, whatever the batch; the log is whole JSON lines."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import keys
from reprlearn.training import metrics


def noisy(state, batch, key):
    """A metric with noise of its own for each example."""
    noise = jax.random.normal(key, batch["x"].shape)
    return {"value": batch["x"] * state + noise, "x": batch["x"]}


@pytest.mark.parametrize("count", [1, 7, 8, 9, 30])
def test_mean_is_over_all_examples_and_no_padding(count):
    x = np.arange(1.0, count + 1, dtype=np.float32)
    found = metrics.evaluate(jax.jit(noisy), jnp.float32(2), {"x": x}, keys.root(0), 8)
    assert found["x"] == pytest.approx(x.mean(), rel=1e-12)


def test_the_number_of_examples_changes_no_value():
    x, single = np.linspace(-1, 1, 30, dtype=np.float32), []
    for count in range(1, 31):
        mean = metrics.evaluate(jax.jit(noisy), jnp.float32(2), {"x": x[:count]}, keys.root(0), 8)
        single.append(mean["value"] * count)
    values = np.diff(single, prepend=0.0)  # each example's own value, from growing sets
    last = metrics.evaluate(jax.jit(noisy), jnp.float32(2), {"x": x}, keys.root(0), 8)
    assert last["value"] == pytest.approx(values.mean(), rel=1e-9)
    noise = values - 2 * x
    assert len(np.unique(noise.round(6))) == 30  # no example shares its noise


def test_mean_merges_sums_and_counts():
    mean = metrics.Mean()
    mean.add({"a": 10.0}, 4)
    mean.add({"a": jnp.float32(2.0)}, 2)
    assert mean.result() == {"a": 2.0}


def test_log_drops_what_came_after_the_checkpoint(tmp_path):
    with metrics.Log(tmp_path, 0) as log:
        for step in (5, 10):
            log.write(step, "train", {"loss": float(step)}, seconds=step / 10)
    with metrics.Log(tmp_path, 5) as log:
        assert log.seconds == 0.5
        log.write(10, "train", {"loss": float("nan")}, seconds=0.9)
    assert metrics.read(tmp_path) == [
        {"step": 5, "split": "train", "loss": 5.0, "seconds": 0.5},
        {"step": 10, "split": "train", "loss": None, "seconds": 0.9},
    ]
    assert list((tmp_path / "tensorboard").glob("events*"))
