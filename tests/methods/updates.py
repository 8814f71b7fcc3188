"""The first update of a config, and what a reversed gradient must do in it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import experiment, keys

# So that what an update takes away is the gradient itself.
PLAIN = {
    "optimizer__name": "sgd",
    "optimizer__learning_rate": 1.0,
    "optimizer__schedule": "constant",
    "model__trade_off_schedule": "constant",
}


class Update(NamedTuple):
    """A first update: of what, from what, and what it said."""

    method: Any
    batch: Any
    state: Any
    gradients: Any  # where the config is PLAIN
    metrics: Any


def first_update(config):
    """The update of step 0."""
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    gradients = jax.tree.map(lambda a, b: np.asarray(a - b), state.params, after.params)
    return Update(method, batch, state, gradients, metrics)


def close(a, b):
    """Trees of arrays that are the same but for rounding."""
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-6), a, b)


def check_reversed_and_scaled(gradients_at, heads, encoder):
    """The heads do not feel lambda; the encoder feels it linearly.

    Args:
      gradients_at: lambda -> gradients.
      heads: groups of parameters.
      encoder: the group that the reversed gradient reaches.
    """
    none, one, three = map(gradients_at, (0.0, 1.0, 3.0))
    for head in heads:
        close(none[head], one[head])
        close(none[head], three[head])
    reversed_part = jax.tree.map(lambda a, b: b - a, none[encoder], one[encoder])
    assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(reversed_part)) > 1e-4
    tripled = jax.tree.map(lambda a, b: b - a, none[encoder], three[encoder])
    close(jax.tree.map(lambda leaf: 3 * leaf, reversed_part), tripled)
