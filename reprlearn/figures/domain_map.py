"""The features of two domains in the plane, by domain and by class, and those of the baselines."""

import warnings

import numpy as np
from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.columns import UNLABELLED
from reprlearn.data import Arrays
from reprlearn.roles import DOMAINS, X_OF_DOMAINS, domain
from reprlearn.runs import Run
from reprlearn.subject import Needs, Subject, subset

NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
CAPTION = (
    "Test examples of both domains by their features, mapped by t-SNE, a row for each training. On "
    "the left by domain: where the colours mix, the domains look alike. On the right by class, the "
    "source's as dots and the target's as crosses: adaptation worked where crosses lie among dots "
    "of their own colour. Distances between clusters mean little."
)
MAPPED, PERPLEXITY = 400, 30  # examples of each domain


def draw(subject: Subject) -> Figure | None:
    """Nothing of so few examples that none has neighbours, or of a run that has run away."""
    run, arrays = subject.run, subject.load()
    parts = [subset(domain(arrays, name), MAPPED, run.config.seed) for name in DOMAINS]
    if sum(len(part["x"]) for part in parts) < 3 * PERPLEXITY:
        return None
    rows = {name: _mapped(run.baseline(name), parts) for name in subject.ended_baselines()}
    rows[run.config.method] = _mapped(run, parts)
    if rows[run.config.method] is None:
        return None
    rows = {name: points for name, points in rows.items() if points is not None}
    is_target = np.repeat([False, True], [len(part["x"]) for part in parts])
    unknown = [part.get("y", np.full(len(part["x"]), UNLABELLED)) for part in parts]
    title = f"Features of both domains ({subject.what})"
    return plots.domain_maps(rows, is_target, np.concatenate(unknown), run.class_names, title)


def _mapped(run: Run, parts: list[Arrays]) -> np.ndarray | None:
    """The features of both domains, `[N, 2]`; None where they are beyond numbers."""
    from openTSNE import TSNE  # takes a second to load

    of = zip(parts, X_OF_DOMAINS, strict=True)
    z = np.concatenate([run.encode(part["x"], column) for part, column in of]).astype(np.float64)
    if not np.abs(z).max() < 1e15:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # features that are all the same have no directions
        fitted = TSNE(perplexity=PERPLEXITY, random_state=run.config.seed, n_jobs=1).fit(z)
    return np.asarray(fitted)
