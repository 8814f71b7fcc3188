"""An experiment from its config to its summary: what train.py does."""

import contextlib
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, figures, judge, kept, notes, report, rundir, runs, schema, scores, seeds
from reprlearn.assemble import Experiment, assemble, describe
from reprlearn.digest import sha256
from reprlearn.errors import StorageError, UsageError, first_line
from reprlearn.files import write_json
from reprlearn.lock import locked
from reprlearn.subject import Subject
from reprlearn.training import loop, metrics, parallel
from reprlearn.training.step import step_of

ALARMED = 100  # steps


def train(
    config: ConfigDict,
    workdir: str | Path,
    *,
    data: Any = None,
    overrides: dict[str, Any] | None = None,
    processes: Mapping[str, Any] | None = None,
) -> runs.Run:
    """Trains what a config describes, or resumes it, to the end: test metrics and figures.

    Everything that can be refused is refused before the directory is made.

    Args:
      config: see `schema.default_config`; a field that it lacks takes its default.
      workdir: the run's directory; one that holds the same run is resumed.
      data: arrays to learn from in place of what `config.data` names: x `[N, ...]`; (x, y), with
        labels `[N]`; or {"train": {"x": ..., "y": ...}, "test": ...}. See docs/DATA.md.
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
    config = schema.complete(config)  # a copy: the caller's may change while this one is used
    if data is not None:
        config = configs.changed(config, {"data.name": "memory"})
    config = rundir.resolve(workdir, config, overrides)
    schema.check(config)
    parallel.check(config)
    with parallel.first_process_first("data"):
        experiment = assemble(config, _given(config, data))
    before = rundir.read_summary(workdir) or {}
    finished = before.get("steps") == config.training.steps and _is_scored(workdir, config)
    finished &= config.figures == "off" or (workdir / "figures").is_dir()
    # All have looked before one of several processes writes.
    if parallel.agreed(1 if finished else None):
        rundir.check_data(workdir, describe(config, experiment))
        print(
            f"{workdir} is complete, {config.training.steps} steps: nothing is trained; to train "
            "longer, raise training.steps",
            file=sys.stderr,
        )
        return runs.restore(workdir, data=data)
    told = [f"{notes.WARNING}{text}" for text in rundir.lengthened(workdir, config)]
    told = [*told, *experiment.notes]
    for note in told:
        print(note, file=sys.stderr)
    baselines = _baselines(config, workdir, data)
    parallel.use_compilation_cache(config.training.compilation_cache)
    with _begun(workdir, config, overrides, experiment, told):
        trained, members = _trained(config, experiment, workdir)
        every = list(zip(members, experiment.sets, strict=True))
        tests = [run.evaluate_arrays(sets["test"]) for run, sets in every]
        if parallel.is_first_process():
            _sound_alarms(members[0])
        if config.scores and parallel.is_first_process():
            print(f"Scoring {', '.join(config.scores)} ...", file=sys.stderr)
        subjects = [Subject(run, sets=sets) for run, sets in every]
        judged = judge.judge(subjects, config.scores)
        summary = {f"test/{metric}": value for metric, value in seeds.aggregate(tests).items()}
        summary |= judged.values
        for name, baseline in baselines.items():
            summary |= _beside(name, baseline, workdir, scores.values(judged.first), data)
        summary |= _what_it_took(config, trained, members[0], before)
        if parallel.is_first_process():
            write_json(workdir / "summary.json", summary)
        if config.figures == "on":
            figures.draw(subjects[0], judged.first)
        if config.report == "on" and parallel.is_first_process():
            _report(workdir)
        parallel.barrier("ended")
    return members[0]


def _report(workdir: Path) -> None:
    """Writes the run's page; a failure costs nothing else."""
    try:
        report.write(workdir)
    except Exception as error:
        notes.warn(workdir, f"report.html could not be written: {first_line(error)}")


def _beside(
    name: str,
    config: ConfigDict,
    workdir: Path,
    measured: Collection[str],
    given: Any,
) -> dict[str, Any]:
    """Trains a baseline and gives its scores; one that fails has none, and costs no other."""
    if parallel.is_first_process():
        print(f"Baseline {name} ...", file=sys.stderr)
    try:
        beside = train(config, rundir.baseline(workdir, name), data=given)
    except StorageError:  # with room the same command resumes it
        raise
    except Exception as error:
        told = str(error).split("\n")[0]
        notes.warn(workdir, f"baselines.{name} is left out: {told}")
        return {}
    return _baseline_scores(name, beside, measured)


def _given(config: ConfigDict, arrays: Any) -> data.Dataset | None:
    """The data set of a caller's arrays, or None where there are none."""
    return None if arrays is None else data.from_memory(arrays, config.data)


def _baselines(config: ConfigDict, workdir: Path, given: Any) -> dict[str, ConfigDict]:
    """The configs of the runs to train beside; one that could not be is refused now."""
    baselines = {name: configs.baseline(config, name) for name in config.baselines}
    for name, baseline in baselines.items():
        with _named(name):
            rundir.resolve(rundir.baseline(workdir, name), baseline, None)
            schema.check(baseline)
            parallel.check(baseline)
            assemble(baseline, _given(baseline, given))
    return baselines


@contextlib.contextmanager
def _begun(
    workdir: Path,
    config: ConfigDict,
    overrides: dict[str, Any] | None,
    experiment: Experiment,
    told: Sequence[str],
) -> Iterator[None]:
    """The directory, for this run alone; of several processes the first one takes it for all."""
    with contextlib.ExitStack() as held:
        refused = None
        if parallel.is_first_process():
            try:
                held.enter_context(locked(workdir))
                rundir.begin(workdir, config, overrides, describe(config, experiment))
                notes.begin(workdir, told)
            except (UsageError, StorageError) as error:
                refused = error
        if parallel.agreed(1 if refused else None):
            raise refused or UsageError(f"--workdir {workdir} was refused to the first process")
        yield


def _trained(
    config: ConfigDict, experiment: Experiment, workdir: Path
) -> tuple[loop.Trained, list[runs.Run]]:
    """Trains, and gives the run of every seed."""
    method, feed, dataset, sets, _ = experiment
    singles = configs.members(data.by_number(config, dataset.columns))
    held_out = [
        data.evaluation_set(
            method.judged_on, arrays["validation"], dataset.columns, single.data, single.seed
        )
        for single, arrays in zip(singles, sets, strict=True)
    ]
    loaded = list(sets)
    evaluator = loop.Evaluator(method, config.seed, config.data.eval_batch_size)

    def members(state):
        return runs.all_seeds(workdir, config, method, state, dataset.columns, dataset)

    def validate(state):
        every = zip(singles, seeds.states(state, config), held_out, strict=True)
        values = seeds.aggregate(
            [evaluator.of_seed(single.seed)(one, arrays) for single, one, arrays in every]
        )
        if not config.watch:
            return values
        subjects = [
            Subject(run, "validation", arrays)
            for run, arrays in zip(members(state), loaded, strict=True)
        ]
        values |= judge.watched(subjects, config.watch)
        loaded[:] = [subject.loaded for subject in subjects]  # the training split, if one asked
        return values

    trained = loop.train(method, feed, validate, config, workdir)
    return trained, members(trained.state)


def _sound_alarms(run: runs.Run) -> None:
    """Warns of what the method sees in how training went, with several seeds of which one.

    Of a run that has hardly begun to learn nothing is said.
    """
    lines = [line for line in run.history if line["split"] == "train"]
    for place, of_seed in enumerate(run.seeds):
        own = [
            {name: kept.of_seed(line, name, place) for name in line if not kept.belongs(name, line)}
            for line in lines
        ]
        own = [line for line in own if None not in line.values()]  # where all updates were skipped
        try:
            found = run.method.alarms(own) if step_of(run.state) >= ALARMED and own else []
        except Exception as error:
            found = [f"the alarms of method {run.config.method!r} fail: {first_line(error)}"]
        for text in found:
            notes.warn(run.workdir, of_seed.which + text)


def _is_scored(workdir: Path, config: ConfigDict) -> bool:
    """Whether a finished run has these scores, and was asked for no others."""
    asked = set(rundir.read_config(workdir).scores) == set(config.scores)
    steps = config.training.steps
    return asked and all(kept.is_of(workdir, name, steps) for name in config.scores)


def _what_it_took(
    config: ConfigDict, trained: loop.Trained, run: runs.Run, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Steps, time, size and digest of a run; the updates that were skipped, where that may be."""
    took = {
        "steps": step_of(trained.state),
        "seconds": trained.seconds,
        "steps_per_second": trained.steps_per_second or before.get("steps_per_second"),
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


def _baseline_scores(name: str, run: runs.Run, measured: Collection[str]) -> dict[str, Any]:
    """A baseline's scores under its name: "target/accuracy" is "source_only/target_accuracy"."""
    return {
        f"{name}/{metric.replace('/', '_')}{of_seeds}": run.summary[metric + of_seeds]
        for metric in measured
        if kept.parsed(metric)[1] == "learned"  # of the other spaces a run has them already
        for of_seeds in ("", metrics.ERROR, metrics.SEEDS)
        if metric + of_seeds in run.summary
    }
