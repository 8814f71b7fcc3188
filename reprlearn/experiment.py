"""An experiment from its config to its summary: what train.py does."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, figures, methods, rundir, runs, scores
from reprlearn.digest import sha256
from reprlearn.errors import StorageError, UsageError
from reprlearn.examples import Examples, check_examples
from reprlearn.files import write_json
from reprlearn.lock import locked
from reprlearn.methods.base import Method
from reprlearn.training import loop, metrics, parallel
from reprlearn.training.step import step_of


class Experiment(NamedTuple):
    """What a config describes, before anything is trained or written.

    Attributes:
      method: what is trained.
      feed: of its batches.
      examples: the shape of one, the names of the classes.
      sets: of each seed, the arrays of the validation and of the test split, with all classes.
    """

    method: Method
    feed: data.Feed
    examples: Examples
    sets: Sequence[Mapping[str, data.Arrays]]


def train(
    config: ConfigDict,
    workdir: str | Path,
    *,
    overrides: dict[str, Any] | None = None,
    processes: Mapping[str, Any] | None = None,
) -> runs.Run:
    """Trains what a config describes, or goes on with it, to the end: test metrics and figures.

    Everything that can be refused is refused before the directory is made.

    Args:
      config: see configs/base.py.
      workdir: the run's directory; one that holds the same run is resumed.
      overrides: what the command line overrode, by dotted path; see `rundir.resolve`.
      processes: where several train one run, the arguments of `parallel.join_processes`.

    Returns:
      the Run, its summary written; of several seeds the first one's.

    Raises:
      UsageError: with the field, its value, and what is allowed.
      DivergedError, StoppedError, StorageError: see `loop.train`.
    """
    if processes is not None:
        parallel.join_processes(**processes)
    workdir = Path(workdir).expanduser()
    config = configs.copy(config)  # the caller's may change while this one is used
    config = rundir.resolve(workdir, config, overrides)
    configs.check(config)
    parallel.check(config)
    if (rundir.read_summary(workdir) or {}).get("steps") == config.training.steps:
        print(
            f"{workdir} has all its {config.training.steps} steps; training.steps may be raised",
            file=sys.stderr,
        )
        return runs.restore(workdir)
    with parallel.first_process_first("data"):
        experiment = assemble(config)
    baselines = _baselines(config, workdir)
    parallel.use_compilation_cache(config.training.compilation_cache)
    with _begun(workdir, config, overrides, experiment):
        trained, seeds = _trained(config, experiment, workdir)
        every = list(zip(seeds, experiment.sets, strict=True))
        tests = [run.evaluate_arrays(sets["test"]) for run, sets in every]
        if config.scores and sys.stderr.isatty():
            print(f"Scoring {', '.join(config.scores)} ...", file=sys.stderr)
        measured = [scores.measure(run, sets.__getitem__) for run, sets in every]
        summary = {f"test/{metric}": value for metric, value in runs.together(tests).items()}
        summary |= runs.together([scores.values(of_one) for of_one in measured])
        for name, baseline in baselines.items():
            summary |= _beside(name, baseline, workdir, measured[0])
        summary |= _what_it_took(config, trained, seeds[0])
        if parallel.is_first_process():
            write_json(workdir / "summary.json", summary)
        figures.draw(seeds[0], experiment.sets[0]["test"], measured[0])
        parallel.barrier("ended")
    return seeds[0]


def _beside(
    name: str, config: ConfigDict, workdir: Path, measured: Mapping[str, scores.Score]
) -> dict[str, Any]:
    """Trains a baseline and gives its scores; one that fails has none, and costs no other."""
    try:
        beside = train(config, rundir.baseline(workdir, name))
    except StorageError:  # with room the same command goes on
        raise
    except Exception as error:
        told = str(error).split("\n")[0]
        print(f"warning: baselines.{name} is left out: {told}", file=sys.stderr)
        return {}
    return _baseline_scores(name, beside, measured)


def _baselines(config: ConfigDict, workdir: Path) -> dict[str, ConfigDict]:
    """The configs of the runs to train beside; one that could not be is refused now."""
    baselines = {name: configs.baseline(config, name) for name in config.baselines}
    for name, baseline in baselines.items():
        with _named(name):
            rundir.resolve(rundir.baseline(workdir, name), baseline, None)
            configs.check(baseline)
            parallel.check(baseline)
            assemble(baseline)
    return baselines


@contextlib.contextmanager
def _begun(
    workdir: Path, config: ConfigDict, overrides: dict[str, Any] | None, experiment: Experiment
) -> Iterator[None]:
    """The directory, for this run alone; of several processes the first one takes it for all."""
    with contextlib.ExitStack() as held:
        refused = None
        if parallel.is_first_process():
            try:
                held.enter_context(locked(workdir))
                rundir.begin(workdir, config, overrides, _describe(config, experiment))
            except (UsageError, StorageError) as error:
                refused = error
        if parallel.agreed(1 if refused else None):
            raise refused or UsageError(f"--workdir {workdir} was refused to the first process")
        yield


def _trained(
    config: ConfigDict, experiment: Experiment, workdir: Path
) -> tuple[loop.Trained, list[runs.Run]]:
    """Trains, and gives the run of every seed."""
    method, feed, examples, sets = experiment
    singles = configs.members(config)
    held_out = [
        runs.evaluation_set(method, single, arrays["validation"])
        for single, arrays in zip(singles, sets, strict=True)
    ]
    evaluator = runs.evaluator(method, config)

    def validate(state):
        every = zip(singles, runs.states(state, config), held_out, strict=True)
        return runs.together(
            [evaluator.of_seed(single.seed)(one, arrays) for single, one, arrays in every]
        )

    trained = loop.train(method, feed, validate, config, workdir)
    return trained, runs.all_seeds(workdir, config, method, trained.state, examples)


def _what_it_took(config: ConfigDict, trained: loop.Trained, run: runs.Run) -> dict[str, Any]:
    """Steps, time, size and digest of a run; the updates that were skipped, where that may be."""
    took = {
        "steps": step_of(trained.state),
        "seconds": trained.seconds,
        "steps_per_second": trained.steps_per_second,
        "parameters": rundir.parameter_count(run.state.params),
        "state_sha256": sha256(trained.state.params),
    }
    if config.training.on_nonfinite == "skip":
        took["skipped"] = sum(line.get("skipped", 0) for line in run.history)
    return took


@contextlib.contextmanager
def _named(baseline: str) -> Iterator[None]:
    """Says which baseline an error comes from."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"baselines.{baseline}: {error}") from error


def assemble(config: ConfigDict) -> Experiment:
    """The method, the data and the feed that a config describes.

    Raises:
      UsageError: with the field, its value, and what is allowed.
    """
    options = config.data
    examples = data.describe(options.name, data_dir=options.data_dir)
    method = methods.from_config(config, examples)
    if config.training.num_seeds > 1 and options.feed == "stream":
        raise UsageError(
            f"data.feed is 'stream' with training.num_seeds {config.training.num_seeds}; allowed: "
            "auto, device"
        )
    feeds, all_sets = [], []
    for single in configs.members(config):
        if not all_sets or data.is_synthetic(options.name):  # what is drawn, each seed draws anew
            sets = {split: runs.load_split(single, split) for split in ("validation", "test")}
            scores.check(single, method, sets.__getitem__)
            train = None
        feed, train = _feed(single, method, train, may_stream=config.training.num_seeds == 1)
        for split in ("validation", "test"):
            check_examples(sets[split], examples, f"the {split} split of {options.name!r}")
            runs.evaluation_set(method, single, sets[split])
        feeds.append(feed)
        all_sets.append(sets)
    loop.abstract_state(method, loop.batch_spec(feeds[0]))  # what cannot be built fails here
    feed = feeds[0] if len(feeds) == 1 else data.over_seeds(feeds)
    return Experiment(method, feed, examples, all_sets)


def _feed(
    config: ConfigDict, method: Method, train: data.Arrays | None, *, may_stream: bool
) -> tuple[data.Feed, data.Arrays | None]:
    """The feed of the training split, from the device or a stream, and the split if it was read.

    Args:
      config: of one seed.
      method: what is trained.
      train: the training split if it was read before.
      may_stream: see `data.feed`.
    """
    options = config.data
    settings = {"steps": config.training.steps, "minibatches": method.minibatches}
    source = data.source_to_stream(method.takes, options) if may_stream else None
    if source is not None:
        settings["steps_per_call"] = config.training.steps_per_call
        return data.make_stream(source, method.takes, options, **settings), None
    if train is None:
        train = data.select(runs.load_split(config, "train"), options.classes)
    sampler = data.sampler(options.name)
    return data.make_feed(method.takes, train, options, sampler=sampler, **settings), train


def _describe(config: ConfigDict, experiment: Experiment) -> dict[str, Any]:
    """What environment.json says of the data: enough to build the model, and to know it again.

    A stored training split may be larger than the memory: of it stands what TFDS knows. So it does
    where the split lies on the device, and either feed can go on with a run of the other.
    """
    _, feed, examples, (sets, *_) = experiment
    batch = {name: [list(s.shape), s.dtype] for name, s in loop.batch_spec(feed).items()}
    train = {}
    if data.is_synthetic(config.data.name):
        sets = {"train": runs.load_split(config, "train"), **sets}
    else:
        train = data.fingerprint(config.data.name, data_dir=config.data.data_dir)
    sizes = {split: len(next(iter(arrays.values()))) for split, arrays in sets.items()}
    listed = {name: feed.arrays[name] for name in ("pairs",) if name in feed.arrays}
    return {
        "name": config.data.name,
        "shape": list(examples.shape),
        "class_names": list(examples.class_names),
        "batch": batch,
        "sizes": {"train": train.get("examples"), **sizes},
        "train": train,
        "sha256": sha256({**sets, **listed}),
    }


def _baseline_scores(
    name: str, run: runs.Run, measured: Mapping[str, scores.Score]
) -> dict[str, Any]:
    """A baseline's scores under its name: "target/accuracy" is "source_only/target_accuracy"."""
    names = scores.values(measured)
    return {
        f"{name}/{metric.replace('/', '_')}{of_seeds}": run.summary[metric + of_seeds]
        for metric in names
        for of_seeds in ("", metrics.ERROR, metrics.SEEDS)
        if metric + of_seeds in run.summary
    }
