"""What ends a run early, and what is said of it."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from reprlearn.data import Feed
from reprlearn.errors import DivergedError, StoppedError
from reprlearn.methods.base import TrainState
from reprlearn.training import prefetch
from reprlearn.training.step import step_of


def stopped(number: int, step: int, workdir: Path) -> StoppedError:
    """What ends a run that was asked to stop: by SIGTERM with exit code 0, by Ctrl-C with 130."""
    name = signal.Signals(number).name
    return StoppedError(
        f"{name}: stopped after step {step}, saved in {workdir}; the same command resumes it",
        exit_code=0 if number == signal.SIGTERM else 130,
    )


def diverged(
    run_steps: Callable,
    state: TrainState,
    feed: Feed,
    key: jax.Array,
    last: int,
    strategy: str = "jit",
) -> DivergedError:
    """What ends a run whose numbers are no longer finite, from where they first were not.

    A run is a pure function of its config: the steps since the last checkpoint are taken again, one
    by one, by the same compiled program, and watched. So training itself need not watch.

    Args:
      run_steps: of `parallel.compile_training`.
      state: of the last checkpoint, or before the first step.
      feed: of the batches.
      key: of the run.
      last: the step after which something was found not to be finite.
      strategy: of `parallel.compile_training`.
    """
    first = step_of(state)
    kept = f"the checkpoint of step {first} is valid" if first else "no checkpoint was saved before"
    steps = range(first + 1, last + 1)
    with prefetch.arrays_of_calls(feed, key, first, last, iter(steps), strategy) as arrays:
        for step in steps:
            state, sums, finite = run_steps(state, next(arrays), key, 1)
            sums = jax.device_get(sums)
            bad = [name for name, value in sums.items() if not np.isfinite(value).all()]
            if bad or not finite:
                groups = bad_groups(state.params) + bad_groups(state.model_state)
                value = f"{bad[0]} is {np.asarray(sums[bad[0]])}; " if bad else ""
                return DivergedError(
                    f"training diverged at step {step}: {value}parameters no longer finite: "
                    f"{_shown(groups)}; {kept}; try a smaller optimizer.learning_rate, or "
                    "optimizer.clip_norm"
                )
    return DivergedError(
        f"training diverged before step {last}, but the same steps, repeated, are finite: this "
        f"points to a fault of the machine; {kept}"
    )


def _shown(groups: list[str]) -> str:
    more = f" and {len(groups) - 3} more" if len(groups) > 3 else ""
    return (", ".join(groups[:3]) + more) or "none yet"


def bad_groups(params: Any) -> list[str]:
    """The groups of parameters, "encoder/Dense_0/kernel", that hold numbers that are not finite."""
    leaves = jax.tree_util.tree_flatten_with_path(jax.device_get(params))[0]
    return [
        jax.tree_util.keystr(path, simple=True, separator="/")
        for path, leaf in leaves
        if not np.isfinite(leaf).all()
    ]
