"""Good features: all five families, PCA and pixels in one table, on mnist_5k.

python benchmarks/good_features.py [runs/good_features] [steps] [seeds]

"Similar examples are close, dissimilar ones farther away" (the lecture): each family's features are
asked by the same scores. Runs that are there are not trained again. The siamese and the
domain-adversarial network learn from labels, the others do not. The target domain of the latter is
mnist_5k in negative. A GAN's features are its discriminator's last hidden layer.
"""

import sys
from pathlib import Path

import numpy as np

import reprlearn
from reprlearn import compare

SCORES = ("knn", "linear_probe", "geometry", "clustering")
CODE = 32


def configs(folder: Path) -> dict:
    """A config for each family, of codes of one size where that can be chosen."""
    load = reprlearn.load_config
    gan = load("gan_grid:mnist_5k").unlock()
    gan.model.latent_dim, gan.model.penalty_weight = 64, 1.0
    gan.model.generator.widths, gan.model.discriminator.widths = (256, 512), (512, 256)
    gan.training.steps, gan.training.eval_every = 3_000, 1_000
    dann = load(f"dann:mnist_5k,{folder}/negative.npz")
    dann.training.steps = 1_000
    found = {
        "autoencoder": load("autoencoder"),
        "siamese": load("siamese:mnist_5k"),
        "vae": load("vae"),
        "gan": gan,
        "dann": dann,
    }
    for config in found.values():
        config.unlock()
        config.scores, config.baselines, config.data.classes = SCORES, {}, ()
        if config.method != "gan":
            config.model.latent_dim = CODE
    return found


def main(folder: str = "runs/good_features", steps: str = "0", seeds: str = "3") -> None:
    """Trains what is not there, and writes the comparison beside."""
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    train = reprlearn.load_data("mnist_5k", "train")
    np.savez(root / "negative.npz", x=255 - train["x"], y=train["y"])
    for name, config in configs(root).items():
        config.training.num_seeds = int(seeds)
        config.training.steps = int(steps) or config.training.steps
        print(f"{name} ...", file=sys.stderr)
        reprlearn.train(config, root / name)
    runs = [str(root / name) for name in configs(root)]
    for end in ("html", "csv"):
        compare.main(["compare", *runs, f"--out={root}/compare.{end}"])


if __name__ == "__main__":
    main(*sys.argv[1:])
