"""log p(x) of the split in nats, from 1,000 samples of q(z|x) for each example."""

from reprlearn import data
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("log_likelihood",), columns=("x",))
QUESTION = "how likely are the examples? log p(x) in nats"
METRICS = {"log_likelihood": Metric("mean of log p(x), in nats", "higher")}
SAMPLES = 1_000


def measure(subject: Subject) -> Measured:
    """log p(x) of each example of the run's classes."""
    run = subject.run
    x = data.select(subject.load(), run.config.data.classes)["x"]
    found = run.log_likelihood(x, subject.key("scores/log_likelihood"), SAMPLES)
    return Measured({"log_likelihood": found})
