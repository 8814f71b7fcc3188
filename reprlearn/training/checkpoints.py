"""Checkpoints of the training state: the only file that names orbax."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from reprlearn.methods.base import TrainState
from reprlearn.training import parallel


class Checkpoints:
    """The checkpoints of one run, by step. Use it in a `with`: leaving waits for the last save."""

    def __init__(self, manager: ocp.CheckpointManager):
        self._manager = manager

    def latest_step(self) -> int | None:
        """The newest step saved, or None."""
        return self._manager.latest_step()

    def all_steps(self) -> list[int]:
        """The steps saved, in order."""
        return sorted(self._manager.all_steps())

    def save(self, state: TrainState) -> None:
        """Saves the state under its step, in the background."""
        # A copy: the next training call takes over the state's memory while this one reads.
        copy = jax.tree.map(jnp.copy, state)
        self._manager.save(int(state.step), args=ocp.args.StandardSave(copy))

    def restore(self, step: int, abstract: TrainState) -> TrainState:
        """The state at a step, on the devices of now, in the structure of `abstract`."""
        target = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(
                leaf.shape, leaf.dtype, sharding=parallel.replicated()
            ),
            abstract,
        )
        return self._manager.restore(step, args=ocp.args.StandardRestore(target))


@contextlib.contextmanager
def open_checkpoints(
    workdir: Path, keep: int | None = None, *, create: bool = True
) -> Iterator[Checkpoints]:
    """The checkpoints in `workdir/checkpoints`, made if need be; `keep` bounds how many stay."""
    options = ocp.CheckpointManagerOptions(max_to_keep=keep, create=create)
    with ocp.CheckpointManager((workdir / "checkpoints").absolute(), options=options) as manager:
        yield Checkpoints(manager)
