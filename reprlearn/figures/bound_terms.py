"""The terms of the bound on the target's risk, of the run and of its baselines."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures import base
from reprlearn.subject import Needs, Subject

SCORE = "bound"
NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
CAPTION = (
    "The terms of the bound on the target's risk, with and without adaptation, and a mark at the "
    "risk itself. Adaptation is to make the divergence smaller without making the best joint risk "
    "larger. The best joint risk and the mark need the target's labels."
)


def draw(subject: Subject) -> Figure | None:
    """Nothing of a run that was not asked for the score."""
    bars = base.kept_beside(subject, SCORE)
    if not bars:
        return None
    return plots.bound_terms(bars, f"The bound on the target's risk ({subject.what})")
