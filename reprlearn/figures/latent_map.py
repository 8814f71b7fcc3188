"""Where labelled examples lie in the learned space."""

import numpy as np
from matplotlib.figure import Figure

from reprlearn import evaluation, plots
from reprlearn.roles import single
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("encode",), columns=("y",))
CAPTION = (
    "Each dot is a test example, coloured by its class. Clusters of one colour mean that "
    "similar examples are close. Of codes of more than two dimensions this is a shadow: what "
    "overlaps here may be apart in another direction. The score map, "
    "python -m reprlearn.evaluate --workdir=... --scores=map, draws t-SNE beside it."
)
MAPPED = 5_000  # points


def draw(subject: Subject) -> Figure | None:
    """Nothing of one example alone, or of a run that has run away."""
    run, arrays = subject.run, labelled(single(subject.load()))
    if len(arrays["y"]) < 2 or not run.class_names:
        return None
    codes = run.encode(arrays["x"][:MAPPED])
    if not np.abs(codes).max() < 1e15:
        return None
    points, axes = project(codes)
    seen, names = run.config.data.classes, list(run.class_names)
    unseen = [label for label in range(len(names)) if seen and label not in seen]
    for label in unseen:
        names[label] += " (unseen)"
    of = "Source test" if "source/x" in run.columns else "Test"
    title = f"{of} examples in latent space ({subject.what})"
    return plots.latent_map(points, arrays["y"][:MAPPED], names, title, axes, unseen)


def project(codes: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
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
        f"first of {codes.shape[1]} principal components of z ({shares[0]:.0f}% of variance)",
        f"second of {codes.shape[1]} principal components of z ({shares[1]:.0f}%)",
    )
