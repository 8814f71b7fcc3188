"""The figures of a run: one for each thing that its method can do, and for each of its scores."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import NormalDist

import jax
import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, keys, plots, rundir
from reprlearn.columns import UNLABELLED, domain, to_model, unit_floats
from reprlearn.plots import AdaptationRow
from reprlearn.runs import Run
from reprlearn.scores import Score, Verified
from reprlearn.training import parallel

Arrays = Mapping[str, np.ndarray]
Named = Iterator[tuple[str, Callable[[], Figure | None]]]

SHOWN, GRID, MAPPED = 64, 20, 5_000  # images in a grid, side of the manifold, points in a map
DRAWN, FIELD = 1_000, 120  # samples in a scatter, side of a field


def draw(run: Run, arrays: Arrays, measured: Mapping[str, Score]) -> list[Path]:
    """Draws every figure that the run can have, from a test set, into its figures/.

    One that cannot be drawn is named in a warning, and costs no other.

    Args:
      run: a trained run.
      arrays: the test split, with all classes.
      measured: the run's scores.

    Returns:
      the paths of the files.
    """
    folder, paths = run.workdir / "figures", []
    for name, make in figures(run, arrays, measured):
        try:
            made = make()
            if made is None:
                continue
            if parallel.is_first_process():
                folder.mkdir(exist_ok=True)
                made.savefig(folder / f"{name}.png")
            paths.append(folder / f"{name}.png")
        except Exception as error:  # the run is trained, and its summary written
            told = f"{type(error).__name__}: {error}".split("\n")[0]
            print(f"warning: the figure {name!r} could not be drawn: {told}", file=sys.stderr)
    return paths


def figures(run: Run, arrays: Arrays, measured: Mapping[str, Score]) -> Named:
    """The figures by name, each to be made by a call; None where there is nothing to show."""
    what = f"{run.config.method}, {run.config.data.name}"
    seeds = len(run.seeds)
    title = f"Training curves ({what}{f', mean of {seeds} seeds' if seeds > 1 else ''})"
    yield "training_curves", lambda: plots.training_curves(run.history, title)
    what += f", the first of {seeds} seeds" if seeds > 1 else ""
    if domain(arrays, "source"):
        if "adaptation" in measured and run.column.shape == (2,) and len(run.class_names) == 2:
            yield "adaptation", lambda: _of_domains(run, arrays, what)
        return
    x = arrays["x"]
    if run.column.kind == "image":
        yield from _of_images(run, x[:SHOWN], what)
    else:
        if run.method.reconstruct:
            yield "reconstructions", lambda: _of_vectors(run, x, what)
        if run.method.sample and run.column.shape == (2,):
            yield from _of_points(run, x[:DRAWN], what)
    if run.method.encode and "y" in arrays and run.class_names:
        known = arrays["y"] != UNLABELLED
        yield "latent_map", lambda: _map(run, x[known], arrays["y"][known], what)
    if "verification" in measured:
        yield from _of_pairs(measured["verification"], what)


def _of_images(run: Run, images: np.ndarray, what: str) -> Named:
    """Reconstructions, samples, and what lies at the prior's quantiles."""
    channels = run.column.shape[-1]
    what += "" if channels in plots.CHANNELS else f", mean of {channels} channels"
    can = run.method
    if can.reconstruct:
        title = f"Test images and their reconstructions ({what})"
        yield (
            "reconstructions",
            lambda: plots.reconstructions(unit_floats(images), run.reconstruct(images), title),
        )
    if can.sample and can.decode:
        means = f"Means of p(x|z), z from the prior ({what})"
        yield "samples", lambda: plots.samples(_means(run, SHOWN), means)
    elif can.sample:
        drawn = f"Samples ({what})"
        yield "samples", lambda: plots.samples(run.sample(_key(run), SHOWN), drawn)
    if can.sample and can.decode and run.config.model.latent_dim == 2:
        decoded = f"Decoded from Gaussian quantiles ({what})"
        yield "manifold", lambda: plots.manifold(*_gaussian_grid(run), decoded)


def _of_vectors(run: Run, x: np.ndarray, what: str) -> Figure:
    """How well each field is reconstructed, in what a model sees of it, and a few rows of all."""
    column = run.column
    seen = [to_model(column, values) for values in (x, run.reconstruct(x))]
    names = column.names or [f"{i + 1}" for i in range(column.shape[0])]
    title = f"Test rows and their reconstructions ({what})"
    return plots.vector_reconstructions(*seen, names, title)


def _of_points(run: Run, real: np.ndarray, what: str) -> Named:
    """Samples in the plane at every checkpoint that is kept, and the discriminator's field."""
    yield "samples_over_training", lambda: _over_training(run, real, what)
    if run.method.discriminate:
        yield "discriminator_field", lambda: _field(run, real, what)


def _over_training(run: Run, real: np.ndarray, what: str) -> Figure:
    over_time = {f"step {step:,}": run.at(step) for step in run.saved_steps}
    panels = {name: then.sample(_key(run), DRAWN) for name, then in over_time.items()}
    return plots.point_samples(panels, real, f"Samples over training ({what})")


def _field(run: Run, real: np.ndarray, what: str) -> Figure:
    xs, ys, plane = _plane(real)
    values = run.discriminate(plane).reshape(len(ys), len(xs))
    fake = run.sample(_key(run), DRAWN)
    title = f"The discriminator's field ({what})"
    return plots.field(values, xs, ys, real, fake, title, "logit D(x)")


def _map(run: Run, x: np.ndarray, labels: np.ndarray, what: str) -> Figure | None:
    """Where the first examples lie, but of one alone, or of a run that has run away."""
    codes = run.encode(x[:MAPPED])
    if len(codes) < 2 or not np.abs(codes).max() < 1e15:
        return None
    points, names = _project(codes)
    title = f"Test examples in latent space ({what})"
    return plots.latent_map(points, labels[:MAPPED], _class_names(run), title, names)


def _of_pairs(score: Score, what: str) -> Named:
    """The distances of similar and dissimilar pairs, and the ROC of every space."""
    parts: Mapping[str, Verified] = score.details
    called = {"": "seen classes", "unseen_": "unseen classes"}
    distances = {called[p]: (part.distances["learned"], part.similar) for p, part in parts.items()}
    threshold = score.values["verification/threshold"]
    title = f"Distances of test pairs ({what})"
    yield "distances", lambda: plots.distance_histograms(distances, title, threshold)
    yield "roc", lambda: _roc(parts, f"Verification of test pairs ({what})")


def _roc(parts: Mapping[str, Verified], title: str) -> Figure:
    curves = {}
    for prefix, part in parts.items():
        for space, values in part.distances.items():
            curve = evaluation.roc(values, part.similar)
            name = f"{prefix.replace('_', ' ')}{space}"
            rates = curve.false_accept_rate, curve.true_accept_rate
            curves[name] = (*rates, evaluation.auc(values, part.similar))
    return plots.roc_curves(curves, title)


def _of_domains(run: Run, arrays: Arrays, what: str) -> Figure:
    """What the baselines and the run learned of two domains in the plane, a row each."""
    rows = [_adaptation_row(beside, name, arrays) for name, beside in _baselines(run)]
    rows.append(_adaptation_row(run, run.config.method, arrays))
    return plots.adaptation_panels(rows, f"Source and target ({what})", run.class_names)


def _baselines(run: Run) -> Iterator[tuple[str, Run]]:
    """The baselines that ended: one that diverged has no summary."""
    for name in run.config.baselines:
        if rundir.read_summary(rundir.baseline(run.workdir, name)):
            yield name, run.baseline(name)


def _adaptation_row(run: Run, name: str, arrays: Arrays) -> AdaptationRow:
    shown = {field: array[:DRAWN] for field, array in arrays.items()}
    source, target = shown["source/x"], shown["target/x"]
    xs, ys, plane = _plane(np.concatenate([source, target]))
    logits = run.predict(plane).reshape(len(ys), len(xs), -1)
    return AdaptationRow(
        name=name.replace("_", " "),
        source_points=source,
        source_labels=shown["source/y"],
        target_points=target,
        target_labels=shown["target/y"],
        grid_xs=xs,
        grid_ys=ys,
        grid_logits=logits[..., 1] - logits[..., 0],
        source_features=run.encode(source),
        target_features=run.encode(target),
        unit_grid=run.encode(plane).reshape(len(ys), len(xs), -1),
    )


def _plane(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid around points `[N, 2]`: its xs `[X]`, its ys `[Y]`, and all of it, `[Y * X, 2]`."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.15 * (high - low)
    xs, ys = np.linspace(low - margin, high + margin, FIELD, dtype=np.float32).T
    return xs, ys, np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def _key(run: Run):
    return keys.stream(keys.root(run.config.seed), "figures")


def _class_names(run: Run) -> list[str]:
    """The names of all classes; those that the run was not trained on say so."""
    seen, names = run.config.data.classes, run.class_names
    return [
        name if not seen or label in seen else f"{name} (unseen)"
        for label, name in enumerate(names)
    ]


def _project(codes: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Codes `[N, D]` in the plane `[N, 2]`: as they are, or along their principal components."""
    if codes.shape[1] == 2:
        return codes, ("$z_1$", "$z_2$")
    if codes.shape[1] == 1:
        return np.pad(codes, ((0, 0), (0, 1))), ("$z_1$", "")
    codes = codes.astype(np.float64)
    found = evaluation.principal_components(codes, 2)
    spread = np.square(codes - found.mean).sum()
    shares = 100 * found.singular_values**2 / (spread or 1.0)  # all in one point: of nothing
    return found(codes), (
        f"first principal component of z ({shares[0]:.0f}% of variance)",
        f"second principal component of z ({shares[1]:.0f}%)",
    )


def _means(run: Run, count: int) -> np.ndarray:
    """Images decoded from codes of the prior N(0, I)."""
    return run.decode(jax.random.normal(_key(run), (count, run.config.model.latent_dim)))


def _gaussian_grid(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Images decoded where the prior's quantiles cross, and the quantiles."""
    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / GRID) for i in range(GRID)])
    z = [(across, up) for up in quantiles[::-1] for across in quantiles]
    return run.decode(np.array(z)), quantiles
