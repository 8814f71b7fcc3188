"""The modes of a mixture in 2,500 samples: how many are found, how many samples stay on one."""

from reprlearn import evaluation
from reprlearn.kept import Measured, Metric
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("sample",), truth=("centres",))
QUESTION = "are all modes of a mixture covered, and are samples close to one?"
METRICS = {
    "covered": Metric("modes with a sample close to them", "higher"),
    "covered_20": Metric("modes with at least 20 samples close to them", "higher"),
    "high_quality": Metric("share of samples close to a mode", "higher"),
}
SAMPLES = 2_500


def measure(subject: Subject) -> Measured:
    """See `evaluation.mode_statistics`; the samples."""
    mixture = subject.run.dataset.truth
    samples = subject.run.sample(subject.key("scores/modes"), SAMPLES)
    found = evaluation.mode_statistics(samples, mixture.centres, mixture.scale)
    return Measured({f"modes/{name}": v for name, v in found.items()}, {"samples": samples})
