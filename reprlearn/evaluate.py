"""Restores a run and evaluates it.

python -m reprlearn.evaluate --workdir=runs/vae
python -m reprlearn.evaluate --workdir=runs/vae --split=validation
"""

import functools
from collections.abc import Sequence

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice


def main(arguments: Sequence[str]) -> None:
    """Prints a table of the metrics of a split, and of the test split the run's scores."""
    parsed = cli.parse_strings(arguments, {"workdir": None, "split": "test"})
    if parsed["workdir"] is None:
        raise UsageError("--workdir is missing; allowed: the directory of a run")
    from reprlearn import runs, scores  # JAX is loaded here: a typo is answered at once
    from reprlearn.data import SPLITS

    check_choice("--split", parsed["split"], SPLITS)
    run = runs.restore(parsed["workdir"])
    split, load = parsed["split"], functools.cache(functools.partial(runs.load_split, run.config))
    values = {f"{split}/{name}": v for name, v in run.evaluate_arrays(load(split)).items()}
    if split == "test":
        values |= scores.values(scores.measure(run, load))
    print(f"{run.workdir}, step {int(run.state.step)}")
    print(cli.table(values))


if __name__ == "__main__":
    cli.run(main)
