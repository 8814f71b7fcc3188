"""The figures of a run: a module here is one, drawn wherever a run has what it needs.

A figure has

    NEEDS = Needs(can=("reconstruct",), columns=("x",))  # what a run must have
    def draw(subject) -> Figure | None                   # None: there is nothing to show

It asks what a method can do, never which method it is. A score draws its own figures; see `scores`.
"""

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from matplotlib.figure import Figure

from reprlearn import modules, scores
from reprlearn.kept import Measured
from reprlearn.subject import Subject
from reprlearn.training import parallel

Figures = Callable[[], Iterable[tuple[str, Figure]]]


def names() -> list[str]:
    """The figures there are, but for those of scores."""
    return modules.names(__name__)


def load(name: str) -> ModuleType:
    """The module of a figure."""
    return modules.load(__name__, name)


def draw(subject: Subject, measured: Mapping[str, Measured]) -> list[Path]:
    """Draws every figure that a run can have, and those of its scores, into its figures/.

    One that cannot be drawn is named in a warning, and costs no other.

    Returns:
      the paths of the files.
    """
    folder, paths = subject.run.workdir / "figures", []
    for source, figures in _sources(subject, measured):
        try:
            for name, made in figures():
                if parallel.is_first_process():
                    folder.mkdir(exist_ok=True)
                    made.savefig(folder / f"{name}.png")
                paths.append(folder / f"{name}.png")
        except Exception as error:  # the run is trained, and its summary written
            told = f"{type(error).__name__}: {error}".split("\n")[0]
            print(f"warning: {source} could not be drawn: {told}", file=sys.stderr)
    return paths


def _sources(subject: Subject, measured: Mapping[str, Measured]) -> Iterator[tuple[str, Figures]]:
    """What draws, in words, and what gives its figures by name."""
    for name in names():
        yield f"the figure {name!r}", functools.partial(_figures, name, subject)
    for name, score in measured.items():
        what = f"the figures of the score {name!r}"
        yield what, functools.partial(_of_score, name, score, subject)


def _figures(name: str, subject: Subject) -> list[tuple[str, Figure]]:
    """The figure of a module, where the run has what it needs and there is something to show."""
    run, figure = subject.run, load(name)
    if figure.NEEDS.lacking(run.method, run.columns, run.dataset.truth):
        return []
    made = figure.draw(subject)
    return [] if made is None else [(name, made)]


def _of_score(name: str, measured: Measured, subject: Subject) -> Iterable[tuple[str, Figure]]:
    score = scores.load(name)
    return score.draw(measured, subject.what) if hasattr(score, "draw") else ()
