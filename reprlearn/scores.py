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
from reprlearn.errors import UsageError, check_choice
from reprlearn.examples import domain, inputs
from reprlearn.methods.base import Method
from reprlearn.runs import Run, load_split

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


def check(config: ConfigDict, method: Method, load: Load) -> None:
    """Refuses scores that there are not, or that this method or data set cannot have.

    Raises:
      UsageError: naming the score and what it needs.
    """
    for name in config.scores:
        check_choice("scores", name, SCORES)
        _, needs, what = SCORES[name]
        if not needs(method, config.data.name):
            raise UsageError(f"scores has {name!r}, which needs {what}")
        if name in OF_PAIRS:
            held_out = [data.select(load("validation"), config.data.classes)]
            for arrays in [*held_out, *_parts(config, load("test")).values()]:
                _check_pairs(name, arrays)
        if name == "adaptation":
            for part in ("source", "target"):
                _check_domain(part, domain(load("test"), part))


def _check_pairs(name: str, arrays: Arrays) -> None:
    """Refuses examples of which no pairs can be made."""
    if "label" not in arrays:
        raise UsageError(f"scores has {name!r}, which needs a set with labels")
    try:
        data.class_table(arrays["label"])
    except UsageError as error:
        raise UsageError(f"scores has {name!r}: {error}") from error


def _check_domain(name: str, arrays: Arrays) -> None:
    """Refuses a test domain that accuracies and the proxy A-distance cannot be taken of."""
    if "label" not in arrays:
        raise UsageError(f"scores has 'adaptation', which needs labels of the {name} to test on")
    if len(arrays["label"]) < FOLDS:
        raise UsageError(
            f"scores has 'adaptation', but the {name} has {len(arrays['label'])} test examples; "
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
    train = data.select(load_split(run.config, "train", FITTED), run.config.data.classes)
    train = _flat(inputs(train))
    pca = evaluation.principal_components(train, min(COMPONENTS, *train.shape))
    return {"learned": run.encode, "pca": lambda x: pca(_flat(x)), "pixels": _flat}


def _flat(x: np.ndarray) -> np.ndarray:
    """Examples `[N, ...]` as rows of floats; images in [0, 1]."""
    rows = np.asarray(x).reshape(len(x), -1)
    return rows.astype(np.float32) / (255 if rows.dtype == np.uint8 else 1)


def _parts(config: ConfigDict, arrays: Arrays) -> dict[str, Arrays]:
    """A split's examples of the classes that the run was trained on, and, if any, of the others."""
    seen = config.data.classes
    unseen = sorted(set(np.unique(arrays["label"]).tolist()) - set(seen)) if seen else []
    parts = {"": data.select(arrays, seen)}
    return parts | ({"unseen_": data.select(arrays, unseen)} if len(unseen) > 1 else {})


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
        left, right = draw(arrays["label"], f"{part}test")
        details[part] = Verified(similar, {})
        for name, space in where().items():
            distances = evaluation.pair_distances(space(inputs(arrays)), left, right)
            details[part].distances[name] = distances
            prefix = part if name == "learned" else f"{part}{name}_"
            found[f"verification/{prefix}auc"] = evaluation.auc(distances, similar)
            found[f"verification/{prefix}eer"] = evaluation.equal_error_rate(distances, similar)
    held_out = data.select(load("validation"), run.config.data.classes)
    left, right = draw(held_out["label"], "validation")
    distances = evaluation.pair_distances(run.encode(inputs(held_out)), left, right)
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
            for metric, value in evaluation.retrieval(
                space(inputs(arrays)), arrays["label"]
            ).items():
                found[f"retrieval/{prefix}{metric}"] = value
    return Score(found)


def log_likelihood(run: Run, load: Load, *_) -> Score:
    """How likely is the test split? log p(x) in nats, from 1,000 samples of q(z|x) an example."""
    key = keys.stream(keys.root(run.config.seed), "scores/log_likelihood")
    test = data.select(load("test"), run.config.data.classes)
    values = run.log_likelihood(inputs(test), key, LIKELIHOOD_SAMPLES)
    return Score({"log_likelihood": float(values.mean())})


def modes(run: Run, *_) -> Score:
    """Does the generator find all modes of a mixture, and stay on them? From 2,500 samples."""
    mixture = data.MIXTURES[run.config.data.name]()
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
        logits = run.predict(inputs(arrays))
        right = logits.argmax(axis=-1) == arrays["label"]
        # The largest of logits that are not numbers would be the first: no prediction at all.
        right = np.where(np.isnan(logits).any(axis=-1), np.nan, right)
        found[f"{name}/accuracy"] = float(right.mean())
    for name, space in {"inputs": _flat, "features": run.encode}.items():
        features = [space(inputs(arrays)[:PARTED]) for arrays in domains.values()]
        found[f"proxy_a_distance/{name}"] = evaluation.proxy_a_distance(
            *features, classifier="mlp", seed=run.config.seed, folds=FOLDS
        )
    return Score(found)


# Each score: the function; whether a method on a data set can have it; and what that takes.
OF_PAIRS = ("verification", "retrieval")
SCORES: dict[str, tuple[Callable[..., Score], Callable[[Method, str], bool], str]] = {
    "verification": (
        verification,
        lambda method, name: bool(method.encode) and not data.has_domains(name),
        "a method that encodes, and one set of labelled examples",
    ),
    "retrieval": (
        retrieval,
        lambda method, name: bool(method.encode) and not data.has_domains(name),
        "a method that encodes, and one set of labelled examples",
    ),
    "log_likelihood": (
        log_likelihood,
        lambda method, name: bool(method.log_likelihood),
        "a method with a likelihood: vae",
    ),
    "modes": (
        modes,
        lambda method, name: bool(method.sample) and name in data.MIXTURES,
        f"a method that samples, on a mixture: {', '.join(data.MIXTURES)}",
    ),
    "adaptation": (
        adaptation,
        lambda method, name: bool(method.predict) and data.has_domains(name),
        "a method that predicts, on two domains: moons-35",
    ),
}
