"""Writes the page of a run: what it is, what it learned, how good that is.

python -m reprlearn.report --workdir=runs/vae                  # runs/vae/report.html
python -m reprlearn.report --workdir=runs/vae --out=vae.html

One file that needs nothing else. Training writes it too, unless --config.report=off.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reprlearn import cli
from reprlearn.files import check_out, write_text
from reprlearn.kept import SPACES, belongs, rows
from reprlearn.notes import WARNING
from reprlearn.pages import values
from reprlearn.pages.html import Markup, element, figure, join, page, section, table
from reprlearn.pages.record import Record, Scored, read

FILE = "report.html"
CALLED = {
    "learned": "this run",
    "pca": "PCA",
    "untrained": "untrained",
    "forest": "isolation forest",
    "tfidf": "TF-IDF",
    "fused": "code and letters",
}


def main(arguments: Sequence[str]) -> None:
    """Writes the page, and says where it is."""
    given = cli.parse_strings(arguments, {"workdir": None, "out": None})
    cli.need(given, "workdir", "the directory of a run")
    out = None if given["out"] is None else check_out("--out", given["out"], (".html",))
    print(write(given["workdir"], out))


def write(workdir: str | Path, out: Path | None = None) -> Path:
    """Writes the page of a run, by default into its folder; returns where.

    Raises:
      UsageError: the folder is no run.
      StorageError: the page cannot be written.
    """
    record = read(workdir)
    out = out or record.workdir / FILE
    write_text(out, render(record))
    return out


def render(record: Record) -> str:
    """The page of a run."""
    name = record.workdir.resolve().name
    parts = [
        _results(record),
        section("Scores", *_scores(record), id="scores"),
        section("Figures", *_figures(record), id="figures"),
        section("Data", *_data(record), id="data"),
        section("Config", *_config(record), id="config"),
        section("Make it again", *_again(record), id="again"),
    ]
    titles = ("Results", "Scores", "Figures", "Data", "Config", "Make it again")
    links = [
        element("li", element("a", title, href=f"#{title.split()[-1].lower()}"))
        for title, part in zip(titles, parts, strict=True)
        if part
    ]
    contents = element("nav", element("ul", *links), aria_label="Contents")
    head = element("header", element("h1", name), element("p", _lead(record), class_="lead"))
    return page(f"{name}: a run", head, contents, _warnings(record), *parts)


def _lead(record: Record) -> str:
    """What the run is, in a sentence or two."""
    about = record.environment.get("method") or record.config.get("method", "")
    steps, asked = record.step, record.config.get("training.steps", 0)
    seeds = record.config.get("training.num_seeds", 1)
    trained = f"Trained for {steps:,} steps on {record.data.get('name', 'its data')}"
    if not record.summary:
        trained = f"Not finished: {steps:,} of {asked:,} steps on {record.data.get('name')}"
    if seeds > 1:
        trained += f", {seeds} seeds from {record.config['seed']}"
    size = f"; {record.summary['parameters']:,} parameters" if record.summary else ""
    time = f", {record.summary['seconds']:,.0f} s in all" if record.summary.get("seconds") else ""
    return f"{about} {trained}{size}{time}."


def _warnings(record: Record) -> Markup:
    """What a person should look at."""
    found = [line.removeprefix(WARNING) for line in record.notes if line.startswith(WARNING)]
    late = [score for score in record.scores if not record.is_current(score)]
    found += [f"{score.name} was measured at step {score.step:,}: left out" for score in late]
    old = [picture.name for picture in record.pictures if not record.is_current(picture)]
    found += [f"the figure {name} is of another step: left out" for name in old]
    if not found:
        return Markup("")
    items = element("ul", *(element("li", line) for line in found))
    return element("section", element("h2", "Warnings"), items, class_="warnings")


def _results(record: Record) -> Markup:
    """The metrics of the method on the test split, and those of its baselines."""
    found = {n: v for n, v in record.summary.items() if n.startswith("test/") and v is not None}
    names = [name for name in found if not belongs(name, found)]
    head = ["metric", "this run", *record.baselines]
    every = [found, *(one.summary for one in record.baselines.values())]
    rows = [
        [name.removeprefix("test/").replace("_", " "), *(values.cell(v, name) for v in every)]
        for name in names
    ]
    made = table("The method's own metrics on the test split", head, rows) if rows else ""
    return section("Results", made, _seeds(found, record), id="results")


def _seeds(found: Mapping[str, Any], record: Record) -> Markup:
    """What each seed gave, folded in; of one seed nothing."""
    lists = {n.removesuffix("/seeds"): v for n, v in found.items() if n.endswith("/seeds")}
    if not lists:
        return Markup("")
    first, count = record.config.get("seed", 0), len(next(iter(lists.values())))
    head = ["value", *(f"seed {first + i}" for i in range(count))]
    rows = [
        [name, *(element("td", values.number(v), data_value=str(v)) for v in each)]
        for name, each in lists.items()
    ]
    return element("details", element("summary", "Each seed"), table("Values by seed", head, rows))


def _scores(record: Record) -> Iterator[Markup]:
    """Every score with its question, its values beside those of other spaces, its figures."""
    for score in filter(record.is_current, record.scores):
        yield element("h3", score.name.replace("_", " "))
        yield element("p", score.question)
        yield _score(record, score)
        yield _seeds(score.measured.values, record)
        current = filter(record.is_current, record.pictures)
        yield join(figure(p) for p in current if p.score == score.name)
    columns = record.data.get("columns", {})
    if columns and not any(role.split("/")[-1] in "yv" for role in columns):
        yield element(
            "p",
            "The data have no labels. With them a run can also be asked whether its codes tell the "
            "classes: by neighbours, a linear probe, clusters, retrieval and verification.",
        )
    if not record.scores and record.summary:
        yield element("p", "No score was asked for. To ask some of this run:")
        command = f"python -m reprlearn.evaluate --workdir={record.workdir} --scores=geometry"
        yield element("pre", command)


def _score(record: Record, score: Scored) -> Markup:
    """The table of a score: a row a metric, a column a space or a baseline."""
    found, measured = rows(score.measured.values), score.measured
    spaces = [space for space in SPACES if any(space in row.names for row in found)]
    baselines = {
        name: other
        for name, one in record.baselines.items()
        for other in one.scores
        if other.name == score.name
    }
    lines = []
    for row in found:
        better = score.metrics[row.metric].better if row.metric in score.metrics else ""
        name = row.names.get("learned")
        cells = [values.cell(measured.values, name)]
        for other in baselines.values():
            same = values.same_examples(score.sha256, other.sha256, name)
            than = values.difference(measured, name, other.measured, name) if same else None
            cells.append(values.cell(other.measured.values, name, values.verdict(than, better)))
        for space in spaces:
            if space != "learned":
                of = row.names.get(space)
                than = values.difference(measured, name, measured, of)
                cells.append(values.cell(measured.values, of, values.verdict(than, better)))
        lines.append([values.heading(row, score.metrics, score.name), *cells])
    called = CALLED | {"pixels": _raw(record)}
    head = ["", called["learned"], *baselines, *(called[s] for s in spaces if s != "learned")]
    several = any(name.endswith("/seeds") for name in measured.values)
    told = "mean, standard error over the seeds" if several else "value, 95% interval"
    if len(head) > 2:
        told += ", and whether this run is better"
    return table(f"{score.name.replace('_', ' ')}: {told}", head, lines)


def _raw(record: Record) -> str:
    kinds = {column["kind"] for column in record.data.get("columns", {}).values()}
    return "pixels" if "image" in kinds else "raw fields"


def _figures(record: Record) -> Iterator[Markup]:
    """The figures that are of no score; the curves first, the examples with the data."""
    current = filter(record.is_current, record.pictures)
    own = [p for p in current if not p.score and p.name != "examples"]
    for picture in sorted(own, key=lambda p: (p.name != "training_curves", p.name)):
        yield element("h3", picture.name.replace("_", " "))
        yield figure(picture)


def _data(record: Record) -> Iterator[Markup]:
    """What the arrays are, how many examples there are, and a few of them."""
    data = record.data
    for line in record.notes:
        if not line.startswith(WARNING):
            yield element("p", line)
    rows = []
    for role, column in data.get("columns", {}).items():
        names = ", ".join(column["names"][:12]) + ", ..." * (len(column["names"]) > 12)
        shape = " x ".join(map(str, column["shape"])) or "one number"
        rows.append([role, *(_text(cell) for cell in (column["kind"], shape, names))])
    if rows:
        yield table("Columns", ["role", "kind", "shape", "names"], rows, sort=False)
    sizes = {split: size for split, size in data.get("sizes", {}).items() if size is not None}
    if sizes:
        counts = [[split, element("td", _count(size))] for split, size in sizes.items()]
        yield table("Examples", ["split", "examples"], counts, sort=False)
    if shown := data.get("rows"):
        head = list(dict.fromkeys(name for row in shown for name in row))
        rows = [[str(i + 1), *(row.get(name, "") for name in head)] for i, row in enumerate(shown)]
        yield table("The first test examples", ["", *head], rows, sort=False)
    current = filter(record.is_current, record.pictures)
    yield join(figure(p) for p in current if p.name == "examples")


def _count(size: Any) -> str:
    """A number of examples; of two domains both."""
    if isinstance(size, Mapping):
        return ", ".join(f"{count:,} {name}" for name, count in size.items())
    return f"{size:,}"


def _text(cell: object) -> Markup:
    return element("td", cell, class_="text")


def _config(record: Record) -> Iterator[Markup]:
    """What differs from the method's defaults, and all fields folded in."""
    defaults = record.environment.get("defaults")
    if defaults:
        rows = [
            [path, _text(values.shown(record.config.get(path))), _text(values.shown(default))]
            for path, default in defaults.items()
        ]
        yield table("What differs from the method's defaults", ["field", "here", "default"], rows)
    every = [[path, _text(values.shown(value))] for path, value in record.config.items()]
    yield element(
        "details",
        element("summary", f"All {len(every)} fields"),
        table("Every field", ["field", "value"], every),
    )


def _again(record: Record) -> Iterator[Markup]:
    """The command, the versions, and the digest that an equal run has."""
    config = shlex.quote(str(record.workdir / "config.json"))
    yield element("p", "A run is a function of its config and its data. The same again:")
    if record.config.get("data.name") == "memory":  # arrays of Python
        load = f"config = reprlearn.load_config({str(record.workdir / 'config.json')!r})"
        yield element("pre", f"{load}\nreprlearn.train(config, 'runs/again', data=...)")
    else:
        yield element("pre", f"python -m reprlearn --config={config} --workdir=runs/again")
    environment = record.environment
    told = {
        "digest of the parameters": record.summary.get("state_sha256"),
        "digest of the test split": record.data.get("sha256", {}).get("test"),
        "commit": environment.get("commit"),
        "Python": environment.get("python"),
        **environment.get("versions", {}),
        "platform": environment.get("platform"),
        "devices": ", ".join(environment.get("devices", [])),
    }
    rows = [[name, _text(value)] for name, value in told.items() if value is not None]
    yield table("Made with", ["what", "value"], rows, sort=False)


if __name__ == "__main__":
    cli.run(main)
