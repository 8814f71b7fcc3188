"""Checkpoints of the training state: the only file that names orbax."""

import asyncio
import contextlib
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from reprlearn.digest import sha256
from reprlearn.errors import StorageError, UsageError
from reprlearn.files import check_room, storing
from reprlearn.methods.base import TrainState
from reprlearn.training import parallel

MARGIN = 1 << 20  # bytes for what a checkpoint holds beside the numbers


class Damaged(Exception):
    """A checkpoint that is not whole, or not what was saved; the message says why."""


class Checkpoints:
    """The checkpoints of one run, by step. Use it in a `with`: leaving waits for the last save.

    Each carries a digest of what was saved in it; one that restores to anything else is damaged.
    """

    def __init__(self, manager: ocp.CheckpointManager, folder: Path):
        self._manager, self._folder = manager, folder

    def all_steps(self) -> list[int]:
        """The steps saved, in order."""
        return sorted(self._manager.all_steps())

    def save(self, state: TrainState, step: int) -> None:
        """Saves the state under its step, in the background.

        Raises:
          StorageError: the one before could not be written.
        """
        # A copy: the next training call takes over the state's memory while this one reads.
        copy = jax.tree.map(jnp.copy, state)
        with _storage(self._folder):
            size = sum(leaf.nbytes for leaf in jax.tree.leaves(copy))
            check_room(self._folder, size + MARGIN)
            self._manager.save(
                step,
                args=ocp.args.StandardSave(copy),
                custom_metadata={"sha256": sha256(jax.device_get(copy))},
            )

    def wait(self) -> None:
        """Waits for the last save.

        Raises:
          StorageError: it could not be written.
        """
        with _storage(self._folder):
            self._manager.wait_until_finished()

    def restore(self, step: int, abstract: TrainState) -> TrainState:
        """The state at a step, on the devices of now, in the structure of `abstract`.

        Raises:
          Damaged: the checkpoint cannot be read, or holds something else than was saved.
        """
        target = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(
                leaf.shape, leaf.dtype, sharding=parallel.replicated()
            ),
            abstract,
        )
        try:
            with _patient():
                state = self._manager.restore(step, args=ocp.args.StandardRestore(target))
            saved = (self._manager.metadata(step).custom_metadata or {}).get("sha256")
        except Exception as error:  # a damaged file can raise anything
            raise Damaged(_reason(error)) from error
        if saved is None:
            raise Damaged("it has no digest")
        if saved != sha256(jax.device_get(state)):
            raise Damaged("its digest is not that of what was saved")
        return state

    def restore_newest(self, abstract: TrainState) -> TrainState | None:
        """The newest state that is whole, or None where none was ever saved.

        A damaged one is named in a warning, and the one before it is taken.

        Raises:
          UsageError: there are checkpoints, but none is whole.
        """
        reasons = []
        for step in reversed(self.all_steps()):
            try:
                return self.restore(step, abstract)
            except Damaged as error:
                reasons.append(f"step {step}: {error}")
                print(
                    f"warning: the checkpoint of step {step} in {self._folder} is damaged: {error}",
                    file=sys.stderr,
                )
        if reasons:
            raise UsageError(
                f"--workdir: all checkpoints in {self._folder} are damaged ({'; '.join(reasons)}); "
                "restore one from a backup, or start anew in another --workdir"
            )
        return None

    def drop_after(self, step: int) -> None:
        """Puts damaged checkpoints after a step aside, so that their steps can be saved again."""
        damaged = [later for later in self.all_steps() if later > step]
        if parallel.is_first_process():
            for later in damaged:
                aside = self._folder.parent / "damaged" / str(later)
                shutil.rmtree(aside, ignore_errors=True)
                aside.parent.mkdir(exist_ok=True)
                (self._folder / str(later)).replace(aside)
        parallel.barrier("damaged")
        if damaged:
            self._manager.reload()


@contextlib.contextmanager
def open_checkpoints(
    workdir: Path, keep: int | None = None, *, create: bool = True
) -> Iterator[Checkpoints]:
    """The checkpoints in `workdir/checkpoints`, made if need be; `keep` bounds how many stay.

    Raises:
      StorageError: the last save could not be written.
    """
    folder = (workdir / "checkpoints").absolute()
    with storing(folder), _quiet():
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep,
            create=create,
            read_only=not create,
            cleanup_tmp_directories=create,  # what a kill in the midst of a save left
        )
        manager = ocp.CheckpointManager(folder, options=options)
    try:
        saved = Checkpoints(manager, folder)
        yield saved
        saved.wait()
    finally:
        with contextlib.suppress(Exception):  # what went wrong has been raised
            manager.close()


class _PatientLoop(asyncio.SelectorEventLoop):
    """An event loop that ends what it began before it closes."""

    def close(self) -> None:
        pending = [] if self.is_closed() else asyncio.all_tasks(self)
        if pending:
            self.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        super().close()


class _Patience(asyncio.DefaultEventLoopPolicy):
    """Makes patient loops."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _PatientLoop()


@contextlib.contextmanager
def _patient() -> Iterator[None]:
    """Within it orbax waits for all its reads, also when one has failed.

    It closes its loop at the first failure; each read that ends after that prints a traceback.
    """
    policy = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(_Patience())
    try:
        yield
    finally:
        asyncio.set_event_loop_policy(policy)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Within it orbax does not warn that what is only read is only read."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def load(workdir: Path, abstract: TrainState, step: int | None = None) -> TrainState:
    """The state of the newest whole checkpoint of a run, or of the one at a step.

    Raises:
      UsageError: there is none, or the one asked for is damaged.
    """
    with open_checkpoints(workdir, create=False) as saved:
        steps = saved.all_steps()
        if not steps or (step is not None and step not in steps):
            wanted = "a checkpoint" if step is None else f"a checkpoint of step {step}"
            has = ", ".join(map(str, steps)) or "none"
            raise UsageError(f"--workdir {workdir} does not have {wanted}; it has: {has}")
        if step is None:
            return saved.restore_newest(abstract)
        try:
            return saved.restore(step, abstract)
        except Damaged as error:
            raise UsageError(
                f"--workdir {workdir}: the checkpoint of step {step} is damaged: {error}"
            ) from error


def _reason(error: Exception) -> str:
    """The first sentence of what orbax or tensorstore says, which goes on for pages."""
    return str(error).strip().split("\n")[0].split(". See full")[0][:200]


@contextlib.contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """A failed write as one line; orbax raises it later, from the background."""
    try:
        yield
    except Exception as error:
        reason = _reason(error)
        if "RESOURCE_EXHAUSTED" in reason or "No space left" in reason:
            reason = "no space left on the device"
        raise StorageError(
            f"cannot write a checkpoint in {folder}: {reason}; those before are whole, and with "
            "room the same command resumes it"
        ) from error
