"""One training step as a pure function: the batch, the update, what to do with a bad one."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import keys
from reprlearn.data import Feed
from reprlearn.methods.base import Batch, Method, Metrics, TrainState

Arrays = Mapping[str, jax.Array]
# (state, the feed's arrays, the run's key) -> (state, metrics)
Step = Callable[[TrainState, Arrays, jax.Array], tuple[TrainState, Metrics]]


def make_step(
    method: Method,
    feed: Feed,
    *,
    skip_nonfinite: bool = False,
    shard_batch: Callable[[Batch], Batch] = lambda batch: batch,
    device_key: Callable[[jax.Array], jax.Array] = lambda key: key,
) -> Step:
    """The step that a run repeats, a function of (state, arrays, key) alone.

    Args:
      method: what is trained.
      feed: of its batches; where it is of several seeds, so is the step.
      skip_nonfinite: leave the state as it was, but for the step count, where the update would
        bring in a number that is not finite; "skipped" in the metrics is then 1, the others 0.
      shard_batch: a device's part of the batch.
      device_key: a device's key for the noise of the update.
    """

    def step(state, arrays, key):
        shuffle, noise = keys.stream(key, "shuffle"), keys.stream(key, "update")
        batch = shard_batch(feed.batch_at(arrays, shuffle, state.step))
        return method.update(state, batch, device_key(keys.at(noise, state.step)))

    def careful_step(state, arrays, key):
        after, metrics = step(state, arrays, key)
        fine = is_finite((after, metrics))
        kept = jax.tree.map(lambda new, old: jnp.where(fine, new, old), after, state)
        metrics = {name: jnp.where(fine, value, 0.0) for name, value in metrics.items()}
        return kept.replace(step=after.step), metrics | {"skipped": 1.0 - fine}

    chosen = careful_step if skip_nonfinite else step
    return chosen if feed.stacked is None else _many_seeds(chosen, feed)


def _many_seeds(step: Step, feed: Feed) -> Step:
    """The step of several runs at once: states and keys have a leading axis, one entry a seed."""

    def mapped(state, arrays, key):
        return jax.vmap(step, in_axes=(0, seed_axes(arrays, feed), 0))(state, arrays, key)

    return mapped


def seed_axes(arrays: Arrays, feed: Feed) -> dict[str, int | None]:
    """The axis of each of a feed's arrays that has one entry a seed; None: all seeds share it."""
    return {name: 0 if name in (feed.stacked or ()) else None for name in arrays}


def is_finite(tree: Any) -> jax.Array:
    """Whether every number in the tree is finite: a bool scalar."""
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all()


def step_of(state: TrainState) -> int:
    """The steps that a state has taken; the same for all of several seeds."""
    return int(np.asarray(jax.device_get(state.step)).reshape(-1)[0])
