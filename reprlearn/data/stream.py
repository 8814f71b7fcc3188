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

from reprlearn.columns import UNLABELLED
from reprlearn.data.dataset import Arrays, Dataset, ForModel, Split
from reprlearn.data.feed import Feed, as_floats, check_length
from reprlearn.data.labelling import labelled
from reprlearn.data.permutation import HostOrder
from reprlearn.data.weighting import WEIGHTS
from reprlearn.errors import UsageError
from reprlearn.roles import LABELLED, Takes

DEVICE_BYTES = 2**30  # where data.feed is "auto": a larger training split is streamed, if it can be
BLOCK_BYTES = 2**20  # a worker reads so much at once: a read of few examples is mostly overhead
BUFFERED = 2  # blocks that wait in each worker


def split_to_stream(dataset: Dataset, takes: Takes, options: Any) -> Split | None:
    """The training split as a model sees it if `data.feed` means a stream; else None.

    Args:
      dataset: whose training split it is.
      takes: what the method learns from.
      options: `config.data`.

    Raises:
      UsageError: "stream" is asked for where there can be none.
    """
    if options.feed == "device":
        return None
    if obstacle := _obstacle(dataset, takes, options):
        if options.feed == "auto":
            return None
        raise UsageError(f"data.feed is 'stream'; allowed with {obstacle}: auto, device")
    split = dataset.open("train")
    split = ForModel(_labelled(split) if takes.needs_labels else split, dict(dataset.columns))
    if not len(split):
        raise UsageError("data: no training example has a label; allowed: some that have")
    size = len(split) * sum(array.nbytes for array in split.read([0]).values())
    return split if options.feed == "stream" or size > DEVICE_BYTES else None


def _obstacle(dataset: Dataset, takes: Takes, options: Any) -> str:
    """What keeps the batches from being streamed; empty if nothing does."""
    if takes.draw != "order":
        return f"batches of {takes.draw}, which this method takes"
    if any(role.startswith(LABELLED) for role in takes.columns):
        return "labelled examples beside all, which this method takes"
    if options.max_labels:
        return f"data.max_labels {options.max_labels}"
    if WEIGHTS.keys() & set(takes.columns):
        return "weights of examples, which this method takes"
    if any("/" in role for role in takes.columns):
        return "two domains, which this method takes"
    if dataset.drawn:
        return f"data.name {dataset.name!r}, which is drawn"
    if not options.batch_size:
        return "data.batch_size 0, all examples in each step"
    return f"data.classes {options.classes}" if options.classes else ""


def make_stream(
    split: Split, takes: Takes, options: Any, *, steps: int, steps_per_call: int
) -> Feed:
    """The feed that reads its batches from a split; arguments and errors are those of `make_feed`.

    What `batch_at` takes is a chunk: the batches of one call, `[steps_per_call, B, ...]`, and the
    step of the first of them, "first_step".

    Args:
      split: for training.
      takes: what the method learns from, in order.
      options: `config.data`.
      steps: of the run.
      steps_per_call: the most steps that one call takes.
    """
    rows = options.batch_size * takes.minibatches
    check_length(options.batch_size, rows, len(split), steps)
    one = labelled(split.read([0]), takes)
    one = {role: one[role] for role in takes.columns}
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
        order = HostOrder(key, first, last, rows, len(split))
        return _read(_Blocks(split, order, block, takes.columns), first, last, workers)

    return Feed(chunk | {"first_step": jax.ShapeDtypeStruct((), np.int32)}, batch_at, batches)


@dataclasses.dataclass(frozen=True)
class _Blocks:
    """The batches of a few steps, stacked: what a worker process is sent, and calls."""

    split: Split
    order: HostOrder
    steps: int
    roles: tuple[str, ...]

    def __call__(self, first: int) -> Arrays:
        chosen = self.order(first, min(first + self.steps, self.order.last))  # [steps, B]
        read = self.split.read(chosen.ravel().tolist())
        arrays = {role: read[role] for role in self.roles}
        return {role: a.reshape(*chosen.shape, *a.shape[1:]) for role, a in arrays.items()}


def _labelled(split: Split) -> Split:
    """The examples of a split that have a label, which only own data know before they are read."""
    labels = getattr(split, "labels", None)
    return split if labels is None else split.where(labels != UNLABELLED)


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
