"""Restores a run and evaluates it.

python -m reprlearn.evaluate --workdir=runs/vae
python -m reprlearn.evaluate --workdir=runs/vae --split=validation
python -m reprlearn.evaluate --workdir=runs/vae --scores=verification,retrieval --step=2000
python -m reprlearn.evaluate --workdir=runs/vae_photos --data=/where/the/photos/are/now

Without --scores these are the scores of the run's config, on the test split alone. What is measured
without --data, on the data of the training, is kept in the run's scores/; of the test split and the
last step its figures are drawn, too.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reprlearn import cli, tables
from reprlearn.errors import UsageError, check_choice

if TYPE_CHECKING:
    from reprlearn.subject import Subject

FLAGS = {"workdir": None, "split": "test", "scores": None, "step": None}
OF_DATA = {"data": None, "data_dir": None}


def main(arguments: Sequence[str]) -> None:
    """Prints a table of the metrics and the scores of a split."""
    given = cli.parse_strings(arguments, FLAGS | OF_DATA)
    cli.need(given, "workdir", "the directory of a run")
    step = _step(given["step"])
    from reprlearn import figures, judge, runs, seeds  # JAX is loaded here: a typo is told at once
    from reprlearn.data import SPLITS
    from reprlearn.subject import Subject

    split = given["split"]
    check_choice("--split", split, SPLITS)
    run = runs.restore(given["workdir"], step, **{name: given[name] for name in OF_DATA})
    subjects = [Subject(one, split) for one in run.seeds]
    asked = given["scores"] is not None
    chosen = tuple(filter(None, given["scores"].split(","))) if asked else ()
    for name in chosen:
        _check(name, subjects)
    if not asked and split == "test":
        chosen = [name for name in run.config.scores if _can_be_had(name, subjects)]
    same = _is_of_training(subjects[0])
    if not same:
        what = f"the {split} split of {run.dataset.name!r}"
        print(f"warning: {what} is not the one of the run's training", file=sys.stderr)
    metrics = seeds.aggregate([one.run.evaluate_arrays(one.load()) for one in subjects])
    values = {f"{split}/{name}": value for name, value in metrics.items()}
    keep = same and given["data"] is None
    judged = judge.judge(subjects, chosen, step, keep=keep)
    print(f"{run.workdir}, step {int(run.state.step)}")
    print(tables.table(values | judged.values))
    # Figures, as scores without a split and a step in their names, are of the run's own test.
    if asked and keep and split == "test" and step is None:
        for path in figures.draw(subjects[0], judged.first, of_run=False):
            print(path)


def _step(given: str | None) -> int | None:
    if given is not None and not given.isdecimal():
        raise UsageError(f"--step is {given!r}; allowed: a step whose checkpoint is kept")
    return None if given is None else int(given)


def _check(name: str, subjects: Sequence["Subject"]) -> None:
    """Refuses a score that a seed's run cannot have on its split."""
    from reprlearn import scores

    for one in subjects:
        run = one.run
        scores.check((name,), run.config, run.method, run.dataset, one.load, one.split)


def _can_be_had(name: str, subjects: Sequence["Subject"]) -> bool:
    """Whether a score of the config can be measured on data that may be others; told if not."""
    try:
        _check(name, subjects)
    except UsageError as error:
        print(f"warning: left out: {error}", file=sys.stderr)
        return False
    return True


def _is_of_training(subject: "Subject") -> bool:
    """Whether a split is the one that the run was trained, or judged, with."""
    from reprlearn import rundir
    from reprlearn.digest import sha256

    run, split = subject.run, subject.split
    known = rundir.read_environment(run.workdir)["data"]
    train = run.dataset.fingerprint() if split == "train" else {}
    if train:
        return all(train.get(name) == value for name, value in known["train"].items())
    return known["sha256"].get(split) == sha256(subject.load())


if __name__ == "__main__":
    cli.run(main)
