"""The bound on the target's risk, term by term, beside the risk itself.

Risk is the share of mistaken examples. The source's is of the training split, as the theorem has
it; the divergence is that of linear classifiers, to which the label head belongs, cross-fitted. The
theorem is of two classes; with more the terms are the same, and are no bound. What needs the
target's labels is called an oracle: the best risk on both domains, and so the bound, and the risk.

It says what matters more than it says how much: the term for overfitting alone is often above 1.
"""

from reprlearn import evaluation
from reprlearn.data import Arrays
from reprlearn.kept import Measured, Metric
from reprlearn.roles import DOMAINS, domain
from reprlearn.runs import Run
from reprlearn.scores.adaptation import right
from reprlearn.scores.base import bounded
from reprlearn.subject import Needs, Subject, labelled

NEEDS = Needs(can=("predict", "encode"), columns=("target/x",))
QUESTION = "what bounds the risk on the target? each term of the theorem, and the risk itself"
METRICS = {
    "source_risk": Metric("share of the source's training examples that is mistaken", "lower"),
    "divergence": Metric("H-divergence of the features, by linear classifiers", "lower"),
    "capacity": Metric("what overfitting may add, with probability .95", "lower"),
    "best_oracle": Metric("least risk on source and target together, by their labels", "lower"),
    "total_oracle": Metric("the sum of these four; above 1 it says nothing", "lower"),
    "target_risk_oracle": Metric("share of the target's test examples that is mistaken", "lower"),
}
FITTED, FOLDS = 2_000, 5  # training examples of each domain for the divergence, and its folds


def measure(subject: Subject) -> Measured:
    """The terms; the oracles where the split has labels of the target."""
    run = subject.run
    train = {name: domain(subject.load("train"), name) for name in DOMAINS}
    known = labelled(train["source"])
    z = [run.encode(arrays["x"][:FITTED], f"{name}/x") for name, arrays in train.items()]
    apart = evaluation.h_divergence(*z, seed=run.config.seed, folds=FOLDS)
    count = min(len(known["y"]), len(train["target"]["x"]))
    values = {
        "bound/source_risk": _risk(run, "source", known),
        **bounded("bound/divergence", apart.value, apart.interval),
        "bound/capacity": evaluation.capacity(count, z[0].shape[1] + 1),
    }
    test = {name: domain(subject.load(), name) for name in DOMAINS}
    both = {name: labelled(arrays) for name, arrays in test.items() if "y" in arrays}
    if len(both) < len(DOMAINS) or min(len(arrays["y"]) for arrays in both.values()) < FOLDS:
        return Measured(values)
    risks = [_risk(run, name, arrays) for name, arrays in both.items()]
    pairs = [
        part
        for name, arrays in both.items()
        for part in (run.encode(arrays["x"], f"{name}/x"), arrays["y"])
    ]
    linear = evaluation.best_joint_risk(*pairs, seed=run.config.seed)
    best = min(linear, sum(risks))  # the run's own head is such a classifier too
    terms = values["bound/source_risk"], apart.value, values["bound/capacity"], best
    oracles = {
        "bound/best_oracle": best,
        "bound/total_oracle": evaluation.Bound(*terms).total,
        "bound/target_risk_oracle": risks[1],
    }
    return Measured(values | oracles)


def _risk(run: Run, name: str, arrays: Arrays) -> float:
    """The share of a domain's labelled examples that is mistaken."""
    return float(1 - right(run.predict(arrays["x"], f"{name}/x"), arrays["y"]).mean())
