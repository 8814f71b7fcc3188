"""Devices and compilation: the only file that names jit, mesh and sharding.

A run is data-parallel over all devices: the state and the data set are replicated, each batch is
split. The same program serves one device and many.
"""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from reprlearn.data import Feed, as_floats
from reprlearn.errors import UsageError
from reprlearn.methods.base import Method, Metrics, TrainState
from reprlearn.training import keys


@functools.cache
def mesh() -> Mesh:
    """All devices along one axis, `data`."""
    return jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))


def replicated() -> NamedSharding:
    """The sharding of the state and the data set: a whole copy on every device."""
    return NamedSharding(mesh(), PartitionSpec())


def replicate(tree: Any) -> Any:
    """The tree's arrays on every device."""
    return jax.device_put(tree, replicated())


def split(batch: Mapping[str, jax.Array]) -> Mapping[str, jax.Array]:
    """Inside a compiled function: the batch, each device with its own part if it divides."""
    if next(iter(batch.values())).shape[0] % jax.device_count():
        return batch
    sharding = NamedSharding(mesh(), PartitionSpec("data"))
    return jax.lax.with_sharding_constraint(batch, sharding)


def check_batch_size(batch_size: int) -> None:
    """Refuses a batch that the devices cannot share equally.

    Raises:
      UsageError: with the two numbers.
    """
    if batch_size % jax.device_count():
        raise UsageError(
            f"data.batch_size is {batch_size}; allowed: a multiple of {jax.device_count()}, "
            "the number of devices"
        )


def compiled(function: Callable, *, static: tuple[int, ...] = ()) -> Callable:
    """The function, compiled on first use; the positions in `static` are compile-time constants."""
    return jax.jit(function, static_argnums=static)


def compile_evaluation(method: Method) -> Callable:
    """(state, batch, key) -> per-example metrics, compiled; the batch as the data set has it."""

    def values(state, batch, key):
        return method.evaluate(state, split(as_floats(batch)), key)

    return jax.jit(values)


def compile_training(method: Method, feed: Feed) -> Callable:
    """Many training steps as one compiled call.

    Returns:
      (state, arrays, key, steps) -> (state, sums): the state after so many steps, counted from
      state.step, and the sum of each metric over them; arrays are the feed's, on the devices. The
      state's memory is taken over (donated).
      `steps` is an argument of one program, not a constant of many: any number of steps runs the
      same machine code, so k steps are k single steps to the bit, and nothing compiles twice.
    """

    def train(
        state: TrainState, arrays: Mapping[str, jax.Array], key: jax.Array, steps: jax.Array
    ) -> tuple[TrainState, Metrics]:
        shuffle, noise = keys.stream(key, "shuffle"), keys.stream(key, "update")

        def one_step(state):
            batch = split(feed.batch_at(arrays, shuffle, state.step))
            return method.update(state, batch, keys.at(noise, state.step))

        def add_step(_, carry):
            state, sums = carry
            state, metrics = one_step(state)
            return state, jax.tree.map(jnp.add, sums, metrics)

        shapes = jax.eval_shape(one_step, state)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        return jax.lax.fori_loop(0, steps, add_step, (state, zeros))

    return jax.jit(train, donate_argnums=0, out_shardings=replicated())


def initial_state(method: Method, key: jax.Array, batch: Mapping[str, jax.Array]) -> TrainState:
    """The state before the first step, on all devices."""
    return jax.jit(method.init, out_shardings=replicated())(keys.stream(key, "init"), batch)


def use_compilation_cache(setting: str) -> None:
    """Keeps compiled programs between runs: "auto" is the user's cache folder, "off", or a path.

    With "auto" a cache that JAX_COMPILATION_CACHE_DIR names is left as it is.
    """
    jax.config.update("jax_enable_compilation_cache", setting != "off")
    if setting == "off":
        return
    if setting != "auto" or not jax.config.jax_compilation_cache_dir:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base) / "reprlearn" / "jax" if setting == "auto" else Path(setting)
        jax.config.update("jax_compilation_cache_dir", str(folder.expanduser()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
