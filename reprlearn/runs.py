"""Runs: restore one, and use what it learned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, encodings, keys, methods, roles, rundir, schema, seeds, verdicts
from reprlearn.columns import Column, Columns, as_given, check_finite, from_model
from reprlearn.data import open_other
from reprlearn.errors import UsageError, check_choice, check_size
from reprlearn.methods.base import BY_COLUMN, CAPABILITIES, Method, TrainState
from reprlearn.training import checkpoints, loop, metrics, parallel

STATIC = {"prior": (2,), "sample": (2,), "log_likelihood": (3,)}  # arguments that are sizes


class Run:
    """A trained method with its config: what the method can do, and `evaluate`.

    Examples x are what the run was trained on: images `[N, H, W, C]`, uint8 or float in [0, 1], or
    vectors `[N, D]` in their own units, for any N; they go through in batches of one compiled size.
    What comes back is in the same units, images in [0, 1]. A method that lacks a capability says so
    and names those it has.

    Attributes:
      workdir: the run's directory.
      config: the resolved config.
      method: the pure functions.
      state: the training state they take.
      columns: of the data, by role.
      dataset: what it was trained on.
      seeds: the runs that were trained at once, one a seed, this one among them.
    """

    def __init__(
        self,
        workdir: Path,
        config: ConfigDict,
        method: Method,
        state: TrainState,
        columns: Columns,
        dataset: data.Dataset | None = None,
    ):
        self.workdir, self.method, self.state, self.columns = workdir, method, state, columns
        self.config, self._dataset = data.by_number(config, columns), dataset
        self.seeds: list[Run] = [self]
        self._compiled: dict[str, Callable] = {}
        self._evaluator = loop.Evaluator(method, config.seed, config.data.eval_batch_size)

    @property
    def dataset(self) -> data.Dataset:
        """The data set; of a restored run the one that its config names."""
        if self._dataset is None:
            self._dataset = data.open_dataset(self.config.data, self.columns)
        return self._dataset

    def examples(self, given: Any = None, *, classes: bool = True) -> data.Dataset:
        """The set whose examples are asked for one by one; see `data.open_examples`."""
        if given is None and "similar" not in self.columns:
            return self.dataset
        return data.open_examples(given, self.config.data, self.columns, classes=classes)

    @property
    def which(self) -> str:
        """What a warning of it begins with: "baseline source_only: ", "seed 3: "; alone nothing."""
        whose = [f"baseline {self.workdir.name}"] if rundir.is_baseline(self.workdir) else []
        whose += [f"seed {self.config.seed}"] if len(self.seeds) > 1 else []
        return f"{', '.join(whose)}: " if whose else ""

    @property
    def column(self) -> Column:
        """What the examples x are."""
        return roles.input_column(self.columns)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers; () where there are none."""
        role = roles.label_role(self.columns)
        return self.columns[role].names if role in self.columns else ()

    def load(self, split: str, first: int | None = None) -> data.Arrays:
        """A split of the data set by role, with all its classes; or its first examples."""
        check_choice("split", split, data.SPLITS)
        return data.whole(self.dataset.open(split, self.config.seed), first)

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

    def need(self, capability: str) -> None:
        """Refuses what this run's method cannot do."""
        if getattr(self.method, capability) is None:
            has = ", ".join(self.capabilities)
            raise UsageError(f"method {self.config.method!r} has no {capability}; it has {has}")

    @property
    def saved_steps(self) -> list[int]:
        """The steps whose checkpoints are kept."""
        with checkpoints.open_checkpoints(self.workdir, create=False) as saved:
            return saved.all_steps()

    def at(self, step: int) -> "Run":
        """The same run as it was at a step whose checkpoint is kept."""
        return self._beside(restore(self.workdir, step))

    def baseline(self, name: str) -> "Run":
        """A baseline that was trained beside this run; see `config.baselines`."""
        return self._beside(restore(rundir.baseline(self.workdir, name)))

    def untrained(self) -> "Run":
        """The same run before its first step, started by a batch of zeros."""
        batch = {n: jnp.zeros(*spec) for n, spec in rundir.data_of(self.workdir)[1].items()}
        state = parallel.initial_state(self.method, keys.root(self.config.seed), batch)
        other = Run(self.workdir, self.config, self.method, state, self.columns, self._dataset)
        other._compiled = self._compiled
        return other

    def _beside(self, other: "Run") -> "Run":
        """The run of this one's seed, on this one's data."""
        place = self.seeds.index(self)
        other.seeds[place]._dataset = self._dataset
        return other.seeds[place]

    verify, verify_enrolled = verdicts.verify, verdicts.verify_enrolled
    encode_dataset, parts = encodings.encode_dataset, encodings.parts
    check_column = encodings.check_column

    def encode(self, x: np.ndarray, column: str | None = None) -> np.ndarray:
        """Examples x `[N, ...]` to their representation z, `[N, D]`; see `Method`.

        Args:
          x: examples.
          column: of which x is: with two towers the side, "left/x" or "right/x"; with batch
            statistics of each domain the domain, "source/x" or "target/x"; None: the first of
            these. Runs without either encode all alike.
        """
        return self._of_column("encode", x, column)

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """Examples x `[N, ...]` to their reconstructions, floats of the same shape."""
        return from_model(self.column, self._batched("reconstruct", as_given(self.column, x)))

    def corrupt(self, x: np.ndarray, key: jax.Array) -> np.ndarray:
        """Examples x `[N, ...]`, corrupted as in training; `key` is typed, as of `sample`."""
        return from_model(self.column, self._batched("corrupt", as_given(self.column, x), key))

    def directions(self) -> np.ndarray:
        """How x changes with each number of its code, `[latent_dim, ...]`; see `Method`."""
        return np.asarray(self._function("directions")(self.state))

    def image(self) -> np.ndarray:
        """The image `[1, H, W, C]` in [0, 1] that was learned."""
        return np.asarray(self._function("image")(self.state))

    def predict(self, x: np.ndarray, column: str | None = None) -> np.ndarray:
        """Examples x `[N, ...]` to class logits, `[N, classes]`; `column` as of `encode`."""
        return self._of_column("predict", x, column)

    def discriminate(self, x: np.ndarray, column: str | None = None) -> np.ndarray:
        """Examples x `[N, ...]` to logits `[N]`: real, not generated; or source, not target."""
        return self._of_column("discriminate", x, column)

    def _of_column(self, name: str, x: np.ndarray, column: str | None) -> np.ndarray:
        """A capability that may depend on the column that x is of."""
        if column is not None:
            check_choice("column", column, (*roles.X_OF_PAIRS, *roles.X_OF_DOMAINS))
        known = self.method.by_column
        way = [column if column in known else known[0]] if known else []
        return self._batched(name, as_given(self.column, x), None, *way)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Codes z `[N, latent_dim]` to examples `[N, ...]`."""
        self._function("decode")
        with np.errstate(over="ignore"):
            z, width = np.asarray(z, np.float32), self.config.model.latent_dim
        if z.ndim != 2 or z.shape[1] != width:
            raise UsageError(f"z has shape {z.shape}; allowed: (N, {width}), N codes of latent_dim")
        check_finite("z", z)
        return from_model(self.column, self._batched("decode", z))

    def prior(self, key: jax.Array, n: int) -> np.ndarray:
        """`n` codes `[n, latent_dim]` as the model expects them; `key` is typed, as of `sample`."""
        return self._drawn("prior", key, n)

    def log_likelihood(self, x: np.ndarray, key: jax.Array, samples: int = 1_000) -> np.ndarray:
        """log p(x) `[N]` in nats, of examples x `[N, ...]`, from `samples` of q(z|x) for each."""
        self._function("log_likelihood")
        check_size("samples", samples)
        return self._batched("log_likelihood", as_given(self.column, x), key, samples)

    def sample(self, key: jax.Array, n: int) -> np.ndarray:
        """`n` examples `[n, ...]` of the model's distribution, its noise included: not means."""
        return from_model(self.column, self._drawn("sample", key, n))

    def _drawn(self, name: str, key: jax.Array, n: int) -> np.ndarray:
        function = self._function(name)
        keys.check(key)
        check_size("n", n)
        return np.asarray(function(self.state, key, n))

    def evaluate(self, split: str = "test") -> metrics.Values:
        """The mean of every metric over a split of the run's data set."""
        return self.evaluate_arrays(self.load(split))

    def evaluate_arrays(self, arrays: data.Arrays) -> metrics.Values:
        """The same over a split that is loaded, with all its classes."""
        options, what = self.config.data, f"data.name {self.config.data.name!r}"
        judged = self.method.judged_on, arrays, self.columns, options, self.config.seed, what
        return self._evaluator(self.state, data.evaluation_set(*judged))

    def _function(self, name: str) -> Callable:
        """A capability, compiled once."""
        self.need(name)
        if name not in self._compiled:
            by_column = (2,) if self.method.by_column and name in BY_COLUMN else ()
            static = STATIC.get(name, by_column)
            self._compiled[name] = parallel.compiled(getattr(self.method, name), static=static)
        return self._compiled[name]

    def _batched(self, name: str, array: np.ndarray, key: Any = None, *more: Any) -> np.ndarray:
        """A capability over any number of rows; of a key each batch gets its own."""
        function, size = self._function(name), self.config.data.eval_batch_size
        if key is not None:
            keys.check(key)
        if not len(array):
            raise UsageError(f"{name} got no examples; allowed: at least one")
        of = lambda batch: more if key is None else (jax.random.fold_in(key, batch), *more)  # noqa: E731
        return metrics.in_batches(lambda rows, i: function(self.state, rows, *of(i)), array, size)


def restore(
    workdir: str | Path,
    step: int | None = None,
    *,
    data: Any = None,
    data_dir: str | None = None,
) -> Run:
    """The run in a directory, from its newest whole checkpoint or from the one at a step.

    Args:
      workdir, step: of the run, and of a checkpoint that is kept.
      data: where the data are now, if they moved, or other data of the same columns: a name, a
        path, or arrays as `train` takes them.
      data_dir: where prepared sets are now.

    Raises:
      UsageError: not a run, no such checkpoint in it, or data of other columns.
    """
    workdir = Path(workdir).expanduser()
    config = rundir.read_config(workdir)
    if unknown := schema.unknown(config):
        raise UsageError(f"{workdir}/config.json has {', '.join(unknown)}{rundir.way_on(workdir)}")
    schema.check(config)
    parallel.use_compilation_cache(config.training.compilation_cache)
    columns, specs = rundir.data_of(workdir)
    method = methods.from_config(config, columns)
    abstract = loop.abstract_state(method, specs, config.training.num_seeds)
    state = checkpoints.load(workdir, abstract, step)
    if data_dir is not None:
        config = configs.changed(config, {"data.data_dir": data_dir})
    dataset = None if data is None else open_other(data, config.data, columns)
    return all_seeds(workdir, config, method, state, columns, dataset)[0]


def all_seeds(
    workdir: Path,
    config: ConfigDict,
    method: Method,
    state: TrainState,
    columns: Columns,
    dataset: data.Dataset | None = None,
) -> list[Run]:
    """The runs whose states are in one state: one, or `training.num_seeds`."""
    if config.training.num_seeds == 1:
        return [Run(workdir, config, method, state, columns, dataset)]
    members = zip(configs.members(config), seeds.states(state, config), strict=True)
    runs = [Run(workdir, single, method, one, columns, dataset) for single, one in members]
    for run in runs:  # they share what is compiled
        run.seeds, run._compiled = runs, runs[0]._compiled
        run._evaluator = runs[0]._evaluator.of_seed(run.config.seed)
    return runs
