"""Devices and compilation: the only file that names jit, pmap, mesh and sharding.

A run is data-parallel over all devices: the state and the data set are replicated, each batch is
split. Under "jit" one program sees the whole batch, and the compiler spreads it. Under "pmap" each
device sees its own part and draws its own noise, and the gradients are averaged.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from reprlearn import keys
from reprlearn.data import Feed, as_floats
from reprlearn.devices import DEVICES, mean_over_devices
from reprlearn.errors import UsageError
from reprlearn.methods.base import Method, TrainState
from reprlearn.training.products import compiler_options
from reprlearn.training.step import is_finite, make_step, seed_axes


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


def place_chunk(chunk: Mapping[str, np.ndarray], strategy: str) -> dict[str, jax.Array]:
    """A stream's chunk on the devices: each with its rows of every batch `[steps, B, ...]`.

    Under "pmap" each has all of it and takes its rows itself, as of a set that lies on the device.
    """
    spec = PartitionSpec() if strategy == "pmap" else PartitionSpec(None, "data")
    by_rows = NamedSharding(mesh(), spec)
    return {
        name: jax.device_put(array, by_rows if array.ndim else replicated())
        for name, array in chunk.items()
    }


def entry(state: TrainState, i: int) -> TrainState:
    """The state of one of several seeds."""
    return jax.tree.map(lambda leaf: leaf[i], state)


def split(batch: Mapping[str, jax.Array]) -> Mapping[str, jax.Array]:
    """Inside a compiled function: the batch, each device with its own part if it divides."""
    if next(iter(batch.values())).shape[0] % jax.device_count():
        return batch
    sharding = NamedSharding(mesh(), PartitionSpec("data"))
    return jax.lax.with_sharding_constraint(batch, sharding)


def is_first_process() -> bool:
    """Whether this process is the one that writes."""
    return jax.process_index() == 0


def agreed(number: int | None) -> int | None:
    """The largest number that any process has, so that all do the same; None if none has one."""
    if jax.process_count() > 1:
        numbers = multihost_utils.process_allgather(np.int32(number or 0))
        number = int(numbers.max()) or None
    return number


def join_processes(
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Makes this process one of several that train a run; before anything else touches a device.

    Without arguments the cluster says who takes part: SLURM, Cloud TPU, Kubernetes, Open MPI.

    Raises:
      UsageError: the others cannot be reached, or there is no such cluster.
    """
    try:
        jax.distributed.initialize(coordinator_address, num_processes, process_id)
    except (ValueError, RuntimeError) as error:
        raise UsageError(f"--distributed: {str(error).strip().splitlines()[0]}") from error


def barrier(name: str) -> None:
    """Waits until every process is here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


@contextlib.contextmanager
def first_process_first(name: str) -> Iterator[None]:
    """What one process prepares on the disk the others find there."""
    if not is_first_process():
        barrier(name)
    try:
        yield
    finally:
        if is_first_process():
            barrier(name)


def check(config: Any) -> None:
    """Refuses what the devices of now cannot do.

    Raises:
      UsageError: no device of the platform asked for, a batch that the devices cannot share
        equally, or a strategy that several processes do not have.
    """
    try:
        count = jax.device_count()
    except (RuntimeError, AssertionError) as error:  # without the platform's plugin it asserts
        asked = os.environ.get("JAX_PLATFORMS") or jax.config.jax_platforms
        reason = (str(error).strip().splitlines() or ["its plugin is not installed"])[0]
        raise UsageError(f"JAX_PLATFORMS is {asked!r}; no such device: {reason}") from error
    if config.data.batch_size % count:
        raise UsageError(
            f"data.batch_size is {config.data.batch_size}; allowed: a multiple of {count}, "
            "the number of devices"
        )
    if config.training.parallel == "pmap" and jax.process_count() > 1:
        raise UsageError(
            f"training.parallel is 'pmap' with {jax.process_count()} processes; allowed: 'jit'"
        )


def check_shares(rows: int) -> None:
    """Refuses a batch of all examples that the devices cannot share equally."""
    if rows % jax.device_count():
        raise UsageError(
            f"data.batch_size is 0, all {rows} training examples; allowed: as many as "
            f"{jax.device_count()} devices can share equally"
        )


def compiled(function: Callable, *, static: tuple[int, ...] = ()) -> Callable:
    """The function, compiled on first use; the positions in `static` are compile-time constants."""
    return jax.jit(function, static_argnums=static, out_shardings=replicated())


def compile_evaluation(method: Method) -> Callable:
    """(state, batch, key) -> per-example metrics, compiled; the batch as the data set has it."""

    def values(state, batch, key):
        return method.evaluate(state, split(as_floats(batch)), key)

    return jax.jit(values, out_shardings=replicated())


def compile_training(
    method: Method,
    feed: Feed,
    *,
    strategy: str = "jit",
    skip_nonfinite: bool = False,
) -> Callable:
    """Many training steps as one compiled call.

    Args:
      method: what is trained.
      feed: of its batches.
      strategy: "jit" or "pmap".
      skip_nonfinite: see `step.make_step`.

    Returns:
      (state, arrays, key, steps) -> (state, sums, finite): the state after so many steps, counted
      from state.step, the sum of each metric over them, and whether what was learned is finite;
      arrays are the feed's, on the devices, or the chunk of its stream that holds these steps.
      The state's memory is taken over (donated).
      `steps` is an argument of one program, not a constant of many: any number of steps runs the
      same machine code, so k steps are k single steps to the bit, and nothing compiles twice.
    """
    views = {"shard_batch": split}
    if strategy == "pmap":
        shard_batch = functools.partial(_part, minibatches=method.takes.minibatches)
        views = {"shard_batch": shard_batch, "device_key": _device_key}
    step = make_step(method, feed, skip_nonfinite=skip_nonfinite, **views)

    def train(state: TrainState, arrays: Mapping[str, jax.Array], key: jax.Array, steps: jax.Array):
        def add_step(_, carry):
            state, sums = carry
            state, metrics = step(state, arrays, key)
            return state, jax.tree.map(jnp.add, sums, metrics)

        shapes = jax.eval_shape(step, state, arrays, key)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        state, sums = jax.lax.fori_loop(0, steps, add_step, (state, zeros))
        return state, mean_over_devices(sums), is_finite((state.params, state.model_state))

    if strategy == "pmap":
        return _pmapped(train)
    return _jitted(train)


def _jitted(train: Callable) -> Callable:
    """`train` compiled at its first call, in the way that suits its products."""
    jit = functools.partial(jax.jit, train, donate_argnums=0, out_shardings=replicated())
    chosen = None

    def run(*arguments):
        nonlocal chosen
        if chosen is None:  # traced once: jit knows a function's trace again, whatever its options
            chosen = jit(compiler_options=compiler_options(jit().trace(*arguments).jaxpr))
        return chosen(*arguments)

    run._cache_size = lambda: chosen._cache_size()  # as jit's own functions have
    return run


def _pmapped(train: Callable) -> Callable:
    """`train` on every device, each with the same arguments; the results of all are the same."""
    count = jax.device_count()
    mapped = jax.pmap(
        lambda _, *arguments: train(*arguments),
        axis_name=DEVICES,
        in_axes=(0, None, None, None, None),
        out_axes=None,
    )
    return lambda state, arrays, key, steps: mapped(
        jnp.arange(count), state, arrays, key, jnp.int32(steps)
    )


def _part(batch: Mapping[str, jax.Array], minibatches: int) -> dict[str, jax.Array]:
    """Inside a pmap: this device's rows of every minibatch."""
    count = jax.device_count()

    def rows(array):
        parts = array.reshape(minibatches, count, -1, *array.shape[1:])
        mine = parts[:, jax.lax.axis_index(DEVICES)]
        return mine.reshape(-1, *array.shape[1:])

    return {name: rows(array) for name, array in batch.items()}


def _device_key(key: jax.Array) -> jax.Array:
    """Inside a pmap: this device's key."""
    return jax.random.fold_in(key, jax.lax.axis_index(DEVICES))


def first_state(
    method: Method, feed: Feed, arrays: Mapping[str, jax.Array], key: jax.Array
) -> TrainState:
    """`initial_state` with the batch of step 0; of several runs each has its own."""

    def init(arrays, key):
        batch = feed.batch_at(arrays, keys.stream(key, "shuffle"), jnp.int32(0))
        return _initialised(method, key, batch)

    if key.ndim:
        init = jax.vmap(init, in_axes=(seed_axes(arrays, feed), 0))
    return jax.jit(init, out_shardings=replicated())(arrays, key)


def initial_state(method: Method, key: jax.Array, batch: Mapping[str, jax.Array]) -> TrainState:
    """The state before the first step, on all devices; of several runs where key is `[S]`."""

    init = functools.partial(_initialised, method)
    init = jax.vmap(init) if key.ndim else init
    return jax.jit(init, out_shardings=replicated())(key, batch)


def _initialised(method: Method, key: jax.Array, batch: Mapping[str, jax.Array]) -> TrainState:
    """The state of one run before its first step."""
    return method.init(keys.stream(key, "init"), batch)


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
