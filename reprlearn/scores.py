"""The scores of a run over whole sets, by the names in `config.scores`.

A score asks what a method can do, never which method it is; so every family can be judged by it.
"""

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from reprlearn import data, evaluation, keys
from reprlearn.columns import UNLABELLED, domain, to_model
from reprlearn.errors import UsageError, check_choice
from reprlearn.methods.base import Method
from reprlearn.runs import Run

PAIRS, SAMPLES, COMPONENTS = 20_000, 2_500, 32  # pairs of each kind; samples; of PCA
LIKELIHOOD_SAMPLES = 1_000
FITTED = 60_000  # training examples that PCA is fitted to: a set may be larger than the memory
PARTED, FOLDS = 500, 5  # examples of each domain for the proxy A-distance, and its folds

Arrays = Mapping[str, np.ndarray]
Load = Callable[[str], Arrays]
Space = Callable[[np.ndarray], np.ndarray]


class Score(NamedTuple):
    """What was measured: `values` by name, and `details` that a figure is drawn from."""

    values: dict[str, float]
    details: Any = None


class Verified(NamedTuple):
    """Pairs of one part of the classes: `similar` `[P]`, distances `[P]` by space."""

    similar: np.ndarray
    distances: dict[str, np.ndarray]


def check(config: ConfigDict, method: Method, dataset: data.Dataset, load: Load) -> None:
    """Refuses scores that there are not, or that this method or data set cannot have.

    Raises:
      UsageError: naming the score and what it needs.
    """
    for name in config.scores:
        check_choice("scores", name, SCORES)
        _, needs, what = SCORES[name]
        if not needs(method, dataset):
            raise UsageError(f"scores has {name!r}, which needs {what}")
        if name in OF_PAIRS:
            if "y" not in dataset.columns:
                raise UsageError(f"scores has {name!r}, which needs a set with labels")
            for arrays in [_held_out(config, load), *_parts(config, load("test")).values()]:
                _check_pairs(name, arrays)
        if name == "adaptation":
            for part in ("source", "target"):
                _check_domain(part, domain(load("test"), part))


def _check_pairs(name: str, arrays: Arrays) -> None:
    """Refuses examples of which no pairs can be made."""
    try:
        data.class_table(arrays["y"])
    except UsageError as error:
        raise UsageError(f"scores has {name!r}: {error}") from error


def _check_domain(name: str, arrays: Arrays) -> None:
    """Refuses a test domain that accuracies and the proxy A-distance cannot be taken of."""
    if "y" not in arrays:
        raise UsageError(
            f"scores has 'adaptation', which needs labels of the {name} to test on; allowed "
            "without them: --config.scores='()'"
        )
    if len(_labelled(arrays)["y"]) < FOLDS:
        raise UsageError(
            f"scores has 'adaptation', but the {name} has {len(_labelled(arrays)['y'])} labelled "
            "test examples; "
            f"allowed: at least {FOLDS}"
        )


def measure(run: Run, load: Load) -> dict[str, Score]:
    """The scores that a run's config names; one that fails is named in a warning, and left out.

    Args:
      run: a trained run.
      load: gives the arrays of the validation and of the test split, with all classes.
    """
    where, measured = functools.cache(lambda: spaces(run)), {}
    for name in run.config.scores:
        try:
            measured[name] = SCORES[name][0](run, load, where)
        except Exception as error:  # a run that is trained keeps all its other results
            told = f"{type(error).__name__}: {error}".split("\n")[0]
            print(f"warning: the score {name!r} could not be measured: {told}", file=sys.stderr)
    return measured


def values(measured: Mapping[str, Score]) -> dict[str, float]:
    """All values of some scores, by name."""
    return {name: value for score in measured.values() for name, value in score.values.items()}


def spaces(run: Run) -> dict[str, Space]:
    """Where distances are taken: what the run learned, PCA of its training images, the pixels.

    PCA is fitted to those of the run's classes among the first 60,000 training images.
    """
    flat = _flat(run)
    train = flat(data.select(run.load("train", FITTED), run.config.data.classes)["x"])
    pca = evaluation.principal_components(train, min(COMPONENTS, *train.shape))
    return {"learned": run.encode, "pca": lambda x: pca(flat(x)), "pixels": flat}


def _flat(run: Run) -> Space:
    """Examples `[N, ...]` to rows of what the run's model sees of them, `[N, D]`."""
    return lambda x: to_model(run.column, x).reshape(len(x), -1)


def _labelled(arrays: Arrays) -> Arrays:
    """The examples that have a label."""
    known = arrays["y"] != UNLABELLED
    return arrays if known.all() else {role: array[known] for role, array in arrays.items()}


def _held_out(config: ConfigDict, load: Load) -> Arrays:
    """The validation split's examples of the run's classes, as `_parts`."""
    return data.paired(data.select(_labelled(load("validation")), config.data.classes))


def _parts(config: ConfigDict, arrays: Arrays) -> dict[str, Arrays]:
    """A split's examples of the classes that the run was trained on, and, if any, of the others.

    Without those that have no label, or no other of their class.
    """
    seen, arrays = config.data.classes, _labelled(arrays)
    unseen = sorted(set(np.unique(arrays["y"]).tolist()) - set(seen)) if seen else []
    parts = {"": data.paired(data.select(arrays, seen))}
    return parts | ({"unseen_": data.paired(data.select(arrays, unseen))} if unseen[1:] else {})


def verification(run: Run, load: Load, where: Callable[[], dict[str, Space]]) -> Score:
    """Are two examples of one class? Pairs of the test split, half similar, half not.

    Drawn with every example as often the left one, or, where `data.pairs` is "uniform", with every
    pair as likely.

    "verification/auc" and "/eer" are of the learned distance; with "pca_" and "pixels_" of the same
    pairs in these spaces; with "unseen_" of classes that were not trained on. "/accuracy" is the
    balanced accuracy at a threshold that is calibrated on pairs of the validation split.
    """
    similar = np.arange(2 * PAIRS) % 2 == 0
    uniform, seed = data.uniform_of(run.config.data), run.config.seed

    def draw(labels, split):
        stream = f"scores/verification/{split}"
        return data.draw_pairs(labels, similar, seed, uniform=uniform, stream=stream)

    found, details = {}, {}
    for part, arrays in _parts(run.config, load("test")).items():
        left, right = draw(arrays["y"], f"{part}test")
        details[part] = Verified(similar, {})
        for name, space in where().items():
            distances = evaluation.pair_distances(space(arrays["x"]), left, right)
            details[part].distances[name] = distances
            prefix = part if name == "learned" else f"{part}{name}_"
            found[f"verification/{prefix}auc"] = evaluation.auc(distances, similar)
            found[f"verification/{prefix}eer"] = evaluation.equal_error_rate(distances, similar)
    held_out = _held_out(run.config, load)
    left, right = draw(held_out["y"], "validation")
    distances = evaluation.pair_distances(run.encode(held_out["x"]), left, right)
    threshold = evaluation.best_threshold(distances, similar)
    found["verification/threshold"] = threshold
    found["verification/accuracy"] = evaluation.balanced_accuracy(
        details[""].distances["learned"], similar, threshold
    )
    return Score(found, details)


def retrieval(run: Run, load: Load, where: Callable[[], dict[str, Space]]) -> Score:
    """Are an example's nearest neighbours of its class? Each of the test split asks all others."""
    found = {}
    for part, arrays in _parts(run.config, load("test")).items():
        for name, space in where().items():
            prefix = part if name == "learned" else f"{part}{name}_"
            measured = evaluation.retrieval(space(arrays["x"]), arrays["y"])
            found |= {f"retrieval/{prefix}{metric}": value for metric, value in measured.items()}
    return Score(found)


def log_likelihood(run: Run, load: Load, *_) -> Score:
    """How likely is the test split? log p(x) in nats, from 1,000 samples of q(z|x) an example."""
    key = keys.stream(keys.root(run.config.seed), "scores/log_likelihood")
    test = data.select(load("test"), run.config.data.classes)
    values = run.log_likelihood(test["x"], key, LIKELIHOOD_SAMPLES)
    return Score({"log_likelihood": float(values.mean())})


def modes(run: Run, *_) -> Score:
    """Does the generator find all modes of a mixture, and stay on them? From 2,500 samples."""
    mixture = run.dataset.truth
    samples = run.sample(keys.stream(keys.root(run.config.seed), "scores/modes"), SAMPLES)
    found = evaluation.mode_statistics(samples, mixture.centres, mixture.scale)
    return Score({f"modes/{name}": value for name, value in found.items()})


def adaptation(run: Run, load: Load, *_) -> Score:
    """Does what was learned on the source hold on the target? Fresh points of both domains.

    Beside the accuracies, how far a small network can tell the domains, before and after `encode`.
    """
    domains = {name: domain(load("test"), name) for name in ("source", "target")}
    found = {}
    for name, arrays in domains.items():
        arrays = _labelled(arrays)
        logits = run.predict(arrays["x"])
        right = logits.argmax(axis=-1) == arrays["y"]
        # The largest of logits that are not numbers would be the first: no prediction at all.
        right = np.where(np.isnan(logits).any(axis=-1), np.nan, right)
        found[f"{name}/accuracy"] = float(right.mean())
    for name, space in {"inputs": _flat(run), "features": run.encode}.items():
        features = [space(arrays["x"][:PARTED]) for arrays in domains.values()]
        found[f"proxy_a_distance/{name}"] = evaluation.proxy_a_distance(
            *features, classifier="mlp", seed=run.config.seed, folds=FOLDS
        )
    return Score(found)


# Each score: the function; whether a method on a data set can have it; and what that takes.
OF_PAIRS = ("verification", "retrieval")
SCORES: dict[str, tuple[Callable[..., Score], Callable[[Method, data.Dataset], bool], str]] = {
    "verification": (
        verification,
        lambda method, dataset: bool(method.encode) and "x" in dataset.columns,
        "a method that encodes, and one set of labelled examples",
    ),
    "retrieval": (
        retrieval,
        lambda method, dataset: bool(method.encode) and "x" in dataset.columns,
        "a method that encodes, and one set of labelled examples",
    ),
    "log_likelihood": (
        log_likelihood,
        lambda method, dataset: bool(method.log_likelihood),
        "a method with a likelihood: vae",
    ),
    "modes": (
        modes,
        lambda method, dataset: bool(method.sample) and hasattr(dataset.truth, "centres"),
        "a method that samples, on a mixture: ring, grid",
    ),
    "adaptation": (
        adaptation,
        lambda method, dataset: bool(method.predict) and "target/x" in dataset.columns,
        "a method that predicts, on two domains: see data.target",
    ),
}
