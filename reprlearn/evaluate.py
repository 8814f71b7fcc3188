"""Restores a run and evaluates it.

python -m reprlearn.evaluate --workdir=runs/vae
python -m reprlearn.evaluate --workdir=runs/vae --split=validation
"""

from collections.abc import Sequence

from reprlearn import cli, runs
from reprlearn.data import SPLITS
from reprlearn.errors import UsageError, check_choice


def main(arguments: Sequence[str]) -> None:
    """Prints a table of the metrics of a split."""
    parsed = cli.parse_strings(arguments, {"workdir": None, "split": "test"})
    if parsed["workdir"] is None:
        raise UsageError("--workdir is missing; allowed: the directory of a run")
    check_choice("--split", parsed["split"], SPLITS)
    run = runs.restore(parsed["workdir"])
    values = run.evaluate(parsed["split"])
    print(f"{run.workdir}, step {int(run.state.step)}")
    print(cli.table({f"{parsed['split']}/{name}": value for name, value in values.items()}))


if __name__ == "__main__":
    cli.run(main)
