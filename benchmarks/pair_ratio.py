"""How many dissimilar pairs for each similar one? The contrastive loss on Fashion-MNIST.

python benchmarks/pair_ratio.py [runs/pair_ratio] [steps] [seeds]

configs/siamese.py, trained on the classes 0 to 6 with one to twenty dissimilar pairs for a similar
one; the AUC and the recall at 1 of seen and of unseen classes. Runs that are there are not trained
again. The figure is FOLDER/pair_ratio.png.
"""

import sys
from pathlib import Path

import numpy as np

import reprlearn
from reprlearn.plots._style import COLOURS, figure, legend_below

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

RATIOS = (1.0, 2.0, 5.0, 10.0, 20.0)
METRICS = {
    "verification/auc": "AUC",
    "retrieval/recall_at_1": "recall at 1",
}
GROUPS = {"": "seen classes", "unseen_": "unseen classes"}


def main(folder: str = "runs/pair_ratio", steps: str = "0", seeds: str = "3") -> None:
    """Trains what is not there, and prints a row for each ratio."""
    found = {}
    for ratio in RATIOS:
        config = reprlearn.load_config("siamese")
        config.data.dissimilar_ratio = ratio
        config.training.num_seeds = int(seeds)
        config.training.steps = int(steps) or config.training.steps
        run = reprlearn.train(config, Path(folder) / f"{ratio:g}")
        for metric in METRICS:
            for prefix in GROUPS:
                name = metric.replace("/", f"/{prefix}")
                each = run.summary.get(f"{name}/seeds", [run.summary[name]])
                found.setdefault((metric, prefix), []).append(each)
    print(
        "\nratio"
        + "".join(f"{g + ': ' + m:>32}" for m in METRICS.values() for g in GROUPS.values())
    )
    columns = {name: np.array(values) for name, values in found.items()}  # [ratios, seeds]
    for place, ratio in enumerate(RATIOS):
        cells = (told(columns[metric, prefix][place]) for metric in METRICS for prefix in GROUPS)
        print(f"{ratio:>5g}" + "".join(f"{cell:>32}" for cell in cells))
    _draw(columns, Path(folder) / "pair_ratio.png")


def _draw(columns: dict[tuple[str, str], np.ndarray], file: Path) -> None:
    """Each metric over the ratio: the mean of the seeds, and their range as a band."""
    made = figure(8.0, 3.6, "Dissimilar pairs for each similar pair (Fashion-MNIST)")
    for place, (metric, title) in enumerate(METRICS.items()):
        axes = made.add_subplot(1, 2, place + 1)
        axes.axvspan(2, 10, color="#dddddd", alpha=0.5, linewidth=0, label="the lecture's range")
        for colour, (prefix, name) in zip(COLOURS, GROUPS.items(), strict=False):
            values = columns[metric, prefix]
            axes.plot(RATIOS, values.mean(axis=1), "o-", color=colour, label=name, markersize=4)
            axes.fill_between(
                RATIOS, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.2
            )
        axes.set(xscale="log", xticks=RATIOS, xticklabels=[f"{ratio:g}" for ratio in RATIOS])
        axes.minorticks_off()
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("ratio", fontsize=9)
        axes.tick_params(labelsize=8)
    legend_below(made)
    made.savefig(file, dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])
