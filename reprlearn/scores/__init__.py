"""The scores of a run over a whole split: a module here is one, by its name in `config.scores`.

A score has

    NEEDS = Needs(can=("encode",), columns=("y",))  # what a run must have
    QUESTION = "are ...?"                           # what it asks, for people
    METRICS = {"accuracy": Metric("share of ...", "higher")}  # what its values are
    def measure(subject) -> Measured                # the values; arrays to draw from

A value is a number, or of a mean over examples the value of each, `[N]`: then its 95% bootstrap
interval is taken, "accuracy_low" and "accuracy_high", and it can be compared with other runs'. Of
other spaces than the learned one its name begins as `kept.called` says. A score
may have `check(config, load, split)`, which refuses before training what could not be measured
after it (`load` gives a split by name), and `draw(measured, what)`, which yields figures by name,
with CAPTIONS by the same names, which say how to read them.
It asks what a method can do, never which method it is.
"""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from reprlearn import data, evaluation, modules, notes
from reprlearn.errors import UsageError, check_choice, first_line
from reprlearn.kept import Measured
from reprlearn.methods.base import Method
from reprlearn.subject import Subject

Load = Callable[[str], data.Arrays]


def names() -> list[str]:
    """The scores there are."""
    return modules.names(__name__)


def load(name: str) -> ModuleType:
    """The module of a score."""
    return modules.load(__name__, name)


def possible(method: Method, dataset: data.Dataset) -> list[str]:
    """The scores that a method on a data set can have."""
    of_run = method, dataset.columns, dataset.truth
    return [name for name in names() if not load(name).NEEDS.lacking(*of_run)]


def check(
    chosen: Sequence[str],
    config: ConfigDict,
    method: Method,
    dataset: data.Dataset,
    sets: Load,
    split: str = "test",
    *,
    field: str = "scores",
) -> None:
    """Refuses scores that there are not, or that this method or data set cannot have.

    Args:
      chosen: names of scores.
      config, method, dataset, sets: of the run, with its splits by name.
      split: to judge on.
      field: of the config that names them.

    Raises:
      UsageError: naming the score, what it needs, and the scores that can be had.
    """
    for name in chosen:
        check_choice(field, name, names())
        score = load(name)
        if lacking := score.NEEDS.lacking(method, dataset.columns, dataset.truth):
            others = ", ".join(possible(method, dataset)) or "none"
            raise UsageError(
                f"{field} has {name!r}, which needs {', '.join(lacking)}. Allowed: {others}"
            )
        if hasattr(score, "check"):
            try:
                score.check(config, sets, split)
            except UsageError as error:
                raise UsageError(f"{field} has {name!r}: {error}") from error


def measure(subject: Subject, chosen: Sequence[str]) -> dict[str, Measured]:
    """Some scores of a run; one that fails is named in a warning, and left out."""
    measured = {}
    for name in chosen:
        try:
            measured[name] = _checked(load(name).measure(subject))
        except Exception as error:  # a run that is trained keeps all its other results
            what = f"the score {name!r} could not be measured"
            notes.warn(subject.run.workdir, f"{what}: {first_line(error)}")
    return measured


def _checked(found: Measured) -> Measured:
    """What a score gave, as it can be kept: floats, and arrays of numbers or text."""
    arrays = {name: np.asarray(array) for name, array in found.arrays.items()}
    if strange := [name for name, array in arrays.items() if array.dtype.hasobject]:
        raise TypeError(f"the array {strange[0]!r} is of objects")
    values, examples = {}, {}
    for name, value in found.values.items():
        value = np.asarray(value)
        values[name] = float(value.mean())
        if value.ndim:
            examples[name] = value
        if value.size >= evaluation.FEWEST and np.isfinite(value).all():
            values[f"{name}_low"], values[f"{name}_high"] = evaluation.bootstrap(value)
    return Measured(values, arrays, examples, found.warnings)


def about(name: str) -> dict[str, Any]:
    """What a score asks and what its values are, as it is kept beside them."""
    score = load(name)
    metrics = {metric: list(about) for metric, about in getattr(score, "METRICS", {}).items()}
    return {"question": score.QUESTION, "metrics": metrics}


def values(measured: Mapping[str, Measured]) -> dict[str, float]:
    """All values of some scores, by name."""
    return {name: value for score in measured.values() for name, value in score.values.items()}
