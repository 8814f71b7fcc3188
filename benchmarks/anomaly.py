"""Anomaly detection on Fashion-MNIST: each class left out once, by three seeds.

python benchmarks/anomaly.py [runs/anomaly] [steps] [seeds]

An auto-encoder learns from nine classes, and the score "anomaly" asks whether test images of the
tenth have the larger error of reconstruction. Beside it PCA of equal size and an isolation forest.
Runs that are there are not trained again.
"""

import sys
from pathlib import Path

import numpy as np

import reprlearn

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

SPACES = {"auto-encoder": "", "PCA": "pca_", "isolation forest": "forest_"}
METRICS = ("auc", "average_precision")


def main(folder: str = "runs/anomaly", steps: str = "0", seeds: str = "3") -> None:
    """Trains what is not there, and prints a row for each class and their mean."""
    found = {}
    names = ()
    for left_out in range(10):
        config = reprlearn.load_config("anomaly_autoencoder")
        config.data.classes = tuple(label for label in range(10) if label != left_out)
        config.training.num_seeds = int(seeds)
        config.training.steps = int(steps) or config.training.steps
        run = reprlearn.train(config, Path(folder) / str(left_out))
        names = run.class_names
        for metric in METRICS:
            for space, prefix in SPACES.items():
                name = f"anomaly/{prefix}{metric}"
                each = run.summary.get(f"{name}/seeds", [run.summary[name]])
                found.setdefault((metric, space), []).append(each)
    for metric in METRICS:
        print(f"\n{metric:<20}" + "".join(f"{space:>26}" for space in SPACES))
        columns = [np.array(found[metric, space]) for space in SPACES]  # [10, seeds]
        for place, name in enumerate(names):
            print(f"{name:<20}" + "".join(f"{told(column[place]):>26}" for column in columns))
        print(f"{'mean':<20}" + "".join(f"{told(column.mean(axis=0)):>26}" for column in columns))


if __name__ == "__main__":
    main(*sys.argv[1:])
