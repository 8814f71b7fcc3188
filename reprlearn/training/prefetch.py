"""What each call of the loop trains on: the whole data set, or chunks that are made ahead of it."""

import collections
import contextlib
import itertools
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np

from reprlearn import keys
from reprlearn.data import Feed
from reprlearn.training import parallel

DEPTH = 2  # chunks that are made while a call computes

Arrays = Mapping[str, jax.Array]


@contextlib.contextmanager
def arrays_of_calls(
    feed: Feed,
    key: jax.Array,
    first: int,
    last: int,
    stops: Iterator[int],
    strategy: str = "jit",
) -> Iterator[Iterator[Arrays]]:
    """An iterator that gives each call its arrays, on the devices, as `feed.batch_at` takes them.

    The arrays of a feed that lies on the device are the same for all calls. A stream's are chunks:
    a thread reads, stacks and places up to DEPTH of them ahead. Leaving the context ends it all.

    Args:
      feed: of the batches.
      key: the root key of the run.
      first: the step at which the first call begins.
      last: the number of steps of the run.
      stops: where each call ends.
      strategy: of `parallel.compile_training`.
    """
    if feed.batches is None:
        yield itertools.repeat(parallel.replicate(dict(feed.arrays)))
        return
    left = threading.Event()
    batches = feed.batches(keys.stream(key, "shuffle"), first, last)

    def chunk(first: int, stop: int) -> Arrays:
        stacked = {name: np.zeros(spec.shape, spec.dtype) for name, spec in feed.arrays.items()}
        stacked["first_step"][...] = first
        for row, batch in zip(range(stop - first), batches, strict=False):
            if left.is_set():
                break
            for name, array in batch.items():
                stacked[name][row] = array
        return parallel.place_chunk(stacked, strategy)

    with contextlib.closing(batches), ThreadPoolExecutor(1) as thread:
        try:
            spans = itertools.pairwise(itertools.chain([first], stops))
            yield _ahead(thread.submit(chunk, *span) for span in spans)
        finally:
            left.set()
            thread.shutdown(cancel_futures=True)


def _ahead(begun: Iterator) -> Iterator:
    """The results of futures, of which DEPTH more are always begun."""
    waiting = collections.deque()
    for future in begun:
        waiting.append(future)
        if len(waiting) > DEPTH:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
