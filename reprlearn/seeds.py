"""Several runs trained at once: the state of each, and what their numbers say together."""

from collections.abc import Sequence

from ml_collections import ConfigDict

from reprlearn.methods.base import TrainState
from reprlearn.training import metrics, parallel


def states(state: TrainState, config: ConfigDict) -> list[TrainState]:
    """The state of every seed that is in a state."""
    count = config.training.num_seeds
    return [state] if count == 1 else [parallel.entry(state, i) for i in range(count)]


def aggregate(values: Sequence[metrics.Values]) -> metrics.Values:
    """The values of a run's seeds: of one as they are, of several their mean and its error."""
    return values[0] if len(values) == 1 else metrics.over_seeds(values)
