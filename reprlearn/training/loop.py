"""The one training loop: it knows Method, and no method."""

import contextlib
import copy
import functools
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict
from tqdm import tqdm

from reprlearn import keys
from reprlearn.data import Feed
from reprlearn.methods.base import Method, TrainState
from reprlearn.training import checkpoints, faults, metrics, parallel, prefetch, signals
from reprlearn.training.step import step_of

Arrays = Mapping[str, np.ndarray]


class Trained(NamedTuple):
    """What training leaves: the state, and what it took.

    Attributes:
      state: after the last step.
      seconds: wall time of training over all sessions of the run, compilation included.
      steps_per_second: of all calls but the first, which compiles; None where there was no other.
    """

    state: TrainState
    seconds: float
    steps_per_second: float | None


class Evaluator:
    """Evaluates a method's states on any set, compiled once."""

    def __init__(self, method: Method, seed: int, batch_size: int):
        self._compiled = parallel.compile_evaluation(method)
        self._key = keys.stream(keys.root(seed), "evaluate")
        self._batch_size = batch_size

    def of_seed(self, seed: int) -> "Evaluator":
        """The same program with the noise of another seed."""
        other = copy.copy(self)
        other._key = keys.stream(keys.root(seed), "evaluate")
        return other

    def __call__(self, state: TrainState, arrays: Arrays) -> metrics.Values:
        """The mean of every metric over the set; the same state and set give the same numbers."""
        return metrics.evaluate(self._compiled, state, arrays, self._key, self._batch_size)


class Spec(NamedTuple):
    """What an array of a batch looks like: its shape, with the batch axis, and its dtype."""

    shape: tuple[int, ...]
    dtype: str


def batch_spec(feed: Feed) -> dict[str, Spec]:
    """The specs of a feed's batches."""
    return {name: Spec(a.shape, str(a.dtype)) for name, a in feed.batch_shapes().items()}


def abstract_state(method: Method, specs: Mapping[str, Spec], seeds: int = 1) -> TrainState:
    """Shapes and dtypes of the state, without computing it: what a checkpoint restores into."""
    of_seeds = () if seeds == 1 else (seeds,)
    batch = {
        name: jax.ShapeDtypeStruct((*of_seeds, *spec.shape), spec.dtype)
        for name, spec in specs.items()
    }
    init = functools.partial(parallel.initial_state, method)
    return jax.eval_shape(init, run_key(0, seeds), batch)


def run_key(seed: int, seeds: int) -> keys.Key:
    """The key of a run, or those `[S]` of several at once."""
    return keys.root(seed) if seeds == 1 else keys.roots(seed, seeds)


def train(
    method: Method,
    feed: Feed,
    validate: Callable[[TrainState], metrics.Values],
    config: ConfigDict,
    workdir: Path,
    *,
    quiet: bool = False,
) -> Trained:
    """Trains to `config.training.steps`, from the newest checkpoint in workdir or from the start.

    Each compiled call scans up to `steps_per_call` steps and ends where something is due: a log
    line, an evaluation, a checkpoint, or the last step, at which all three happen. A checkpoint
    always comes with a log line, so a run that was killed writes the lines of one that was not.
    Asked to stop, by SIGTERM or Ctrl-C, the run ends with the call, logged and saved.

    Args:
      method: what is trained.
      feed: of its batches.
      validate: the metrics of a state on the validation set; called every `eval_every` steps.
      config: seed, and the group training.
      workdir: where metrics.jsonl, tensorboard/ and checkpoints/ go.
      quiet: whether nothing is told of how far it is.

    Raises:
      DivergedError: a metric or a parameter is no longer finite.
      StoppedError: the run was asked to stop.
      StorageError: something could not be written.
    """
    settings = config.training
    key, specs = run_key(config.seed, settings.num_seeds), batch_spec(feed)
    run_steps = parallel.compile_training(
        method,
        feed,
        strategy=settings.parallel,
        skip_nonfinite=settings.on_nonfinite == "skip",
    )
    with (
        checkpoints.open_checkpoints(workdir, settings.keep_checkpoints) as saved,
        signals.requests() as asked_to_stop,
    ):
        abstract = abstract_state(method, specs, key.size)
        state = saved.restore_newest(abstract)
        step = 0 if state is None else step_of(state)
        saved.drop_after(step)
        _tell_start(step, workdir)
        ends = stops(step, settings)
        with (
            prefetch.arrays_of_calls(
                feed, key, step, settings.steps, ends, settings.parallel
            ) as arrays,
            metrics.Log(workdir, step, writes=parallel.is_first_process()) as log,
            _progress(step, settings.steps, quiet) as advance,
        ):
            if state is None:
                chunk = next(arrays)
                arrays = itertools.chain([chunk], arrays)
                state = parallel.first_state(method, feed, chunk, key)
                del chunk  # of a stream it may be large
            clock, window = _Clock(log.seconds), metrics.Mean()
            while step < settings.steps:
                size = next_stop(step, settings) - step
                with clock.call(size):
                    state, sums, finite = run_steps(state, next(arrays), key, size)
                    sums = jax.device_get(sums)
                if not (finite and all(np.isfinite(value).all() for value in sums.values())):
                    saved.wait()
                    start = saved.restore_newest(abstract)
                    if start is None:
                        start = _first_state(method, feed, key, settings.parallel)
                    raise faults.diverged(
                        run_steps, start, feed, key, step + size, settings.parallel
                    )
                window.add(sums, size)
                step += size
                stop = parallel.agreed(asked_to_stop())
                due = {"log", "save"} if stop else set()
                due |= due_at(step, settings)
                advance(size, window, "log" in due)
                if "log" in due:
                    log.write(step, "train", window.result(), seconds=clock.seconds())
                    window = metrics.Mean()
                if "evaluate" in due:
                    log.write(step, "validation", validate(state))
                if "save" in due:
                    saved.save(state, step)
                if stop and step < settings.steps:
                    saved.wait()
                    raise faults.stopped(stop, step, workdir)
            return Trained(state, clock.seconds(), clock.steps_per_second())


def _first_state(method: Method, feed: Feed, key: jax.Array, strategy: str) -> TrainState:
    """The state before the first step, with what was read of a stream read again."""
    with prefetch.arrays_of_calls(feed, key, 0, 1, iter([1]), strategy) as arrays:
        return parallel.first_state(method, feed, next(arrays), key)


def due_at(step: int, settings: Any) -> set[str]:
    """What happens after a step: any of "log", "evaluate", "save"; all of them after the last."""
    last = step == settings.steps
    save = last or step % settings.checkpoint_every == 0
    happens = {
        "save": save,
        "log": save or step % settings.log_every == 0,
        "evaluate": last or step % settings.eval_every == 0,
    }
    return {name for name, is_due in happens.items() if is_due}


def next_stop(step: int, settings: Any) -> int:
    """Where the call from a step ends: steps_per_call later, or where something is due."""
    intervals = (settings.log_every, settings.eval_every, settings.checkpoint_every)
    marks = [(step // interval + 1) * interval for interval in intervals]
    return min(step + settings.steps_per_call, settings.steps, *marks)


def stops(step: int, settings: Any) -> Iterator[int]:
    """Where each call from a step on ends."""
    while step < settings.steps:
        step = next_stop(step, settings)
        yield step


def _tell_start(step: int, workdir: Path) -> None:
    """Says where a run is resumed; a new one says nothing."""
    if step:
        print(f"Resuming {workdir} from step {step}", file=sys.stderr)
    elif metrics.read(workdir):
        print(f"{workdir} has no checkpoint yet: starting from step 0", file=sys.stderr)


class _Clock:
    """Wall time of the run, and the speed of its compiled calls without the first."""

    def __init__(self, seconds_before: float):
        self._start = time.perf_counter() - seconds_before
        self._compiled = False
        self._steps, self._seconds = 0, 0.0

    @contextlib.contextmanager
    def call(self, steps: int) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        if self._compiled:
            self._steps += steps
            self._seconds += time.perf_counter() - begin
        self._compiled = True

    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def steps_per_second(self) -> float | None:
        return self._steps / self._seconds if self._steps else None


@contextlib.contextmanager
def _progress(
    step: int, steps: int, quiet: bool = False
) -> Iterator[Callable[[int, metrics.Mean, bool], None]]:
    """On a terminal a progress bar; elsewhere a line whenever something is logged."""
    on_terminal = sys.stderr.isatty()
    with tqdm(
        total=steps, initial=step, unit="step", disable=quiet or not on_terminal, dynamic_ncols=True
    ) as bar:

        def advance(size: int, window: metrics.Mean, logged: bool) -> None:
            nonlocal step
            step += size
            if quiet or not (on_terminal or (logged and parallel.is_first_process())):
                return
            means = window.result()
            name = "loss" if "loss" in means else min(means, default="")
            shown = f"{name} {means.get(name, 0):.4g}"
            if on_terminal:
                bar.set_postfix_str(shown, refresh=False)
                bar.update(size)
            else:
                print(f"step {step:,} of {steps:,}  {shown}", file=sys.stderr, flush=True)

        yield advance
