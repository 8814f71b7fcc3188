"""What does fairness cost? Balanced accuracy, gaps between groups and who can be told, over lambda.

python benchmarks/fairness.py [hmda] [runs/fairness] [seeds] [steps]

configs/fair_lending.py on a table; the seeds, from 10 on, have a split of their own each. The
adversary's lambda goes from 0 to 30; beside it stand the attribute among the inputs, and
reweighing. Runs that are there are not trained again. The figure is FOLDER/NAME.png.
"""

import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

import reprlearn
from reprlearn import config as configs
from reprlearn.plots._style import COLOURS, figure, legend_below

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

FIRST = 10  # the settings were chosen on the seeds before
LAMBDAS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
METRICS = {
    "fairness/balanced_accuracy": "balanced accuracy",
    "fairness/demographic_parity": "parity gap",
    "fairness/equalized_odds": "odds gap",
    "fairness/attribute_linear": "told linearly",
    "fairness/attribute_boosted": "told by trees",
}
ACCURACY = next(iter(METRICS))
OTHERS = {
    "with attribute": {"model.trade_off": 0.0, "data.sensitive_input": "on"},
    "reweighed": {"model.trade_off": 0.0, "model.reweighing": "on"},
    "odds, 10": {"model.trade_off": 10.0, "model.criterion": "equalized_odds"},
}


def main(
    name: str = "hmda", folder: str = "runs/fairness", seeds: str = "5", steps: str = "0"
) -> None:
    """Trains what is not there, and prints a row for each way."""
    ways = {f"lambda {strength:g}": {"model.trade_off": strength} for strength in LAMBDAS}
    found, of_seeds = {}, range(FIRST, FIRST + int(seeds))
    for way, fields in (ways | OTHERS).items():
        each = [_run(name, folder, way, fields, seed, int(steps)) for seed in of_seeds]
        found[way] = {metric: np.array([one[metric] for one in each]) for metric in METRICS}
    print(f"\n{name:<16}" + "".join(f"{told:>22}" for told in METRICS.values()))
    for way, columns in found.items():
        print(f"{way:<16}" + "".join(f"{told(values):>22}" for values in columns.values()))
    _draw(name, found, Path(folder) / f"{name}.png")


def _run(
    name: str, folder: str, way: str, fields: dict[str, object], seed: int, steps: int
) -> dict[str, float]:
    """The values of one run."""
    config = reprlearn.load_config(f"fair_lending:{name}").unlock()
    config.baselines, config.scores, config.report = ConfigDict(), ("fairness",), "off"
    config.seed = config.data.split_seed = seed
    config.training.steps = steps or config.training.steps
    config = configs.changed(config, fields)
    place = Path(folder) / name / way.replace(" ", "_").replace(",", "") / str(seed)
    return reprlearn.train(config, place).summary


def _draw(name: str, found: dict[str, dict[str, np.ndarray]], file: Path) -> None:
    """Balanced accuracy over each gap, along lambda, and what is told of the group over lambda."""
    made = figure(12.0, 3.9, f"What fairness costs ({name}; bars: range of the seeds)")
    curve = [way for way in found if way.startswith("lambda")]
    for panel, gap in enumerate(("fairness/demographic_parity", "fairness/equalized_odds")):
        axes = made.add_subplot(1, 3, panel + 1)
        middle = [[found[way][m].mean() for way in curve] for m in (gap, ACCURACY)]
        axes.plot(*middle, color=COLOURS[0], linewidth=1.0, alpha=0.6)
        colours = dict.fromkeys(curve, COLOURS[0]) | dict(zip(OTHERS, COLOURS[1:], strict=False))
        for way, colour in colours.items():
            x, y = found[way][gap], found[way][ACCURACY]
            label = "lambda, at the points" if way in curve else way
            bars = [[[v.mean() - v.min()], [v.max() - v.mean()]] for v in (x, y)]
            axes.errorbar(
                x.mean(), y.mean(), xerr=bars[0], yerr=bars[1], fmt="o", color=colour,
                elinewidth=0.8, markersize=5, label=label,
            )  # fmt: skip
            if way in curve:
                where = {"textcoords": "offset points", "xytext": (4, 4), "fontsize": 8}
                axes.annotate(way.removeprefix("lambda "), (x.mean(), y.mean()), **where)
        axes.set_xlim(left=0)
        axes.set_xlabel(METRICS[gap], fontsize=9)
        axes.set_ylabel("balanced accuracy", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
    axes = made.add_subplot(1, 3, 3)
    for metric, colour in zip(list(METRICS)[3:], COLOURS[4:], strict=False):
        values = np.array([found[way][metric] for way in curve])
        axes.plot(range(len(curve)), values.mean(axis=1), "o-", color=colour, markersize=4)
        axes.fill_between(
            range(len(curve)),
            values.min(axis=1),
            values.max(axis=1),
            color=colour,
            alpha=0.2,
            label=f"group {METRICS[metric]}",
        )
    axes.axhline(0.5, color="#888888", linewidth=0.8, linestyle="--")
    axes.set_xticks(range(len(curve)), [way.removeprefix("lambda ") for way in curve])
    axes.set_xlabel("lambda", fontsize=9)
    axes.set_ylabel("balanced accuracy on the group", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    legend_below(made)
    made.savefig(file, dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])
