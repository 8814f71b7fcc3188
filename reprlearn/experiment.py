"""An experiment from its config to its summary: what train.py does."""

import sys
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, figures, methods, rundir, runs
from reprlearn.training import loop, parallel


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
    name, data_dir = config.data.name, config.data.data_dir
    method = methods.from_config(config, data.image_shape(name, data_dir=data_dir))
    sets = {split: runs.load_split(config, split) for split in data.SPLITS}
    data.check_batch(config.data.batch_size, len(sets["train"]["image"]), config.training.steps)
    specs = loop.spec_of(sets["train"])
    loop.abstract_state(method, specs, config.data.batch_size)  # what cannot be built fails here

    parallel.use_compilation_cache(config.training.compilation_cache)
    rundir.begin(workdir, config, overrides, _describe(config, sets))
    evaluate = runs.evaluator(method, config)
    trained = loop.train(method, sets["train"], sets["validation"], config, workdir, evaluate)
    test = evaluate(trained.state, sets["test"])
    summary = {f"test/{metric}": value for metric, value in test.items()} | {
        "steps": int(trained.state.step),
        "seconds": trained.seconds,
        "steps_per_second": trained.steps_per_second,
        "parameters": rundir.parameter_count(trained.state.params),
        "state_sha256": rundir.sha256(trained.state.params),
    }
    run = runs.Run(workdir, config, method, trained.state, specs["image"].shape)
    figures.draw(run, sets["test"], data.class_names(name, data_dir=data_dir))
    rundir.write_json(workdir / "summary.json", summary)
    return run


def _describe(config: ConfigDict, sets: dict[str, data.Arrays]) -> dict[str, Any]:
    """What environment.json says of the data: enough to build the model, and to know it again."""
    examples = {
        name: [list(spec.shape), spec.dtype] for name, spec in loop.spec_of(sets["train"]).items()
    }
    sizes = {split: len(arrays["image"]) for split, arrays in sets.items()}
    digest = rundir.sha256(sets)
    return {"name": config.data.name, "sizes": sizes, "examples": examples, "sha256": digest}
