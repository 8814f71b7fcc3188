"""Whether the two of a pair are similar: their distance, a probability, a decision."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from reprlearn import evaluation, kept
from reprlearn.errors import UsageError
from reprlearn.training.step import step_of

SCORE = "verification"


class Verdict(NamedTuple):
    """What a run says of N pairs.

    Attributes:
      distance: between the codes of the two, `[N]`.
      probability: of being similar, `[N]`.
      similar: the decision, bool `[N]`: the distance is at most the threshold.
    """

    distance: np.ndarray
    probability: np.ndarray
    similar: np.ndarray


def verify(run: Any, a: np.ndarray, b: np.ndarray, *, prior: float = 0.5) -> Verdict:
    """Whether examples a and b, both `[N, ...]`, are similar, the first of a with that of b, ...

    .. math:: P(similar \\mid d) = \\sigma(offset - slope \\, d + \\log \\frac{prior}{1 - prior})

    The threshold, the offset and the slope were found by the score `verification` on pairs of the
    validation split, of the classes that were learned from: on others the score says what they are
    worth.

    Args:
      run: a `Run` that keeps this score.
      a, b: as `Run.encode` takes them.
      prior: the share of similar pairs among those that will be asked; it moves the probability,
        not the decision.

    Raises:
      UsageError: no score is kept, the examples are not as many, or not as those of the run.
    """
    values = _values(run)
    z, others = run.encode(a), run.encode(b, "right/x")
    if len(z) != len(others):
        raise UsageError(f"a has {len(z)} examples and b {len(others)}; allowed: as many of both")
    places = np.arange(len(z))
    return _judged(run, values, evaluation.pair_distances(z, places, places, others), prior)


def verify_enrolled(
    run: Any, a: np.ndarray, enrolled: Sequence[np.ndarray], *, prior: float = 0.5
) -> Verdict:
    """Whether examples are of what is known by several: a with enrolled[0], the next with its own.

    .. math:: d = \\frac{1}{k} \\sum_{i=1}^k \\| z(a) - z(b_i) \\|_2

    Threshold and probability are those of pairs, see `verify`: the mean of several distances varies
    less than one of them, so there are fewer errors, and the probability says too little.

    Args:
      run: a `Run` that keeps the score `verification`.
      a: `[N, ...]`, as `Run.encode` takes them.
      enrolled: of each of a what it is compared with, `[k, ...]`, each k at least 1.
      prior: see `verify`.

    Raises:
      UsageError: as `verify`.
    """
    counts = [len(known) for known in enrolled]
    if len(a) != len(counts) or not all(counts):
        told = "none" if len(a) == len(counts) else f"{len(counts)} sets"
        raise UsageError(
            f"of {len(a)} examples enrolled has {told}; allowed: of each at least one example"
        )
    values, z = _values(run), run.encode(a)
    others = run.encode([one for known in enrolled for one in known], "right/x")
    whose = np.repeat(np.arange(len(z)), counts)
    distances = evaluation.pair_distances(z, whose, np.arange(len(others)), others)
    return _judged(run, values, np.bincount(whose, distances) / counts, prior)


def _judged(run: Any, values: Mapping[str, Any], distance: np.ndarray, prior: float) -> Verdict:
    """What the score makes of distances `[N]`."""
    slope, offset, threshold = (
        kept.of_seed(values, f"{SCORE}/{name}", run.seeds.index(run))
        for name in ("slope", "offset", "threshold")
    )
    probability = evaluation.Sigmoid(slope, offset).probability(distance, prior)
    return Verdict(distance, probability, distance <= threshold)


def _values(run: Any) -> Mapping[str, Any]:
    """The values of the score, of the run as it is."""
    if kept.is_of(run.workdir, SCORE, step_of(run.state)):
        values = kept.read_values(run.workdir, SCORE)
        if f"{SCORE}/slope" in values:
            return values
    raise UsageError(
        f"{run.workdir} keeps no score {SCORE!r} of this step, which says what a distance means; "
        f"allowed after: python -m reprlearn.evaluate --workdir={run.workdir} --scores={SCORE}"
    )
