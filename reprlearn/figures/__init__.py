"""The figures of a run: a module here is one, drawn wherever a run has what it needs.

A figure has

    NEEDS = Needs(can=("reconstruct",), columns=("x",))  # what a run must have
    CAPTION = "..."                                      # how to read it
    SCORE = "..."                                        # if there is one that it is of
    def draw(subject) -> Figure | None                   # None: there is nothing to show

Its file carries the caption, its title, the score that drew it and the step, for the run's report.
It asks what a method can do, never which method it is. A score draws its own figures; see `scores`.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from matplotlib.figure import Figure

from reprlearn import modules, notes, scores
from reprlearn.errors import first_line
from reprlearn.files import whole_file
from reprlearn.kept import Measured
from reprlearn.subject import Subject
from reprlearn.training import parallel
from reprlearn.training.step import step_of

Figures = Callable[[], Iterable[tuple[str, Figure, str]]]  # name, figure, caption


def names() -> list[str]:
    """The figures there are, but for those of scores."""
    return modules.names(__name__)


def load(name: str) -> ModuleType:
    """The module of a figure."""
    return modules.load(__name__, name)


def draw(subject: Subject, measured: Mapping[str, Measured], *, of_run: bool = True) -> list[Path]:
    """Draws every figure that a run can have, and those of its scores, into its figures/.

    One that cannot be drawn is named in a warning, and costs no other.

    Args:
      subject: the run.
      measured: its scores.
      of_run: whether those of no score are drawn.

    Returns:
      the paths of the files.
    """
    folder, paths = subject.run.workdir / "figures", []
    for source, score, figures in _sources(subject, measured, of_run):
        try:
            for name, made, caption in figures():
                if parallel.is_first_process():
                    folder.mkdir(exist_ok=True)
                    about = {"Title": made.get_suptitle(), "Description": caption, "Source": score}
                    about["Comment"] = str(step_of(subject.run.state))
                    with whole_file(folder / f"{name}.png") as partial:
                        made.savefig(partial, format="png", metadata=about)
                paths.append(folder / f"{name}.png")
        except Exception as error:  # the run is trained, and its summary written
            told = f"{source} could not be drawn: {first_line(error)}"
            notes.warn(subject.run.workdir, told)
    return paths


def _sources(
    subject: Subject, measured: Mapping[str, Measured], of_run: bool
) -> Iterator[tuple[str, str, Figures]]:
    """What draws, in words; the score that it is of, or ""; and what gives its figures."""
    for name in names():
        score = _score_of(name)
        if of_run or score in measured:
            yield f"the figure {name!r}", score, functools.partial(_figures, name, subject)
    for name, score in measured.items():
        what = f"the figures of the score {name!r}"
        yield what, name, functools.partial(_of_score, name, score, subject)


def _score_of(name: str) -> str:
    """The score that a figure is of, or ""; that it cannot be loaded is told where it is drawn."""
    try:
        return getattr(load(name), "SCORE", "")
    except Exception:
        return ""


def _figures(name: str, subject: Subject) -> list[tuple[str, Figure, str]]:
    """The figure of a module, where the run has what it needs and there is something to show."""
    run, figure = subject.run, load(name)
    if figure.NEEDS.lacking(run.method, run.columns, run.dataset.truth):
        return []
    made = figure.draw(subject)
    return [] if made is None else [(name, made, getattr(figure, "CAPTION", ""))]


def _of_score(name: str, measured: Measured, subject: Subject) -> Iterator[tuple[str, Figure, str]]:
    score = scores.load(name)
    captions = getattr(score, "CAPTIONS", {})
    for figure, made in score.draw(measured, subject.what) if hasattr(score, "draw") else ():
        yield figure, made, captions.get(figure, "")
