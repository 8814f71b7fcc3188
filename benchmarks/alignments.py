"""Which way of making features alike helps? Target accuracy of each, on several pairs of domains.

python benchmarks/alignments.py [moons,fonts] [runs/alignments] [seeds] [steps] [manual_dir]

Each task is one of configs/, trained with every `model.alignment` and, beside, on the source alone.
The weights (model.trade_off) are those of WEIGHTS, the same on all tasks: none was chosen by target
labels. Runs that are there are not trained again; the opinions are in manual_dir, or downloaded.
"""

import sys
from pathlib import Path

from ml_collections import ConfigDict

import reprlearn
from reprlearn import config as configs

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

TASKS = {
    "moons": "dann_moons",
    "moons-50": "dann_moons:50",
    "digits": "dann_digits",
    "fonts": "dann_digits:fonts-sans,fonts-serif",
    "fonts-mono": "dann_digits:fonts-sans,fonts-mono",
    "fonts-stix": "dann_digits:fonts-sans,fonts-stix",
    "mnist-uci": "dann_digits:mnist_5k,digits_28",
    "uci-mnist": "dann_digits:digits_28,mnist_5k",
    "rendered-mnist": "dann_digits:fonts-digits,mnist_5k",
    "opinions": "dann_opinions",
}
WEIGHTS = {"adversarial": 1.0, "conditional": 1.0, "mmd": 1.0, "coral": 100.0, "confusion": 1.0}
WAYS = {"source only": {"model.trained_on": "source"}} | {
    name: {"model.alignment": name, "model.trade_off": weight} for name, weight in WEIGHTS.items()
}


def main(
    tasks: str = "",
    folder: str = "runs/alignments",
    seeds: str = "3",
    steps: str = "0",
    manual_dir: str = "",
) -> None:
    """Trains what is not there, and prints a row for each way."""
    fields = {"steps": int(steps), "manual_dir": manual_dir or None}
    chosen = [task for task in TASKS if task in tasks.split(",") or not tasks]
    found = {
        (way, task): [_accuracy(folder, way, task, seed, **fields) for seed in range(int(seeds))]
        for task in chosen
        for way in WAYS
    }
    print("\n" + " " * 14 + "".join(f"{task:>22}" for task in chosen))
    for way in WAYS:
        print(f"{way:<14}" + "".join(f"{told(found[way, task]):>22}" for task in chosen))


def _accuracy(
    folder: str, way: str, task: str, seed: int, steps: int, manual_dir: str | None
) -> float:
    """On the target's test split; of opinions the mean of the classes'."""
    config = reprlearn.load_config(TASKS[task]).unlock()
    config.baselines, config.seed, config.watch = ConfigDict(), seed, ()
    config.report = config.figures = "off"
    config.scores = ("adaptation", "classification")
    config.training.steps = steps or config.training.steps
    config.data.manual_dir = manual_dir if task == "opinions" else None
    config = configs.changed(config, WAYS[way])
    place = Path(folder) / task / way.replace(" ", "_") / str(seed)
    summary = reprlearn.train(config, place).summary
    is_balanced = task == "opinions"
    return summary["classification/target_balanced_accuracy" if is_balanced else "target/accuracy"]


if __name__ == "__main__":
    main(*sys.argv[1:])
