"""Streams: the batches of the device feed, for a training split that is never read whole.

Worker processes read the examples of a few steps at a time. The order is that of the device feed,
computed where the files are read, so the two feeds give the same batches to the bit.
"""

import dataclasses
import gc
import itertools
import multiprocessing.resource_tracker
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import flags

from reprlearn.data import synthetic
from reprlearn.data.datasets import Arrays, Source, open_source
from reprlearn.data.feed import Feed, as_floats, check_arrays, check_length
from reprlearn.data.permutation import HostOrder
from reprlearn.errors import UsageError

KINDS = ("examples", "labelled_examples")  # of batches that can be streamed
DEVICE_BYTES = 2**30  # where data.feed is "auto": a larger training split is streamed, if it can be
BLOCK_BYTES = 2**20  # a worker reads so much at once: a read of few examples is mostly overhead
BUFFERED = 2  # blocks that wait in each worker


def source_to_stream(kind: str, options: Any) -> Source | None:
    """The training split if `data.feed` means a stream; None if it is to lie on the device.

    Args:
      kind: of the batches; see `make_feed`.
      options: `config.data`.

    Raises:
      UsageError: "stream" is asked for where there can be none.
    """
    if options.feed == "device":
        return None
    if obstacle := _obstacle(kind, options):
        if options.feed == "auto":
            return None
        raise UsageError(f"data.feed is 'stream'; allowed with {obstacle}: auto, device")
    folders = {"data_dir": options.data_dir, "manual_dir": options.manual_dir}
    source = open_source(options.name, "train", **folders)
    size = len(source) * sum(array.nbytes for array in source.read([0]).values())
    return source if options.feed == "stream" or size > DEVICE_BYTES else None


def _obstacle(kind: str, options: Any) -> str:
    """What keeps the batches from being streamed; empty if nothing does."""
    if kind not in KINDS:
        return f"batches of {kind}, which this method takes"
    if synthetic.is_synthetic(options.name):
        return f"data.name {options.name!r}, which is drawn"
    return f"data.classes {options.classes}" if options.classes else ""


def make_stream(
    source: Source,
    kind: str,
    options: Any,
    *,
    steps: int,
    steps_per_call: int,
    minibatches: int = 1,
) -> Feed:
    """The feed that reads its batches from a source; arguments and errors are those of `make_feed`.

    What `batch_at` takes is a chunk: the batches of one call, `[steps_per_call, B, ...]`, and the
    step of the first of them, "first_step".

    Args:
      source: the training split.
      kind: one of KINDS.
      options: `config.data`.
      steps: of the run.
      steps_per_call: the most steps that one call takes.
      minibatches: how many minibatches of `batch_size` a batch holds.
    """
    rows = options.batch_size * minibatches
    check_length(options.batch_size, rows, len(source), steps)
    one = source.read([0])
    check_arrays(kind, one)
    chunk = {
        name: jax.ShapeDtypeStruct((steps_per_call, rows, *array.shape[1:]), array.dtype)
        for name, array in one.items()
    }
    batch_bytes = rows * sum(array.nbytes for array in one.values())
    block, workers = max(1, BLOCK_BYTES // batch_bytes), options.workers

    def batch_at(arrays, key, step):
        del key  # the chunk was read in its order
        # Gathered, one place for each example, as the device feed gathers them: XLA fuses a slice
        # with the update and then rounds a few sums differently.
        places = jnp.full(rows, step - arrays["first_step"])
        pick = jax.vmap(lambda column, place: column[place], in_axes=(1, 0))
        return as_floats({name: pick(arrays[name], places) for name in chunk})

    def batches(key, first, last):
        order = HostOrder(key, first, last, rows, len(source))
        return _read(_Blocks(source, order, block), first, last, workers)

    return Feed(chunk | {"first_step": jax.ShapeDtypeStruct((), np.int32)}, batch_at, batches)


@dataclasses.dataclass(frozen=True)
class _Blocks:
    """The batches of a few steps, stacked: what a worker process is sent, and calls."""

    source: Source
    order: HostOrder
    steps: int

    def __call__(self, first: int) -> Arrays:
        chosen = self.order(first, min(first + self.steps, self.order.last))  # [steps, B]
        arrays = self.source.read(chosen.ravel().tolist())
        return {name: a.reshape(*chosen.shape, *a.shape[1:]) for name, a in arrays.items()}


def _read(blocks: _Blocks, first: int, last: int, workers: int) -> Iterator[Arrays]:
    """The batches from step first to last - 1, in order, whatever the number of workers."""
    import grain  # loads for a second

    at_once = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
    read = grain.MapDataset.range(first, last, blocks.steps).map(blocks).to_iter_dataset(at_once)
    workers = min(workers, len(range(first, last, blocks.steps)))
    ahead = grain.MultiprocessingOptions(workers, per_worker_buffer_size=BUFFERED)
    flags.FLAGS.mark_as_parsed()  # Grain reads flags of its own, which no one here sets
    iterator = iter(read.mp_prefetch(ahead, worker_init_fn=_begin_worker))
    try:
        for stacked in itertools.chain(_begin(iterator, workers), iterator):
            for row in range(len(next(iter(stacked.values())))):
                yield {name: array[row] for name, array in stacked.items()}
    finally:
        iterator.close()
        del iterator
        gc.collect()  # Grain's iterators are cycles, which hold memory shared with the workers


def _begin(iterator: Iterator[Arrays], workers: int) -> list[Arrays]:
    """Starts all workers: the first block of each. Grain's close() ends those that gave one.

    Ctrl-C is for this process to answer: they inherit a mask, and never see it.
    """
    if not workers:
        return []
    multiprocessing.resource_tracker.ensure_running()  # when it starts, it lifts the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return [next(iterator) for _ in range(workers)]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker(index: int, count: int) -> None:
    """A worker ends when its parent ends, in whatever way."""
    del index, count

    def end_with_parent():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
