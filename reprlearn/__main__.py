"""Trains what a config describes, or resumes the run in the workdir.

python train.py --config=configs/vae.py
python train.py --config=configs/vae.py:fashion_mnist
python train.py --config=vae --config.model.latent_dim=32 --workdir=runs/vae32
python train.py --config=configs/vae.py --help
python -m reprlearn --config=vae     # from anywhere: yours, or of the library

--config        a file or a name, and a data set after a colon; with --help its
                settings are shown
--config.FIELD  another value of one of its fields
--workdir       the run's folder; by default runs/CONFIG, or runs/CONFIG_DATASET
--distributed   of several processes: the cluster says who takes part; else each
                is told by --coordinator_address=HOST:PORT --num_processes=N
                --process_id=I
"""

import textwrap
from collections.abc import Sequence

import reprlearn
from reprlearn import cli, tables
from reprlearn import config as configs


def main(arguments: Sequence[str]) -> None:
    """Trains, then prints the test metrics and where the figures are."""
    command = cli.parse(arguments)
    from reprlearn.training import parallel

    run = reprlearn.train(
        command.config,
        command.workdir,
        overrides=command.overrides,
        processes=command.processes,
    )
    if not parallel.is_first_process():  # of several processes the first one speaks
        return
    print(tables.table(run.summary))
    for path in sorted((run.workdir / "figures").glob("*.png")):
        print(path)
    if (page := run.workdir / "report.html").is_file():
        print(page)


def tell_settings(arguments: Sequence[str]) -> None:
    """With --help: every setting of the config that is named, and which scores there are."""
    if not any(argument.lstrip("-").startswith("config") for argument in arguments):
        print(f"\nConfigs: {', '.join(configs.names())}")
        return
    config = cli.parse(cli.without_help(arguments)).config
    from reprlearn import schema, scores

    schema.check(config)
    print(schema.table(config))
    print("\n" + textwrap.fill(f"scores: {', '.join(scores.names())}", 80))
    print("baselines: further runs, declared in a config file:")
    print('    config.baselines = ConfigDict({"NAME": {"model": {"FIELD": VALUE}}})')


if __name__ == "__main__":
    cli.run(main, tell_settings)
