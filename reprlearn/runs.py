"""Runs: restore one, and use what it learned."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, methods, rundir
from reprlearn.errors import UsageError, check_size
from reprlearn.examples import Examples, check_examples, check_finite
from reprlearn.methods.base import CAPABILITIES, Method, TrainState
from reprlearn.training import checkpoints, loop, metrics, parallel


class Run:
    """A trained method with its config: encode, reconstruct, decode, sample, predict, evaluate.

    Examples x are what the run was trained on: images `[N, H, W, C]`, uint8 or float in [0, 1], or
    points `[N, D]`, for any N; they go through in batches of one compiled size. A method that lacks
    a capability says so and names those it has.

    Attributes:
      workdir: the run's directory.
      config: the resolved config.
      method: the pure functions.
      state: the training state they take.
      examples: the shape of one example, and the names of the classes.
      seeds: the runs that were trained at once, one a seed; of a single run, itself alone. The run
        that `restore` gives is the first of them.
    """

    def __init__(
        self,
        workdir: Path,
        config: ConfigDict,
        method: Method,
        state: TrainState,
        examples: Examples,
    ):
        self.workdir, self.config, self.method, self.state = workdir, config, method, state
        self.examples = examples
        self.seeds: list[Run] = [self]
        self._compiled: dict[str, Callable] = {}
        self._evaluator = evaluator(method, config)

    @property
    def leads(self) -> bool:
        """Whether this process, of the several that may share a run, is the one that writes."""
        return parallel.is_first_process()

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

    @property
    def saved_steps(self) -> list[int]:
        """The steps whose checkpoints are kept."""
        with checkpoints.open_checkpoints(self.workdir, create=False) as saved:
            return saved.all_steps()

    def at(self, step: int) -> "Run":
        """The same run as it was at a step whose checkpoint is kept."""
        return restore(self.workdir, step).seeds[self._place()]

    def baseline(self, name: str) -> "Run":
        """A baseline that was trained beside this run; see `config.baselines`."""
        return restore(rundir.baseline(self.workdir, name)).seeds[self._place()]

    def _place(self) -> int:
        return next(i for i, run in enumerate(self.seeds) if run is self)

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Examples x `[N, ...]` to their representation z, `[N, latent_dim]`."""
        return self._batched("encode", self._inputs(x))

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """Examples x `[N, ...]` to their reconstructions, floats of the same shape."""
        return self._batched("reconstruct", self._inputs(x))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Examples x `[N, ...]` to class logits, `[N, classes]`."""
        return self._batched("predict", self._inputs(x))

    def discriminate(self, x: np.ndarray) -> np.ndarray:
        """Examples x `[N, ...]` to logits `[N]` of their being real rather than generated."""
        return self._batched("discriminate", self._inputs(x))

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Codes z `[N, latent_dim]` to examples `[N, ...]`."""
        self._function("decode")
        with np.errstate(over="ignore"):
            z, width = np.asarray(z, np.float32), self.config.model.latent_dim
        if z.ndim != 2 or z.shape[1] != width:
            raise UsageError(f"z has shape {z.shape}; allowed: (N, {width}), N codes of latent_dim")
        check_finite("z", z)
        return self._batched("decode", z)

    def log_likelihood(self, x: np.ndarray, key: jax.Array, samples: int = 1_000) -> np.ndarray:
        """log p(x) `[N]` in nats, of examples x `[N, ...]`, from `samples` of q(z|x) for each."""
        self._function("log_likelihood", static=(3,))
        _check_key(key)
        check_size("samples", samples)
        return self._batched(
            "log_likelihood",
            self._inputs(x),
            lambda batch: (jax.random.fold_in(key, batch), samples),
            static=(3,),
        )

    def sample(self, key: jax.Array, n: int) -> np.ndarray:
        """`n` examples `[n, ...]` of the model's distribution, its noise included; `key` is typed.

        Of a VAE with a Bernoulli decoder they are black and white; `decode` gives means.
        """
        sample = self._function("sample", static=(2,))
        _check_key(key)
        check_size("n", n)
        return np.asarray(sample(self.state, key, n))

    def evaluate(self, split: str = "test") -> metrics.Values:
        """The mean of every metric over a split of the run's data set."""
        return self.evaluate_arrays(load_split(self.config, split))

    def evaluate_arrays(self, arrays: data.Arrays) -> metrics.Values:
        """The same over a split that is loaded, with all its classes."""
        check_examples(arrays, self.examples, f"data.name {self.config.data.name!r}")
        return self._evaluator(self.state, evaluation_set(self.method, self.config, arrays))

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        x, shape = np.asarray(x), self.examples.shape
        what = "images" if self.examples.are_images else "points"
        if x.ndim != 1 + len(shape) or x.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            raise UsageError(f"{what} have shape {x.shape}; the run takes (N, {wanted})")
        if self.examples.are_images and x.dtype == np.uint8:
            return x.astype(np.float32) / 255
        if not np.issubdtype(x.dtype, np.floating):
            allowed = "uint8, or floats in [0, 1]" if self.examples.are_images else "floats"
            raise UsageError(f"{what} are {x.dtype}; allowed: {allowed}")
        if self.examples.are_images and x.size and not (x.min() >= 0 and x.max() <= 1):
            raise UsageError(
                f"images range from {x.min()} to {x.max()}; allowed: floats in [0, 1], or uint8"
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold is not finite in it
            x = x.astype(np.float32)
        check_finite(what, x)
        return x

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

    def _batched(
        self,
        name: str,
        array: np.ndarray,
        options: Callable[[int], tuple] = lambda batch: (),
        static: tuple[int, ...] = (),
    ) -> np.ndarray:
        """A capability over any number of rows, in padded batches of one size.

        `options` gives what else it takes for each batch, by its number.
        """
        function, size = self._function(name, static), self.config.data.eval_batch_size
        if not len(array):
            raise UsageError(f"{name} got no examples; allowed: at least one")
        parts = [
            function(self.state, metrics.pad(array[start : start + size], size), *options(batch))
            for batch, start in enumerate(range(0, len(array), size))
        ]
        return np.concatenate([np.asarray(part) for part in parts])[: len(array)]


def _check_key(key: Any) -> None:
    """Refuses what is not a typed key."""
    if not jax.dtypes.issubdtype(getattr(key, "dtype", None), jax.dtypes.prng_key):
        raise UsageError(f"key is {key!r}; allowed: a typed key, jax.random.key(seed)")


def restore(workdir: str | Path, step: int | None = None) -> Run:
    """The run in a directory, from its newest whole checkpoint or from the one at a step.

    Raises:
      UsageError: not a run, or no such checkpoint in it.
    """
    workdir = Path(workdir).expanduser()
    config = rundir.read_config(workdir)
    if missing := configs.missing(config):
        raise UsageError(
            f"{workdir}/config.json lacks {', '.join(missing)}"
            + rundir.way_on(workdir, added=missing, removed=[])
        )
    configs.check(config)
    parallel.use_compilation_cache(config.training.compilation_cache)
    described = rundir.read_environment(workdir).get("data", {})
    if not {"shape", "class_names", "batch"} <= set(described):
        raise UsageError(f"--workdir: {workdir}/environment.json does not say what the data are")
    examples = Examples(tuple(described["shape"]), tuple(described["class_names"]))
    method = methods.from_config(config, examples)
    batch = described["batch"].items()
    specs = {name: loop.Spec(tuple(shape), dtype) for name, (shape, dtype) in batch}
    abstract = loop.abstract_state(method, specs, config.training.num_seeds)
    state = checkpoints.load(workdir, abstract, step)
    return all_seeds(workdir, config, method, state, examples)[0]


def all_seeds(
    workdir: Path, config: ConfigDict, method: Method, state: TrainState, examples: Examples
) -> list[Run]:
    """The runs whose states are in one state: one, or `training.num_seeds`."""
    singles = configs.members(config)
    if len(singles) == 1:
        return [Run(workdir, config, method, state, examples)]
    runs = [
        Run(workdir, single, method, one, examples)
        for single, one in zip(singles, states(state, config), strict=True)
    ]
    for run in runs:  # they share what is compiled
        run.seeds, run._compiled = runs, runs[0]._compiled
        run._evaluator = runs[0]._evaluator.of_seed(run.config.seed)
    return runs


def states(state: TrainState, config: ConfigDict) -> list[TrainState]:
    """The state of every seed that is in a state."""
    count = config.training.num_seeds
    return [state] if count == 1 else [parallel.entry(state, i) for i in range(count)]


def together(values: Sequence[metrics.Values]) -> metrics.Values:
    """The values of a run's seeds: of one as they are, of several their mean and its error."""
    return values[0] if len(values) == 1 else metrics.over_seeds(values)


def evaluator(method: Method, config: ConfigDict) -> loop.Evaluator:
    """What evaluates a run, in training and after: the same numbers for the same state."""
    return loop.Evaluator(method, config.seed, config.data.eval_batch_size)


def load_split(config: ConfigDict, split: str, first: int | None = None) -> data.Arrays:
    """A split of the data set that a config names, with all its classes; or its first examples."""
    group = config.data
    folders = {"data_dir": group.data_dir, "manual_dir": group.manual_dir}
    return data.load(group.name, split, seed=config.seed, first=first, **folders)


def evaluation_set(method: Method, config: ConfigDict, arrays: data.Arrays) -> data.Arrays:
    """What a method is evaluated on, of a split with all its classes: those it was trained on."""
    chosen = data.select(arrays, config.data.classes)
    return data.evaluation_set(method.judged_on, chosen, config.data, config.seed)
