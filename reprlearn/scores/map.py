"""Maps in the plane: a code of two numbers, or beside one of more numbers what others make of it.

Where the code has two numbers, the other maps are of the examples; else they are of the code. All
maps are judged alike: test examples among the same 5,000 training examples, which t-SNE and UMAP
are fitted to before they place the test examples. t-SNE has three perplexities, since one map
misleads; UMAP is there where its package is installed.
"""

import importlib.util
import math
import warnings
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.kept import Measured, Metric
from reprlearn.scores.base import check
from reprlearn.subject import Group, Needs, Subject

__all__ = ["CAPTIONS", "METRICS", "NEEDS", "QUESTION", "check", "draw", "measure"]

NEEDS = Needs(can=("encode",), columns=("y",))
QUESTION = "what does a map in the plane keep? neighbours, by the code, PCA, t-SNE and UMAP"
PERPLEXITIES = (10, 30, 100)
CALLED = {
    "code": "code",
    "pca": "PCA",
    **{f"tsne_{p}": f"t-SNE, perplexity {p}" for p in PERPLEXITIES},
    "umap": "UMAP",
}
METRICS = {
    **{f"knn_{m}": Metric(f"accuracy of 5 neighbours: {c}", "higher") for m, c in CALLED.items()},
    **{
        f"trustworthiness_{m}": Metric(f"neighbours are neighbours in the data: {c}", "higher")
        for m, c in CALLED.items()
    },
}
CAPTIONS = {
    "map": (
        "Test examples in the plane, coloured by class, on each map. Neither distances between "
        "clusters nor their sizes mean much on t-SNE and UMAP; what all of its perplexities show "
        "can be trusted more than what one of them does."
    ),
}
LANDMARKS, TESTED, COMPARED, NEIGHBOURS = 5_000, 5_000, 2_000, 5
WIDE = 50  # principal components that t-SNE and UMAP start from, as is usual

Pair = tuple[np.ndarray, np.ndarray]  # of training and of test examples


def measure(subject: Subject) -> Measured:
    """Of each map the neighbours' vote for each test example, and trustworthiness."""
    train, test = (subject.groups(split)[""] for split in ("train", subject.split))
    y, wanted = train.y[:LANDMARKS], test.y[:TESTED]
    maps, values = _maps(subject, train, test), {}
    seen = subject.flat(test.x[:TESTED][:COMPARED])
    for name, (landmarks, points) in maps.items():
        places, _ = evaluation.nearest(points, landmarks, k=min(NEIGHBOURS, len(landmarks)))
        voted = evaluation.vote(y[places], places.shape[1])
        values[f"map/knn_{name}"] = voted == wanted
        if len(points) > 2 * 12:
            quality = evaluation.map_quality(seen, points[:COMPARED])
            values[f"map/trustworthiness_{name}"] = quality["trustworthiness"]
    points = {f"points_{name}": found for name, (_, found) in maps.items()}
    names = np.array(subject.run.class_names)
    return Measured(values, points | {"labels": wanted, "names": names})


def _maps(subject: Subject, train: Group, test: Group) -> Mapping[str, Pair]:
    """Each map of training and test examples: of these themselves, or of codes of more numbers."""
    examples = train.x[:LANDMARKS], test.x[:TESTED]
    codes = tuple(map(subject.spaces["learned"], examples))
    maps, rows = {}, codes
    if codes[0].shape[1] <= 2:
        maps["code"] = tuple(np.pad(c, ((0, 0), (0, 2 - c.shape[1]))) for c in codes)
        rows = tuple(map(subject.flat, examples))
    pca = evaluation.principal_components(rows[0], min(WIDE, *rows[0].shape))
    along = pca(rows[0]), pca(rows[1])
    maps["pca"] = along[0][:, :2], along[1][:, :2]
    seed = subject.run.config.seed
    for perplexity in PERPLEXITIES:
        if 3 * perplexity < len(rows[0]):
            maps[f"tsne_{perplexity}"] = _tsne(*along, perplexity, seed)
    if importlib.util.find_spec("umap") and len(rows[0]) > WIDE:
        maps["umap"] = _umap(*along, seed)
    return maps


def _tsne(train: np.ndarray, test: np.ndarray, perplexity: int, seed: int) -> Pair:
    """t-distributed stochastic neighbour embedding (van der Maaten & Hinton 2008)."""
    from openTSNE import TSNE  # takes a second to load

    fitted = TSNE(perplexity=perplexity, random_state=seed, n_jobs=1).fit(train)
    return np.asarray(fitted), np.asarray(fitted.transform(test))


def _umap(train: np.ndarray, test: np.ndarray, seed: int) -> Pair:
    """Uniform manifold approximation and projection (McInnes et al. 2018)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that a seed makes it run on one core
        from umap import UMAP

        fitted = UMAP(random_state=seed).fit(train)
        return fitted.embedding_, fitted.transform(test)


def draw(measured: Measured, what: str) -> Iterator[tuple[str, Figure]]:
    """The maps side by side."""
    arrays, panels = measured.arrays, {}
    for name, called in CALLED.items():
        if f"points_{name}" in arrays:
            accuracy = measured.values[f"map/knn_{name}"]
            panels[f"{called}\n5 neighbours: {accuracy:.1%}"] = arrays[f"points_{name}"]
    names = arrays["names"].tolist()
    title = f"Test examples in the plane ({what})"
    yield "map", plots.maps(panels, arrays["labels"], names, title, math.ceil(len(panels) / 2))
