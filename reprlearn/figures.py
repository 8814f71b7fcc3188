"""The figures of a run: one for each thing that its method can do."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.runs import Run
from reprlearn.training import keys

SHOWN, GRID, MAPPED = 64, 20, 5_000  # images in a grid, side of the manifold, points in a map


def draw(run: Run, arrays: Mapping[str, np.ndarray], names: Sequence[str]) -> list[Path]:
    """Draws every figure that the run can have, from a test set, into its figures/.

    Args:
      run: a trained run.
      arrays: "image" and, for a map coloured by class, "label".
      names: of the classes.

    Returns:
      the paths of the files.
    """
    folder = run.workdir / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for name, made in figures(run, arrays, names):
        paths.append(folder / f"{name}.png")
        made.savefig(paths[-1])
    return paths


def figures(
    run: Run, arrays: Mapping[str, np.ndarray], names: Sequence[str]
) -> Iterator[tuple[str, Figure]]:
    """The figures themselves, by name."""
    images = arrays["image"]
    what = f"{run.config.method}, {run.config.data.name}"
    yield "training_curves", plots.training_curves(run.history, f"Training curves ({what})")
    if run.method.reconstruct:
        shown = images[:SHOWN]
        made = plots.reconstructions(
            shown / 255.0, run.reconstruct(shown), f"Test images and their reconstructions ({what})"
        )
        yield "reconstructions", made
    if run.method.sample:
        key = keys.stream(keys.root(run.config.seed), "figures")
        yield "samples", plots.samples(run.sample(key, SHOWN), f"Samples from the prior ({what})")
    if run.method.encode and "label" in arrays and names:
        points, axes_names = _project(run.encode(images[:MAPPED]))
        title = f"Test images in latent space ({what})"
        labels = arrays["label"][:MAPPED]
        yield "latent_map", plots.latent_map(points, labels, names, title, axes_names)
    if run.method.sample and run.method.decode and run.config.model.latent_dim == 2:
        title = f"Decoded from Gaussian quantiles ({what})"
        yield "manifold", plots.manifold(*_gaussian_grid(run), title)


def _project(codes: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Codes `[N, D]` in the plane `[N, 2]`: as they are, or along their principal components."""
    if codes.shape[1] == 2:
        return codes, ("$z_1$", "$z_2$")
    if codes.shape[1] == 1:
        return np.pad(codes, ((0, 0), (0, 1))), ("$z_1$", "")
    centred = codes - codes.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(centred, rowvar=False))  # rising
    first, second = 100 * variances[:-3:-1] / variances.sum()
    return centred @ directions[:, :-3:-1], (
        f"first principal component of z ({first:.0f}% of variance)",
        f"second principal component of z ({second:.0f}%)",
    )


def _gaussian_grid(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Images decoded where the prior's quantiles cross, and the quantiles."""
    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / GRID) for i in range(GRID)])
    z = [(across, up) for up in quantiles[::-1] for across in quantiles]
    return run.decode(np.array(z)), quantiles
