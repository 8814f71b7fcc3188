"""Do more classes help? Characters that were never seen, by how many were learned from.

python benchmarks/more_classes.py [runs/more_classes] [steps] [seeds]

configs/siamese_glyphs.py, trained on 25 to all 796 characters of the training split, each of a run
chosen once; the recall at 1 and the AUC of the 379 characters of the test, of which none is in
training; and the share that is told in Serif by one image of each in Sans. Runs that are there are
not trained again. The figure is FOLDER/more_classes.png.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import reprlearn
from reprlearn import data
from reprlearn.data.sets.glyphs import FACES
from reprlearn.plots._style import COLOURS, figure

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

COUNTS = (25, 50, 100, 200, 400, 796)
EACH, MOST = 4, 64  # images of a character in a batch, and characters
METRICS = {"retrieval/recall_at_1": "recall at 1", "verification/auc": "AUC"}
ONE_SHOT = "Sans to Serif"


def main(folder: str = "runs/more_classes", steps: str = "0", seeds: str = "3") -> None:
    """Trains what is not there, and prints a row for each number of characters."""
    splits = {split: data.load("glyphs", split) for split in data.SPLITS}
    order = np.random.default_rng(0).permutation(np.unique(splits["train"]["y"]))
    found, pca, one_shots = {metric: [] for metric in METRICS}, {}, []
    for count in COUNTS:
        chosen = np.isin(splits["train"]["y"], order[:count])
        train = {role: array[chosen] for role, array in splits["train"].items()}
        config = reprlearn.load_config("siamese_glyphs")
        config.data.batch_size = EACH * min(MOST, count)
        config.training.num_seeds = int(seeds)
        config.training.steps = int(steps) or config.training.steps
        config.scores = ("verification", "retrieval")
        run = reprlearn.train(config, Path(folder) / str(count), data=splits | {"train": train})
        for metric, values in found.items():
            values.append(run.summary.get(f"{metric}/seeds", [run.summary[metric]]))
            of_pca = metric.replace("/", "/pca_")
            pca[metric] = run.summary[of_pca]
        one_shots.append([one_shot(one.encode, splits["test"]["x"]) for one in run.seeds])
    titles = [*METRICS.values(), ONE_SHOT]
    print("\ncharacters" + "".join(f"{title:>24}" for title in titles))
    for place, count in enumerate(COUNTS):
        cells = (told(np.array(values[place])) for values in [*found.values(), one_shots])
        print(f"{count:>10}" + "".join(f"{cell:>24}" for cell in cells))
    print(f"{'PCA':>10}" + "".join(f"{value:>24.3f}" for value in pca.values()))
    _draw({m: np.array(values) for m, values in found.items()}, pca, Path(folder))


def one_shot(encode: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> float:
    """How many characters in Serif are nearest to their own image in Sans."""
    z = encode(x).reshape(len(x) // len(FACES), len(FACES), -1)
    known, asked = (z[:, FACES.index(f"DejaVu{face}")] for face in ("Sans", "Serif"))
    return float(((asked @ known.T).argmax(axis=1) == np.arange(len(z))).mean())


def _draw(found: dict[str, np.ndarray], pca: dict[str, float], folder: Path) -> None:
    """Each metric over the number of characters, beside that of PCA."""
    made = figure(8.0, 3.4, "379 characters never seen, by how many were learned from")
    for place, (metric, title) in enumerate(METRICS.items()):
        axes, values = made.add_subplot(1, 2, place + 1), found[metric]
        axes.plot(
            COUNTS, values.mean(axis=1), "o-", color=COLOURS[0], label="learned", markersize=4
        )
        axes.fill_between(COUNTS, values.min(1), values.max(1), color=COLOURS[0], alpha=0.2)
        axes.axhline(pca[metric], color=COLOURS[1], linestyle="--", label="PCA of all characters")
        axes.set(xscale="log", xticks=COUNTS, xticklabels=COUNTS)
        axes.minorticks_off()
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("characters learned from", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.legend(loc="lower right", fontsize=8)
    made.savefig(folder / "more_classes.png", dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])
