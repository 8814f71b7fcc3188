"""What a run has left in its folder, read without JAX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import kept, notes
from reprlearn.errors import UsageError
from reprlearn.files import read_json, read_json_lines


class Scored(NamedTuple):
    """What a score of the test split has measured.

    Attributes:
      name: of the score.
      question: that it asks.
      metrics: what its values are.
      step: of the state that it was measured of.
      sha256: by group of examples, "", "unseen_", "target_", a digest of them.
      measured: the values, and of means those of each example.
    """

    name: str
    question: str
    metrics: Mapping[str, kept.Metric]
    step: int | None
    sha256: Mapping[str, str]
    measured: kept.Measured


class Picture(NamedTuple):
    """A figure's file: its name, its title, how to read it, the score that drew it, of which step,
    and the PNG."""

    name: str
    title: str
    caption: str
    score: str
    step: int | None
    png: bytes
    width: int
    height: int


class Record(NamedTuple):
    """A run's folder.

    Attributes:
      workdir: where it is.
      config: every field by dotted path.
      environment: versions, the data, what differs from the defaults; see environment.json.
      summary: the results; {} before the end.
      history: the lines of metrics.jsonl.
      scores: of the test split.
      pictures: the figures.
      notes: what was told, warnings among it.
      baselines: the runs that were trained beside it, by name.
    """

    workdir: Path
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    summary: Mapping[str, Any]
    history: list[dict[str, Any]]
    scores: list[Scored]
    pictures: list[Picture]
    notes: list[str]
    baselines: Mapping[str, "Record"]

    @property
    def step(self) -> int:
        """How far it has come."""
        return self.summary.get("steps") or max((line["step"] for line in self.history), default=0)

    def is_current(self, found: Scored | Picture) -> bool:
        """Whether a score or a figure is of the state that the run ended with."""
        return found.step in (None, self.step)

    @property
    def data(self) -> Mapping[str, Any]:
        """What is known of its data."""
        return self.environment.get("data", {})


def read(workdir: str | Path) -> Record:
    """The record of a run, finished or not.

    Raises:
      UsageError: the folder is no run, or a file of it is not whole.
    """
    workdir = Path(workdir).expanduser()
    if not (workdir / "config.json").is_file():
        raise UsageError(f"{str(workdir)!r} is not a run: there is no config.json in it")
    baselines = sorted((workdir / "baselines").glob("*/config.json"))
    return Record(
        workdir,
        _fields(workdir),
        read_json(workdir / "environment.json"),
        read_json(workdir / "summary.json") if (workdir / "summary.json").is_file() else {},
        read_json_lines(workdir / "metrics.jsonl"),
        _scores(workdir),
        [_picture(path) for path in sorted((workdir / "figures").glob("*.png"))],
        notes.read(workdir),
        {path.parent.name: read(path.parent) for path in baselines},
    )


def _fields(workdir: Path) -> dict[str, Any]:
    """The fields of the config, without those of baselines, which are runs of their own."""
    config = read_json(workdir / "config.json")
    config.pop("baselines", None)
    return configs.flatten(ConfigDict(config))


def _scores(workdir: Path) -> list[Scored]:
    found = []
    for path in sorted((workdir / kept.FOLDER).glob("*.json")):
        if "." in path.stem:  # of another split, or of another checkpoint
            continue
        told = read_json(path)
        found.append(
            Scored(
                path.stem,
                told.get("question", ""),
                {name: kept.Metric(*metric) for name, metric in told.get("metrics", {}).items()},
                told.get("step"),
                told.get("sha256", {}),
                kept.read(workdir, path.stem),
            )
        )
    return found


def _picture(path: Path) -> Picture:
    from PIL import Image

    try:
        with Image.open(path) as image:
            told, (width, height) = image.text, image.size
    except OSError as error:  # which of Pillow says that a file is none of an image
        raise UsageError(f"cannot read {path}: {error}") from error
    return Picture(
        path.stem,
        told.get("Title") or path.stem.replace("_", " "),
        told.get("Description", ""),
        told.get("Source", ""),
        int(step) if (step := told.get("Comment", "")).isdecimal() else None,
        path.read_bytes(),
        width,
        height,
    )
