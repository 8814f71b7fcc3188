"""Weights of a VGG in a file of arrays, such as those of VGG-19."""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reprlearn import models
from reprlearn.errors import UsageError

Layers = dict[str, dict[str, np.ndarray]]


def read(path: str) -> tuple[Layers, tuple[int, ...], tuple[int, ...]]:
    """The layers in a .npz file, the widths of their blocks, and the convolutions of each.

    The file has "conv1_1/kernel" `[3, 3, C, F]`, rows, columns, channels in, channels out, and
    "conv1_1/bias" `[F]`; "conv1_2/...", "conv2_1/...", and so on, for images standardised as those
    of ImageNet are: torchvision's, each weight transposed by (2, 3, 1, 0). Of the exported weights
    of a run, "encoder/phi/conv1_1/kernel" and so on, it is those of its "phi".

    Raises:
      UsageError: it cannot be read, or a layer has another shape or name.
    """
    try:
        with Path(path).expanduser().open("rb") as opened, np.load(opened) as file:
            arrays = {name: np.asarray(file[name], np.float32) for name in file}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"model.phi is {path!r}; allowed: random, a .npz file: {error}") from error
    if any("/phi/" in name for name in arrays):
        arrays = {n.split("/phi/")[1]: array for n, array in arrays.items() if "/phi/" in n}
    layers: Layers = {}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise UsageError(f"model.phi is {path!r}, whose {name} is not finite; allowed: numbers")
        layer, _, kind = name.partition("/")
        layers.setdefault(layer, {})[kind] = array
    counts = _convolutions(layers)
    names = models.layer_names(counts)
    if others := sorted(set(layers) - set(names)) or ([] if names else ["none"]):
        raise UsageError(
            f"model.phi is {path!r}, with layers {', '.join(others)}; allowed: conv1_1, conv1_2, "
            "..., conv2_1, ..."
        )
    return layers, _widths(path, layers, names), counts


def _convolutions(layers: Mapping[str, object]) -> tuple[int, ...]:
    """How many there are in each block, by their names."""
    counts: list[int] = []
    while f"conv{len(counts) + 1}_1" in layers:
        block, count = len(counts) + 1, 1
        while f"conv{block}_{count + 1}" in layers:
            count += 1
        counts.append(count)
    return tuple(counts)


def _widths(path: str, layers: Layers, names: Sequence[str]) -> tuple[int, ...]:
    """The channels of each block; layers that do not follow each other are refused."""
    widths: list[int] = []
    channels = 3
    for name in names:
        shapes = {kind: array.shape for kind, array in layers[name].items()}
        width = (shapes.get("kernel") or (0,))[-1] if name.endswith("_1") else widths[-1]
        wanted = {"kernel": (3, 3, channels, width), "bias": (width,)}
        if shapes != wanted:
            raise UsageError(
                f"model.phi is {path!r}, whose layer {name} has {shapes}; allowed: {wanted}"
            )
        widths += [width] if name.endswith("_1") else []
        channels = width
    return tuple(widths)
