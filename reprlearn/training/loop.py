"""The one training loop: it knows Method, and no method."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict
from tqdm import tqdm

from reprlearn.data import Feed
from reprlearn.errors import DivergedError
from reprlearn.methods.base import Method, TrainState
from reprlearn.training import checkpoints, keys, metrics, parallel

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

    def __call__(self, state: TrainState, arrays: Arrays) -> metrics.Values:
        """The mean of every metric over the set; the same state and set give the same numbers."""
        return metrics.evaluate(self._compiled, state, arrays, self._key, self._batch_size)


class Spec(NamedTuple):
    """What an array of a batch looks like: its shape, with the batch axis, and its dtype."""

    shape: tuple[int, ...]
    dtype: str


def batch_spec(feed: Feed) -> dict[str, Spec]:
    """The specs of a feed's batches."""
    shapes = jax.eval_shape(feed.batch_at, feed.arrays, keys.root(0), jnp.int32(0))
    return {name: Spec(array.shape, str(array.dtype)) for name, array in shapes.items()}


def example_batch(specs: Mapping[str, Spec]) -> dict[str, jax.Array]:
    """A batch as `init` takes it: the right shapes, zeros."""
    return {name: jnp.zeros(spec.shape, spec.dtype) for name, spec in specs.items()}


def abstract_state(method: Method, specs: Mapping[str, Spec]) -> TrainState:
    """Shapes and dtypes of the state, without computing it: what a checkpoint restores into."""
    return jax.eval_shape(lambda key: method.init(key, example_batch(specs)), keys.root(0))


def train(
    method: Method,
    feed: Feed,
    validation_set: Arrays,
    config: ConfigDict,
    workdir: Path,
    evaluator: Evaluator,
) -> Trained:
    """Trains to `config.training.steps`, from the newest checkpoint in workdir or from the start.

    Each compiled call scans up to `steps_per_call` steps and ends where something is due: a log
    line, an evaluation, a checkpoint, or the last step, at which all three happen. A checkpoint
    always comes with a log line, so a run that was killed writes the lines of one that was not.

    Args:
      method: what is trained.
      feed: of its batches; what it reads lives on the device.
      validation_set: arrays; evaluated every `eval_every` steps.
      config: seed, and the group training.
      workdir: where metrics.jsonl, tensorboard/ and checkpoints/ go.
      evaluator: for the validation set.

    Raises:
      DivergedError: a metric is no longer finite.
    """
    settings, key = config.training, keys.root(config.seed)
    run_steps = parallel.compile_training(method, feed)
    with checkpoints.open_checkpoints(workdir, settings.keep_checkpoints) as saved:
        state = _first_state(method, key, batch_spec(feed), saved)
        step = int(state.step)
        if step:
            print(f"Going on with {workdir} from step {step}", file=sys.stderr)
        arrays = parallel.replicate(dict(feed.arrays))
        with metrics.Log(workdir, step) as log, _progress(step, settings.steps) as advance:
            clock, window = _Clock(log.seconds), metrics.Mean()
            while step < settings.steps:
                size = next_stop(step, settings) - step
                with clock.call(size):
                    state, sums = run_steps(state, arrays, key, size)
                    sums = jax.device_get(sums)
                _check_finite(sums, step, size, saved.latest_step())
                window.add(sums, size)
                step += size
                advance(size, window)
                due = due_at(step, settings)
                if "log" in due:
                    log.write(step, "train", window.result(), seconds=clock.seconds())
                    window = metrics.Mean()
                if "evaluate" in due:
                    log.write(step, "validation", evaluator(state, validation_set))
                if "save" in due:
                    saved.save(state)
            return Trained(state, clock.seconds(), clock.steps_per_second())


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


def _first_state(
    method: Method,
    key: jax.Array,
    specs: Mapping[str, Spec],
    saved: checkpoints.Checkpoints,
) -> TrainState:
    latest = saved.latest_step()
    if latest is None:
        return parallel.initial_state(method, key, example_batch(specs))
    return saved.restore(latest, abstract_state(method, specs))


def _check_finite(sums: metrics.Values, step: int, size: int, saved: int | None) -> None:
    """Stops a run whose metrics are no longer numbers, before anything of it is saved.

    Raises:
      DivergedError: naming the metric, the steps and the checkpoint that is whole.
    """
    for name, value in sums.items():
        if not np.isfinite(value):
            kept = "none was saved" if saved is None else f"the one of step {saved} is whole"
            raise DivergedError(
                f"training diverged: {name} is {value} in steps {step + 1} to {step + size}; "
                f"of the checkpoints, {kept}"
            )


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
def _progress(step: int, steps: int) -> Iterator[Callable[[int, metrics.Mean], None]]:
    """A progress bar on a terminal; silent elsewhere."""
    quiet = not sys.stderr.isatty()
    with tqdm(total=steps, initial=step, unit="step", disable=quiet, dynamic_ncols=True) as bar:

        def advance(size: int, window: metrics.Mean) -> None:
            if not quiet:
                shown = window.result()
                name = "loss" if "loss" in shown else min(shown, default="")
                bar.set_postfix_str(f"{name} {shown.get(name, 0):.4g}", refresh=False)
                bar.update(size)

        yield advance
