"""What it costs to choose without labels: the regret of each rule, in points of target accuracy.

python benchmarks/selection.py [moons,fonts] [runs/selection] [seeds] [manual_dir]

Each task of benchmarks/alignments.py is trained in all its ways, and ten checkpoints of each
training are judged by the score `selection`, which sees no label of the target. A rule chooses the
one that its criterion says is best, of equal ones any; its regret is what the best one has above it
in accuracy on the target's test split, the mean over the classes. Three questions: which of the ten
checkpoints of a training ("when"), which of the ways at its last step ("how"), which of all of them
("both"). The best is the best of many on these test examples, so that a perfect rule would have a
little regret too. The settings of moons and of digits were chosen by target labels, for the
adversary: there "the default" is no rule that could be had without. "no confusion" is the rule of
"information" without the way that is trained to raise it.
Trainings that are there are not trained again; the opinions are in manual_dir, or downloaded.
"""

import itertools
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

import reprlearn
from reprlearn import config as configs
from reprlearn.files import write_json
from reprlearn.scores import selection

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks import alignments, opinions
from benchmarks.seeds import told

TASKS = {task: config for task, config in alignments.TASKS.items() if task != "opinions"} | {
    f"{source}-{target}": f"dann_opinions:opinions-{source},opinions-{target}"
    for source, target in itertools.permutations(opinions.DOMAINS, 2)
}
CHECKPOINTS = 10

# By (way, place of the checkpoint): the criteria, and "target", the accuracy there.
Candidates = Mapping[tuple[str, int], Mapping[str, float]]


def main(
    tasks: str = "", folder: str = "runs/selection", seeds: str = "3", manual_dir: str = ""
) -> None:
    """Trains what is not there; prints accuracies by task and way, and regrets by rule."""
    named = tasks.split(",") if tasks else list(TASKS)
    if unknown := [task for task in named if task not in TASKS]:
        raise SystemExit(f"tasks has {', '.join(unknown)}; allowed: {', '.join(TASKS)}")
    regrets = {}  # of a rule, a question and a task: the mean over the seeds
    print("accuracy on the target at the last step, the mean over the classes; mean and range")
    print(" " * 18 + "".join(f"{way:>22}" for way in alignments.WAYS))
    for task in named:
        of_seeds = [
            _candidates(Path(folder) / task, task, seed, manual_dir or None)
            for seed in range(int(seeds))
        ]
        ends = (
            told([found[way, CHECKPOINTS - 1]["target"] for found in of_seeds])
            for way in alignments.WAYS
        )
        print(f"{task:<18}" + "".join(f"{end:>22}" for end in ends), flush=True)
        for (rule, accuracy), (asked, among) in itertools.product(RULES.items(), ASKED.items()):
            of_task = [_regret(accuracy, list(among(found))) for found in of_seeds]
            regrets[rule, asked, task] = 100 * float(np.mean(of_task))
    print(f"\nmean regret in points; {seeds} seeds of each task")
    groups: dict[str, list[str]] = {}
    for task in named:
        groups.setdefault(_group(task), []).append(task)
    for asked in ASKED:
        heads = [f"{group} ({len(of)})" for group, of in groups.items()]
        print(f"\n{asked:<18}" + "".join(f"{head:>15}" for head in heads))
        for rule in RULES:
            means = [np.mean([regrets[rule, asked, task] for task in of]) for of in groups.values()]
            print(f"{rule:<18}" + "".join(f"{mean:>15.1f}" for mean in means))
    for asked in ASKED:
        print(f"\nby task: {asked}\n" + " " * 18 + "".join(f"  {rule:>16}" for rule in RULES))
        for task in named:
            cells = [f"  {regrets[rule, asked, task]:>16.1f}" for rule in RULES]
            print(f"{task:<18}" + "".join(cells))


def _group(task: str) -> str:
    """What kind of data a task is of: the opinions' pairs share their domains."""
    kinds = {"dann_moons": "moons", "dann_digits": "images", "dann_opinions": "opinions"}
    return kinds[TASKS[task].partition(":")[0]]


def _candidates(place: Path, task: str, seed: int, manual_dir: str | None) -> Candidates:
    """Every checkpoint of every way of a task."""
    found = {}
    for way, changes in alignments.WAYS.items():
        of_way = _judged(place / way.replace(" ", "_") / str(seed), task, changes, seed, manual_dir)
        found |= {(way, checkpoint): values for checkpoint, values in enumerate(of_way)}
    return found


def _judged(
    place: Path, task: str, changes: Mapping[str, object], seed: int, manual_dir: str | None
) -> list[dict[str, float]]:
    """The criteria and the accuracy of each checkpoint of a training; its checkpoints then go."""
    file = place / "selection.json"
    if not file.is_file():
        config = reprlearn.load_config(TASKS[task]).unlock()
        config.baselines, config.report, config.figures = ConfigDict(), "off", "off"
        config.seed, config.scores, config.watch = seed, (), ("selection",)
        every = config.training.steps // CHECKPOINTS
        config.training.eval_every = config.training.checkpoint_every = every
        config.training.keep_checkpoints = CHECKPOINTS
        config.data.manual_dir = manual_dir if "opinions" in TASKS[task] else None
        run = reprlearn.train(configs.changed(config, changes), place)
        test = run.load("test")
        write_json(file, {"checkpoints": [_values(run, step, test) for step in run.saved_steps]})
        shutil.rmtree(place / "checkpoints")
    return json.loads(file.read_text())["checkpoints"]


def _values(run: reprlearn.Run, step: int, test: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The criteria at a step, as they were watched, and the accuracy on the target."""
    (line,) = (a for a in run.history if a["step"] == step and a["split"] == "validation")
    criteria = {name: line[f"selection/{name}"] for name in selection.CRITERIA}
    right = run.at(step).predict(test["target/x"]).argmax(axis=1) == test["target/y"]
    of_classes = [right[test["target/y"] == label].mean() for label in np.unique(test["target/y"])]
    return criteria | {"target": float(np.mean(of_classes))}


def _of_each_training(found: Candidates) -> Iterator[Candidates]:
    for way in alignments.WAYS:
        yield {key: values for key, values in found.items() if key[0] == way}


def _at_the_end(found: Candidates) -> Iterator[Candidates]:
    yield {key: values for key, values in found.items() if key[1] == CHECKPOINTS - 1}


ASKED = {"when": _of_each_training, "how": _at_the_end, "both": lambda found: iter([found])}


def _regret(accuracy: Callable[[Candidates], float], among: list[Candidates]) -> float:
    """What the best has above the one that a rule chooses, the mean over some choices."""
    best = [max(values["target"] for values in some.values()) for some in among]
    return float(np.mean([a - accuracy(some) for a, some in zip(best, among, strict=True)]))


def _by(name: str) -> Callable[[Candidates], float]:
    """The accuracy of what a criterion says is best; of equally good ones the mean."""
    sign = 1 if selection.CRITERIA[name].better == "higher" else -1

    def accuracy(some: Candidates) -> float:
        best = max(sign * values[name] for values in some.values())
        tied = [values["target"] for values in some.values() if sign * values[name] == best]
        return float(np.mean(tied))

    return accuracy


def _by_default(some: Candidates) -> float:
    """The adversary, to the end."""
    return some[max(some, key=lambda key: (key[0] == "adversarial", key[1]))]["target"]


def _at_random(some: Candidates) -> float:
    return float(np.mean([values["target"] for values in some.values()]))


def _not_trained_on_it(some: Candidates) -> float:
    """By information, where "confusion" does not stand for choice: it is trained to raise it."""
    others = {key: values for key, values in some.items() if key[0] != "confusion"}
    return _by("information")(others or some)


RULES = {name: _by(name) for name in selection.CRITERIA}
RULES |= {"no confusion": _not_trained_on_it, "the default": _by_default, "at random": _at_random}


if __name__ == "__main__":
    main(*sys.argv[1:])
