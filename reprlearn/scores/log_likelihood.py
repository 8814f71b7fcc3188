"""log p(x) of the split in nats, from 1,000 samples of q(z|x) for each example."""

from reprlearn import data
from reprlearn.kept import Measured
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("log_likelihood",), columns=("x",))
QUESTION = "how likely are the examples? log p(x) in nats"
SAMPLES = 1_000


def measure(subject: Subject) -> Measured:
    """The mean over the examples of the run's classes; and of each example."""
    run = subject.run
    x = data.select(subject.load(), run.config.data.classes)["x"]
    found = run.log_likelihood(x, subject.key("scores/log_likelihood"), SAMPLES)
    return Measured({"log_likelihood": float(found.mean())}, {"log_likelihood": found})
