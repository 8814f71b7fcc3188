"""An experiment from its config to its summary: what train.py does."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, figures, methods, rundir, runs, scores
from reprlearn.errors import DivergedError, UsageError
from reprlearn.examples import Examples
from reprlearn.methods.base import Method
from reprlearn.training import loop, parallel


class Experiment(NamedTuple):
    """What a config describes, before anything is trained or written.

    Attributes:
      method: what is trained.
      feed: of its batches.
      examples: the shape of one, the names of the classes.
      sets: each split's arrays, with all classes.
    """

    method: Method
    feed: data.Feed
    examples: Examples
    sets: Mapping[str, data.Arrays]


def train(
    config: ConfigDict, workdir: str | Path, *, overrides: dict[str, Any] | None = None
) -> runs.Run:
    """Trains what a config describes, or goes on with it, to the end: test metrics and figures.

    Everything that can be refused is refused before the directory is made.

    Args:
      config: see configs/base.py.
      workdir: the run's directory; one that holds the same run is resumed.
      overrides: what the command line overrode, by dotted path; see `rundir.resolve`.

    Returns:
      the Run, its summary written.

    Raises:
      UsageError: with the field, its value, and what is allowed.
    """
    workdir = Path(workdir).expanduser()
    config = rundir.resolve(workdir, config, overrides)
    configs.check(config)
    parallel.check_batch_size(config.data.batch_size)
    if (rundir.read_summary(workdir) or {}).get("steps") == config.training.steps:
        print(
            f"{workdir} has all its {config.training.steps} steps; training.steps may be raised",
            file=sys.stderr,
        )
        return runs.restore(workdir)
    method, feed, examples, sets = assemble(config)
    baselines = {name: configs.baseline(config, name) for name in config.baselines}
    for name, baseline in baselines.items():
        with _named(name):
            configs.check(baseline)
            parallel.check_batch_size(baseline.data.batch_size)
            assemble(baseline)

    parallel.use_compilation_cache(config.training.compilation_cache)
    rundir.begin(workdir, config, overrides, _describe(config, feed, examples, sets))
    trained = loop.train(
        method,
        feed,
        runs.evaluation_set(method, config, sets["validation"]),
        config,
        workdir,
        runs.evaluator(method, config),
    )
    run = runs.Run(workdir, config, method, trained.state, examples)
    test = run.evaluate_arrays(sets["test"])
    measured = scores.measure(run, sets.__getitem__)
    summary = {f"test/{metric}": value for metric, value in test.items()}
    summary |= scores.values(measured)
    for name, baseline in baselines.items():
        with _named(name):
            beside = train(baseline, rundir.baseline(workdir, name))
        summary |= _baseline_scores(name, beside, measured)
    summary |= {
        "steps": int(trained.state.step),
        "seconds": trained.seconds,
        "steps_per_second": trained.steps_per_second,
        "parameters": rundir.parameter_count(trained.state.params),
        "state_sha256": rundir.sha256(trained.state.params),
    }
    figures.draw(run, sets["test"], measured)
    rundir.write_json(workdir / "summary.json", summary)
    return run


@contextlib.contextmanager
def _named(baseline: str) -> Iterator[None]:
    """Says which baseline an error comes from."""
    try:
        yield
    except (UsageError, DivergedError) as error:
        raise type(error)(f"baselines.{baseline}: {error}") from error


def assemble(config: ConfigDict) -> Experiment:
    """The method, the data and the feed that a config describes.

    Raises:
      UsageError: with the field, its value, and what is allowed.
    """
    options = config.data
    examples = data.describe(options.name, data_dir=options.data_dir)
    method = methods.from_config(config, examples)
    sets = {split: runs.load_split(config, split) for split in data.SPLITS}
    scores.check(config, method, sets.__getitem__)
    feed = data.make_feed(
        method.takes,
        data.select(sets["train"], options.classes),
        options,
        steps=config.training.steps,
        minibatches=method.minibatches,
        sampler=data.sampler(options.name),
    )
    for split in ("validation", "test"):
        runs.evaluation_set(method, config, sets[split])
    loop.abstract_state(method, loop.batch_spec(feed))  # what cannot be built fails here
    return Experiment(method, feed, examples, sets)


def _describe(
    config: ConfigDict, feed: data.Feed, examples: Examples, sets: Mapping[str, data.Arrays]
) -> dict[str, Any]:
    """What environment.json says of the data: enough to build the model, and to know it again."""
    batch = {name: [list(s.shape), s.dtype] for name, s in loop.batch_spec(feed).items()}
    sizes = {split: len(next(iter(arrays.values()))) for split, arrays in sets.items()}
    listed = {name: feed.arrays[name] for name in ("pairs",) if name in feed.arrays}
    return {
        "name": config.data.name,
        "shape": list(examples.shape),
        "class_names": list(examples.class_names),
        "batch": batch,
        "sizes": sizes,
        "sha256": rundir.sha256({**sets, **listed}),
    }


def _baseline_scores(
    name: str, run: runs.Run, measured: Mapping[str, scores.Score]
) -> dict[str, Any]:
    """A baseline's scores under its name: "target/accuracy" is "source_only/target_accuracy"."""
    return {
        f"{name}/{metric.replace('/', '_')}": run.summary[metric]
        for metric in scores.values(measured)
    }
