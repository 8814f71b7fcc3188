"""Denoising: corrupted test examples, what comes back, and what the best linear map makes of them.

The corruption is the one that the run learned to undo. Quality is the peak signal-to-noise ratio
to the clean example, 10 log10(1 / squared error) in decibels, of values from 0 to 1. PCA stands for
the linear map through as many numbers as the code has, fitted to pairs of a corrupted and a clean
training example, its penalty chosen on the validation split: reduced-rank regression. What it
makes of an image is cut to [0, 1], too.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure
from ml_collections import ConfigDict

from reprlearn import evaluation, plots
from reprlearn.columns import unit_floats
from reprlearn.kept import Measured, Metric
from reprlearn.scores.base import UNCHOSEN, check_held_out
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode", "reconstruct", "corrupt"), columns=("x",), kind="image")
QUESTION = "is the clean image restored? PSNR, beside PCA fitted to corrupted and clean pairs"
METRICS = {
    "psnr_in": Metric("decibels of the corrupted input"),
    "psnr_out": Metric("decibels of what the run restores", "higher"),
    "psnr_pca": Metric("decibels of the best linear map of equal size"),
}
CAPTIONS = {
    "denoise": (
        "Test images, the same corrupted, what the run restores, and what the best linear map "
        "through as many numbers makes of them."
    ),
}
SHOWN = 10  # images
PEAK = 1e-10  # the squared error of what is restored exactly: 100 decibels


def check(config: ConfigDict, load: object, split: str) -> None:
    """Refuses the training split, which the linear map is fitted to."""
    check_held_out(split)


def measure(subject: Subject) -> Measured:
    """The decibels of each test example."""
    run, clean, noisy = subject.run, {}, {}
    for split in ("train", "validation", subject.split):
        x = subject.examples(split)
        clean[split], noisy[split] = x, run.corrupt(x, subject.key(f"scores/denoise/{split}"))
    linear = _linear(subject, clean, noisy)
    x, corrupted = unit_floats(clean[subject.split]), noisy[subject.split]
    restored = {
        "in": corrupted,
        "out": run.reconstruct(corrupted),
        "pca": _restored(linear, subject.flat(corrupted)).reshape(x.shape),
    }
    values = {f"denoise/psnr_{name}": _decibels(x, found) for name, found in restored.items()}
    return Measured(values, {name: f[:SHOWN] for name, f in ({"clean": x} | restored).items()})


def _linear(subject: Subject, clean: dict, noisy: dict) -> evaluation.Bottleneck:
    """The linear map that restores validation examples best."""
    width = len(subject.components.components)
    rows = {split: (subject.flat(noisy[split]), subject.flat(clean[split])) for split in clean}
    if subject.split == "validation":  # nothing is left to choose it on
        return evaluation.bottlenecks(*rows["train"], width, [UNCHOSEN])[0]
    maps = evaluation.bottlenecks(*rows["train"], width)
    corrupted, wanted = rows["validation"]
    return min(maps, key=lambda found: np.square(_restored(found, corrupted) - wanted).mean())


def _restored(linear: evaluation.Bottleneck, corrupted: np.ndarray) -> np.ndarray:
    """What a linear map makes of corrupted rows, in [0, 1] as images are."""
    return np.clip(linear(corrupted), 0.0, 1.0).astype(np.float32)


def _decibels(x: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Of each example, `[N]`."""
    error = np.square(found.astype(np.float64) - x).reshape(len(x), -1).mean(axis=1)
    return -10.0 * np.log10(np.maximum(error, PEAK))


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """A row of images for each of the four."""
    called = {"clean": "clean", "in": "corrupted", "out": "restored", "pca": "PCA"}
    rows = [(shown, measured.arrays[name]) for name, shown in called.items()]
    yield "denoise", plots.examples({"": rows}, f"Denoising test images ({what})")
