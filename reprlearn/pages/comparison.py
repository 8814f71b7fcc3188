"""Runs beside each other: which may be compared, on what, and which is best."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reprlearn.errors import UsageError
from reprlearn.kept import Metric, Row, belongs, rows
from reprlearn.pages import values
from reprlearn.pages.record import Record, Scored, read

Runs = Mapping[str, Record]  # by what they are called


class Line(NamedTuple):
    """A value that several runs have.

    Attributes:
      score: that measured it; "": the method's own metrics.
      name: of the value.
      row: its group, metric and spaces.
      metric: what it is.
      best: the run that is better than each other, by a paired interval; None: there is none.
    """

    score: str
    name: str
    row: Row
    metric: Metric
    best: str | None


def read_runs(workdirs: Sequence[str]) -> dict[str, Record]:
    """The records of some runs, by the names of their folders, or by their paths.

    Raises:
      UsageError: fewer than two, one twice, or a folder that is no run.
    """
    if len(workdirs) < 2:
        given = f"{len(workdirs)} run{'s' * (len(workdirs) != 1)}"
        raise UsageError(f"{given} to compare; allowed: two or more, such as runs/a runs/b")
    real = [Path(workdir).expanduser().resolve() for workdir in workdirs]
    twice = [workdir for i, workdir in enumerate(workdirs) if real[i] in real[:i]]
    if twice:
        raise UsageError(f"{twice[0]!r} is given twice; allowed: different runs")
    records = [read(workdir) for workdir in workdirs]
    short = [path.name for path in real]
    named = short if len(set(short)) == len(short) else [str(Path(w)) for w in workdirs]
    return dict(zip(named, records, strict=True))


def check(runs: Runs) -> None:
    """Refuses runs that are judged on other examples, or by other scores.

    Raises:
      UsageError: saying which, and how they differ.
    """
    first, *others = runs
    for other in others:
        if _judged_on(runs[other]) != _judged_on(runs[first]):
            raise UsageError(
                f"{first} is judged on {_data(runs[first])}, {other} on {_data(runs[other])}: not "
                "the same test examples; allowed: runs on the same, or --shared"
            )
        ours, theirs = (sorted(_scores(runs[name])) for name in (first, other))
        if ours != theirs:
            told = (f"{name} has the scores {', '.join(found) or 'none'}" for name, found in
                    ((first, ours), (other, theirs)))  # fmt: skip
            raise UsageError(
                f"{'; '.join(told)}. Allowed: runs of the same scores (python -m "
                "reprlearn.evaluate measures others), or --shared"
            )


def _judged_on(record: Record) -> set[str]:
    """Digests of the examples that a run is judged on."""
    found = {score.sha256[""] for score in _scores(record).values() if "" in score.sha256}
    return found or {record.data.get("sha256", {}).get("test", "")}


def _data(record: Record) -> str:
    classes = record.config.get("data.classes")
    of = f", classes {', '.join(map(str, classes))}" if classes else ""
    return f"{record.data.get('name', 'unknown data')}{of}"


def on_the_same(runs: Runs) -> bool:
    """Whether all are judged on the same examples."""
    first, *others = map(_judged_on, runs.values())
    return all(other == first for other in others)


def _scores(record: Record) -> dict[str, Scored]:
    """The scores of the state that a run ended with."""
    return {score.name: score for score in filter(record.is_current, record.scores)}


def lines(runs: Runs) -> list[Line]:
    """The values that at least two runs have, of scores first.

    Raises:
      UsageError: there is none.
    """
    found = []
    of_runs = {run: _scores(record) for run, record in runs.items()}
    for score in dict.fromkeys(name for scores in of_runs.values() for name in scores):
        having = {run: scores[score] for run, scores in of_runs.items() if score in scores}
        every = {name: v for s in having.values() for name, v in s.measured.values.items()}
        metrics = {name: m for s in having.values() for name, m in s.metrics.items()}
        for row in rows(every):
            name, metric = row.names.get("learned"), metrics.get(row.metric, Metric(""))
            if sum(s.measured.values.get(name) is not None for s in having.values()) > 1:
                best = _best(having, name, metric.better)
                found.append(Line(score, name, row, metric, best))
    own = _of_method(runs)
    for name in own:
        if not belongs(name, own):
            row = Row("", name.removeprefix("test/"), {"learned": name})
            found.append(Line("", name, row, Metric(""), None))
    if not found:
        raise UsageError(
            f"{', '.join(runs)} have no score and no metric in common; python -m "
            "reprlearn.evaluate measures scores"
        )
    return found


def _of_method(runs: Runs) -> dict[str, Any]:
    """The test metrics that runs of one method share; of two methods a loss is two things."""
    methods = {record.config.get("method") for record in runs.values()}
    if len(methods) > 1:
        return {}
    return {
        name: value
        for record in runs.values()
        for name, value in record.summary.items()
        if name.startswith("test/") and sum(name in r.summary for r in runs.values()) > 1
    }


def _best(having: Mapping[str, Scored], name: str, better: str) -> str | None:
    """The run that is better than each other one, where its paired intervals say so."""
    known = {r: s for r, s in having.items() if s.measured.values.get(name) is not None}
    first, *others = known.values()
    same = all(values.same_examples(first.sha256, s.sha256, name) for s in others)
    if not better or not same:
        return None
    sign = 1 if better == "higher" else -1
    best = max(known, key=lambda run: sign * known[run].measured.values[name])
    for run, score in known.items():
        if run == best:
            continue
        found = values.difference(known[best].measured, name, score.measured, name)
        if found is None or not min(sign * found[1], sign * found[2]) > 0:
            return None
    return best


def is_trained_on_it(record: Record) -> bool:
    """Whether a run was trained to raise the criterion of `chosen`."""
    return record.config.get("model.alignment") == "confusion"


def chosen(runs: Runs) -> str | None:
    """The run to choose without labels of the target: of the largest `selection/information`.

    Those with an alignment that is trained to raise it do not stand for choice. None where fewer
    than two do, or one lacks the score, or they are judged on different data.
    """
    judged = {record.data.get("sha256", {}).get("test") for record in runs.values()}
    known = {}
    for run, record in runs.items():
        if not is_trained_on_it(record):
            score = _scores(record).get("selection")
            known[run] = score and score.measured.values.get("selection/information")
    if len(judged) > 1 or len(known) < 2 or None in known.values():
        return None
    return max(known, key=lambda run: known[run])


def values_of(record: Record, line: Line) -> Mapping[str, Any]:
    """The values among which a line's is found."""
    if not line.score:
        return record.summary
    scores = _scores(record)
    return scores[line.score].measured.values if line.score in scores else {}


def differing(runs: Runs) -> dict[str, list[Any]]:
    """The fields of the configs in which the runs differ, and each run's value; None: no such."""
    fields = dict.fromkeys(path for record in runs.values() for path in record.config)
    every = {path: [record.config.get(path) for record in runs.values()] for path in fields}
    return {path: of for path, of in every.items() if any(value != of[0] for value in of)}


def as_csv(runs: Runs, found: Sequence[Line]) -> str:
    """A row for each value of each run, as data frames have it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["value", "run", "space", "mean", "low", "high", "standard_error", "best"])
    for line in found:
        for run, record in runs.items():
            of = values_of(record, line)
            for space, name in line.row.names.items():
                if of.get(name) is None:
                    continue
                ends = [of.get(f"{name}{end}", "") for end in ("_low", "_high", "/standard_error")]
                best = int(line.best == run and space == "learned")
                writer.writerow([line.name, run, space, of[name], *ends, best])
    return file.getvalue()
