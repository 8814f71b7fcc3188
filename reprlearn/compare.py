"""Compares runs: one page, or one table, with what is better only where that is sure.

python -m reprlearn.compare runs/vae runs/autoencoder runs/siamese --out=compare.html
python -m reprlearn.compare runs/vae runs/autoencoder --out=compare.csv
python -m reprlearn.compare runs/vae runs/vae_photos --shared --out=compare.html

The runs are judged on the same data by the same scores; --shared compares what they have in common.
"""

import io
from collections.abc import Iterator, Sequence

from reprlearn import cli, plots
from reprlearn.files import check_out, write_text
from reprlearn.pages import comparison, values
from reprlearn.pages.comparison import Line, Runs
from reprlearn.pages.html import Markup, element, figure, join, page, section, table
from reprlearn.pages.record import Picture

BESIDE = (
    "latent_map",
    "adaptation",
    "samples",
    "samples_over_training",
    "reconstructions",
    "denoise",
    "code",
    "morph",
)


def main(arguments: Sequence[str]) -> None:
    """Writes the page or the table, and says where it is."""
    arguments, shared = _without(arguments, "shared")
    given = cli.parse_strings(arguments, {"out": None}, rest="runs")
    cli.need(given, "out", "a .html or .csv file")
    out = check_out("--out", given["out"], (".html", ".csv"))
    runs = comparison.read_runs(given["runs"])
    if not shared:
        comparison.check(runs)
    lines = comparison.lines(runs)
    html = out.suffix.lower() == ".html"
    write_text(out, render(runs, lines) if html else comparison.as_csv(runs, lines))
    print(out)


def _without(arguments: Sequence[str], flag: str) -> tuple[list[str], bool]:
    """The arguments but for a flag that has no value, and whether it was there."""
    others = [a for a in arguments if a not in (f"--{flag}", f"-{flag}", f"--{flag}=true")]
    return others, len(others) < len(arguments)


def render(runs: Runs, lines: Sequence[Line]) -> str:
    """The page of some runs."""
    title = f"{len(runs)} runs compared"
    lead = element("p", _lead(runs), class_="lead")
    parts = [
        section("Scores", *_scores(runs, lines), id="scores"),
        section("Training", *_curves(runs), id="training"),
        section("Figures", *_beside(runs), id="figures"),
        section("What differs", *_differences(runs), id="differs"),
    ]
    return page(title, element("header", element("h1", title), lead), *parts)


def _lead(runs: Runs) -> str:
    sets = dict.fromkeys(str(record.data.get("name")) for record in runs.values())
    names = f"{', '.join(runs)}; on {', '.join(sets)}."
    if not comparison.on_the_same(runs):
        return f"{names} Not all are judged on the same examples, so none is marked as best there."
    return (
        f"{names} A value is marked as best where it is better than that of every other run by a "
        f"paired 95% interval over the test examples{_of_seeds(runs)}. Without a mark the "
        f"difference may be luck.{_chosen(runs)}"
    )


def _chosen(runs: Runs) -> str:
    """Which run to choose of those that adapt to a target domain, where that can be said."""
    run = comparison.chosen(runs)
    if run is None:
        return ""
    told = (
        f" Without labels of the target, {run} would be chosen: its predictions there have the "
        "largest mutual information with the examples (selection/information)."
    )
    left_out = [run for run, record in runs.items() if comparison.is_trained_on_it(record)]
    if left_out:
        told += f" Not to be chosen by that: {', '.join(left_out)}, which was trained to raise it."
    return told


def _of_seeds(runs: Runs) -> str:
    """What the intervals say of other trainings."""
    if all(record.config.get("training.num_seeds", 1) > 1 for record in runs.values()):
        return " and over the seeds"
    return "; they are of these trained runs, and another seed may turn it round"


def _scores(runs: Runs, lines: Sequence[Line]) -> Iterator[Markup]:
    """A table for each score: a row a value, a column a run; pixels and PCA beside."""
    first, same = next(iter(runs.values())), comparison.on_the_same(runs)
    for score in dict.fromkeys(line.score for line in lines):
        rows, own = [], [line for line in lines if line.score == score]
        raw = same and any("pixels" in line.row.names for line in own)
        for line in own:
            cells = []
            for run, record in runs.items():
                of = comparison.values_of(record, line)
                cells.append(values.cell(of, line.name, _pca(of, line), best=line.best == run))
            if raw:
                of = comparison.values_of(first, line)
                cells.append(values.cell(of, line.row.names.get("pixels")))
            metrics = {line.row.metric: line.metric}
            rows.append([values.heading(line.row, metrics, score or "test"), *cells])
        title = score.replace("_", " ") or "the method's own metrics"
        yield element("h3", title)
        yield table(f"{title}, by run", ["", *runs, *(["raw input"] * raw)], rows)


def _pca(of: dict, line: Line) -> Markup:
    """The value of PCA of the run's size, under the run's own."""
    value = of.get(line.row.names.get("pca"))
    return Markup("") if value is None else element("small", f"PCA {values.number(value)}")


def _curves(runs: Runs) -> Iterator[Markup]:
    """Metrics of several runs over the steps, in one figure."""
    histories = {run: record.history for run, record in runs.items()}
    methods = {record.config.get("method") for record in runs.values()}
    made = plots.compared_curves(histories, "Training", losses=len(methods) == 1)
    if made is None:
        return
    file = io.BytesIO()
    made.savefig(file, format="png")
    width, height = (int(size * made.dpi) for size in made.get_size_inches())
    caption = "Validation where it is measured, else training; a line for each run."
    title = f"Curves of {', '.join(runs)}"
    yield figure(Picture("curves", title, caption, "", None, file.getvalue(), width, height))


def _beside(runs: Runs) -> Iterator[Markup]:
    """Figures that several runs have, side by side; a class has one colour in all of them."""
    for name in BESIDE:
        found = {
            run: picture
            for run, record in runs.items()
            for picture in record.pictures
            if picture.name == name and record.is_current(picture)
        }
        if len(found) > 1:
            yield element("h3", name.replace("_", " "))
            yield element("p", next(iter(found.values())).caption)
            figures = (figure(p._replace(caption=""), run) for run, p in found.items())
            yield element("div", join(figures), class_="side")


def _differences(runs: Runs) -> Iterator[Markup]:
    """The fields in which the configs differ."""
    found = comparison.differing(runs)
    rows = [
        [path, *(element("td", values.shown(value, "-"), class_="text") for value in of)]
        for path, of in found.items()
    ]
    if rows:
        yield table("Fields of the configs that differ", ["field", *runs], rows)


if __name__ == "__main__":
    cli.run(main)
