"""Runs: restore one, and use what it learned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, methods, rundir
from reprlearn.errors import UsageError, check_size
from reprlearn.methods.base import Method, TrainState
from reprlearn.training import checkpoints, loop, metrics, parallel

CAPABILITIES = ("encode", "reconstruct", "decode", "sample", "predict")


class Run:
    """A trained method with its config: encode, reconstruct, decode, sample, predict, evaluate.

    Images are uint8, or float in [0, 1], `[N, H, W, C]` for any N; they go through in batches of
    one compiled size. A method that lacks a capability says so and names those it has.

    Attributes:
      workdir: the run's directory.
      config: the resolved config.
      method: the pure functions.
      state: the training state they take.
      shape: of one image, (H, W, C).
    """

    def __init__(self, workdir: Path, config: ConfigDict, method: Method, state: TrainState, shape):
        self.workdir, self.config, self.method, self.state = workdir, config, method, state
        self.shape = tuple(shape)
        self._compiled: dict[str, Callable] = {}
        self._evaluator = evaluator(method, config)

    @property
    def summary(self) -> dict[str, Any] | None:
        """summary.json: the final test metrics, and what the run took."""
        return rundir.read_summary(self.workdir)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl."""
        return metrics.read(self.workdir)

    @property
    def capabilities(self) -> list[str]:
        """What this run's method can do."""
        return [name for name in CAPABILITIES if getattr(self.method, name)]

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images `[N, H, W, C]` to their representation z, `[N, latent_dim]`."""
        return self._batched("encode", self._images(images))

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Images `[N, H, W, C]` to their reconstructions, floats of the same shape."""
        return self._batched("reconstruct", self._images(images))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Images `[N, H, W, C]` to class logits, `[N, classes]`."""
        return self._batched("predict", self._images(images))

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Codes z `[N, latent_dim]` to images `[N, H, W, C]`."""
        self._function("decode")
        z, width = np.asarray(z, np.float32), self.config.model.latent_dim
        if z.ndim != 2 or z.shape[1] != width:
            raise UsageError(f"z has shape {z.shape}; allowed: (N, {width}), N codes of latent_dim")
        return self._batched("decode", z)

    def sample(self, key: jax.Array, n: int) -> np.ndarray:
        """`n` images `[n, H, W, C]` from the prior; `key` is a typed key, jax.random.key(seed)."""
        sample = self._function("sample", static=(2,))
        if not jax.dtypes.issubdtype(getattr(key, "dtype", None), jax.dtypes.prng_key):
            raise UsageError(f"key is {key!r}; allowed: a typed key, jax.random.key(seed)")
        check_size("n", n)
        return np.asarray(sample(self.state, key, n))

    def evaluate(self, split: str = "test") -> metrics.Values:
        """The mean of every metric over a split of the run's data set."""
        arrays = load_split(self.config, split)
        if arrays["image"].shape[1:] != self.shape:
            raise UsageError(
                f"data.name {self.config.data.name!r} has images of shape "
                f"{arrays['image'].shape[1:]}; the run was trained on {self.shape}"
            )
        return self._evaluator(self.state, arrays)

    def _images(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        if images.ndim != 1 + len(self.shape) or images.shape[1:] != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise UsageError(f"images have shape {images.shape}; the run takes (N, {wanted})")
        if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
            raise UsageError(f"images are {images.dtype}; allowed: uint8, or floats in [0, 1]")
        if images.dtype == np.uint8:
            return images.astype(np.float32) / 255
        if images.size and not (images.min() >= 0 and images.max() <= 1):
            raise UsageError(
                f"images range from {images.min()} to {images.max()}; allowed: floats in [0, 1], "
                "or uint8"
            )
        return images

    def _function(self, name: str, static: tuple[int, ...] = ()) -> Callable:
        """A capability, compiled once."""
        if getattr(self.method, name) is None:
            raise UsageError(
                f"method {self.config.method!r} cannot {name}; it can "
                + ", ".join(self.capabilities)
            )
        if name not in self._compiled:
            self._compiled[name] = parallel.compiled(getattr(self.method, name), static=static)
        return self._compiled[name]

    def _batched(self, name: str, array: np.ndarray) -> np.ndarray:
        """A capability over any number of rows, in padded batches of one size."""
        function, size = self._function(name), self.config.data.eval_batch_size
        if not len(array):
            raise UsageError(f"{name} got no examples; allowed: at least one")
        parts = [
            function(self.state, metrics.pad(array[start : start + size], size))
            for start in range(0, len(array), size)
        ]
        return np.concatenate([np.asarray(part) for part in parts])[: len(array)]


def restore(workdir: str | Path, step: int | None = None) -> Run:
    """The run in a directory, from its newest checkpoint or from the one at a step.

    Raises:
      UsageError: not a run, or no such checkpoint in it.
    """
    workdir = Path(workdir).expanduser()
    config = rundir.read_config(workdir)
    configs.check(config)
    parallel.use_compilation_cache(config.training.compilation_cache)
    described = rundir.read_environment(workdir).get("data", {}).get("examples")
    if not described:
        raise UsageError(f"--workdir: {workdir}/environment.json does not say what the data are")
    specs = {name: loop.Spec(tuple(shape), dtype) for name, (shape, dtype) in described.items()}
    method = methods.from_config(config, specs["image"].shape)
    with checkpoints.open_checkpoints(workdir, create=False) as saved:
        steps = saved.all_steps()
        if not steps or (step is not None and step not in steps):
            wanted = "a checkpoint" if step is None else f"a checkpoint of step {step}"
            has = ", ".join(map(str, steps)) or "none"
            raise UsageError(f"--workdir {workdir} has not {wanted}; it has: {has}")
        abstract = loop.abstract_state(method, specs, config.data.batch_size)
        state = saved.restore(steps[-1] if step is None else step, abstract)
    return Run(workdir, config, method, state, specs["image"].shape)


def evaluator(method: Method, config: ConfigDict) -> loop.Evaluator:
    """What evaluates a run, in training and after: the same numbers for the same state."""
    return loop.Evaluator(method, config.seed, config.data.eval_batch_size)


def load_split(config: ConfigDict, split: str) -> data.Arrays:
    """A split of the data set that a config names."""
    group = config.data
    return data.load(group.name, split, data_dir=group.data_dir, manual_dir=group.manual_dir)
