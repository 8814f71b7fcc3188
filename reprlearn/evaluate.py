"""Restores a run and evaluates it.

python -m reprlearn.evaluate --workdir=runs/vae
python -m reprlearn.evaluate --workdir=runs/vae --split=validation
python -m reprlearn.evaluate --workdir=runs/vae_photos --data=/where/the/photos/are/now
"""

import functools
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice

if TYPE_CHECKING:
    from reprlearn.runs import Run


def main(arguments: Sequence[str]) -> None:
    """Prints a table of the metrics of a split, and of the test split the run's scores."""
    flags = {"workdir": None, "split": "test", "data": None, "data_dir": None}
    parsed = cli.parse_strings(arguments, flags)
    if parsed["workdir"] is None:
        raise UsageError("--workdir is missing; allowed: the directory of a run")
    from reprlearn import runs, seeds  # JAX is loaded here: a typo is answered at once
    from reprlearn.data import SPLITS

    check_choice("--split", parsed["split"], SPLITS)
    run = runs.restore(parsed["workdir"], data=parsed["data"], data_dir=parsed["data_dir"])
    if not _is_of_training(run, parsed["split"]):
        what = f"the {parsed['split']} split of {run.dataset.name!r}"
        print(f"warning: {what} is not the one of the run's training", file=sys.stderr)
    values = seeds.aggregate([_values(one, parsed["split"]) for one in run.seeds])
    print(f"{run.workdir}, step {int(run.state.step)}")
    print(cli.table(values))


def _is_of_training(run: "Run", split: str) -> bool:
    """Whether a split is the one that the run was trained, or judged, with."""
    from reprlearn import rundir
    from reprlearn.digest import sha256

    known = rundir.read_environment(run.workdir)["data"]
    train = run.dataset.fingerprint() if split == "train" else {}
    if train:
        return all(train.get(name) == value for name, value in known["train"].items())
    return known["sha256"].get(split) == sha256(run.load(split))


def _values(run: "Run", split: str) -> dict[str, float]:
    """The metrics of one seed's run on a split, and of the test split its scores."""
    from reprlearn import scores

    load = functools.cache(run.load)
    values = {f"{split}/{name}": v for name, v in run.evaluate_arrays(load(split)).items()}
    return values | (scores.values(scores.measure(run, load)) if split == "test" else {})


if __name__ == "__main__":
    cli.run(main)
