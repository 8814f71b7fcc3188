"""The lecture's pictures of morphing: the weights, content by layer, textures from style alone.

python benchmarks/morphing.py [runs/morphing] [side] [steps]

Writes sweep.jpg, layers.jpg and textures.jpg, and prints what is measured of each image. Images
that are there are not made again. Cost: 12 images at 192x192, a minute each on two CPU cores.
Result, seed 0:
  beta        style_ratio   content_ratio      content alone      squared error of a pixel
  0.2         19.5          .010               of conv1_2         .081
  2           267           .036               of conv2_2         .132
  20          707           .168               of conv3_2         .183
  200         1,710         .561               of conv4_2         .203
So the style grows as alpha / beta falls, and the content goes. From noise the image comes back from
the first layers alone: of the third block's edges little is seen in 300 steps, of the fourth's
nothing. Style alone gives the flower's colours and grain, without its shape.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import reprlearn
from reprlearn import plots

CONTENT = {"model.beta": 0.0, "model.start": "noise"}
STYLE = {"model.alpha": 0.0, "model.start": "noise"}
FIRST = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
BETAS, LAYERS = (0.2, 2.0, 20.0, 200.0), ("conv1_2", "conv2_2", "conv3_2", "conv4_2")

# Each image by its name, with what it changes of configs/morph.py.
PICTURES = {
    "sweep": {f"beta {beta:g}": {"model.beta": beta} for beta in BETAS},
    "layers": {layer: CONTENT | {"model.content_layer": layer} for layer in LAYERS},
    "textures": {
        f"up to {FIRST[last]}": STYLE | {"model.style_layers": FIRST[: last + 1]}
        for last in range(len(FIRST))
    },
}
TITLES = {
    "sweep": "More style from left to right: alpha 1, beta as it says",
    "layers": "The content of one layer, from noise: precision falls with depth",
    "textures": "Style alone, from noise: of more layers from left to right",
}


def main(folder: str = "runs/morphing", side: str = "192", steps: str = "300") -> None:
    """Makes every image, and the three figures of them."""
    for figure, images in PICTURES.items():
        panels = {}
        for name, fields in images.items():
            fields = {"data.image_size": 2 * (int(side),), "training.steps": int(steps)} | fields
            config = reprlearn.load_config("morph")
            for path, value in fields.items():
                group, leaf = path.split(".")
                config[group][leaf] = value
            run = reprlearn.train(config, Path(folder) / figure / name.replace(" ", "_"))
            x = run.load("test")["x"] / 255.0
            error = np.square(run.image() - x).mean()
            found = run.summary["morph/style_ratio"], run.summary["morph/content_ratio"], error
            told = "style_ratio {:.3g}, content_ratio {:.3g}, squared error of a pixel {:.4f}"
            print(f"{figure}, {name}: {told.format(*found)}")
            panels |= {} if panels else _given(figure, run)
            panels[name] = run.image()[0]
        _save(plots.pictures(panels, TITLES[figure]), Path(folder) / f"{figure}.jpg")


def _given(figure: str, run: reprlearn.Run) -> dict[str, np.ndarray]:
    """The image that the others of a figure are to be compared with."""
    name, role = ("style", "style") if figure == "textures" else ("content", "x")
    return {name: run.load("test")[role][0] / 255.0}


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, pil_kwargs={"quality": 80})
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
