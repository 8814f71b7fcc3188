"""Finds the nearest examples of a data set, by the codes of a run: of images, or of texts.

python -m reprlearn.search --workdir=runs/siamese_photos query.jpg
python -m reprlearn.search --workdir=runs/siamese_photos --index=more/ --k=5 a.jpg b.jpg
python -m reprlearn.search --workdir=runs/siamese_photos --html=found.html query.jpg
python -m reprlearn.search --workdir=runs/siamese_typos recieve accomodate

Without --index it searches the run's own data: of your own all, of a named set the test split;
--split says otherwise. The codes are kept in the run's index/ and made anew where the data or the
run have changed. Distances are exact. --json=yes prints a line of JSON for each query, --html
writes a page with the images that were found. --approximate=yes follows a graph of neighbours, for
millions of examples, and says how much of the exact result it finds (faiss: pip install -e
'.[search]'). A run of texts that keeps the score "matching" ranks them by their code and their
letters, weighed on validation pairs.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice
from reprlearn.files import check_out

if TYPE_CHECKING:
    import numpy as np

    from reprlearn.index import Found, Index
    from reprlearn.runs import Run

FLAGS = ("workdir", "index", "split", "k", "json", "html", "approximate")


def main(arguments: Sequence[str]) -> None:
    """Prints the nearest examples of each query."""
    flags = dict.fromkeys(FLAGS) | {"k": "10", "json": "no", "approximate": "no"}
    given = cli.parse_strings(arguments, flags, rest="queries")
    cli.need(given, "workdir", "the directory of a run")
    if not given["queries"]:
        raise UsageError("nothing is named; allowed: one image or text or more to search for")
    if not given["k"].isdecimal() or int(given["k"]) < 1:
        raise UsageError(f"--k is {given['k']!r}; allowed: an integer of at least 1")
    for flag in ("json", "approximate"):
        check_choice(f"--{flag}", given[flag], ("no", "yes"))
    page = given["html"] and check_out("--html", given["html"], (".html",))
    from reprlearn import data, queries, runs  # JAX is loaded here: a typo is answered at once
    from reprlearn.approximate import ASKED
    from reprlearn.files import write_text
    from reprlearn.index import index, search

    run = runs.restore(given["workdir"])
    asked = queries.examples(run.column, given["queries"])
    searched = index(run, given["index"], given["split"])
    is_approximate = given["approximate"] == "yes"
    found = search(run, searched, asked, int(given["k"]), is_approximate=is_approximate)
    if is_approximate:
        told = f"{found.recall:.1%} of the nearest {given['k']} of {ASKED} codes"
        print(f"approximate: finds {told}", file=sys.stderr)
    told = list(_rows(given["queries"], searched, found))
    if page:
        dataset = run.examples(given["index"], classes=False)
        images = None
        if run.column.kind == "image":
            split = given["split"] or data.usual_split(dataset)
            opened = dataset.open(split, run.config.seed)
            images = [opened.read(places)["x"] for places in found.place]
        write_text(page, sheet(run, told, asked, images))
        print(f"{page}: {len(told)} {'query' if len(told) == 1 else 'queries'}")
        return
    if found.weight and given["json"] == "no":
        print(f"ranked by the code and, with a weight of {found.weight:g}, by the letters")
    for each in told:
        print(json.dumps(each) if given["json"] == "yes" else _table(each))


def _rows(asked: Sequence[str], searched: "Index", found: "Found") -> Iterator[dict[str, Any]]:
    """Each query with what was found for it."""
    for query, places, distances in zip(asked, found.place, found.distance, strict=True):
        yield {
            "query": query,
            "found": [
                {
                    "distance": float(distance),
                    "class": str(searched.label[place]),
                    "name": str(searched.name[place]),
                }
                for place, distance in zip(places, distances, strict=True)
            ],
        }


def _table(told: dict[str, Any]) -> str:
    """A query and its rows, a line each; without classes where none is known."""
    rows = told["found"]
    width = max(len("class"), *(len(row["class"]) for row in rows))
    with_class = any(row["class"] for row in rows)
    lines = [told["query"], "distance  " + f"{'class':{width}}  " * with_class + "name"]
    for row in rows:
        of_class = f"{row['class']:{width}}  " * with_class
        lines.append(f"{row['distance']:8.4g}  {of_class}{row['name']}")
    return "\n".join(lines)


def sheet(
    run: "Run",
    told: Sequence[dict[str, Any]],
    asked: "np.ndarray | Sequence[str]",
    images: "Sequence[np.ndarray] | None",
) -> str:
    """A page with each query and what was found for it.

    Args:
      run: that searched.
      told: of each query what is printed in JSON.
      asked: the queries: images `[Q, H, W, C]`, or texts.
      images: of each query those that were found, `[k, H, W, C]`; None: there are none to show.
    """
    from reprlearn.pages import html

    parts = []
    for place, each in enumerate(told):
        rows = [(row["name"], row["class"], f"{row['distance']:.4g}") for row in each["found"]]
        if images is None:
            content = html.table("the nearest", ("name", "class", "distance"), rows, sort=False)
        else:
            shown = [_thumbnail(asked[place], "the query", "")]
            shown += [
                _thumbnail(image, name, f"{label} {distance}".strip())
                for image, (name, label, distance) in zip(images[place], rows, strict=True)
            ]
            content = html.element("div", html.join(shown), class_="sheet")
        parts.append(html.section(each["query"], content))
    return html.page(f"Search by {run.workdir.name}", html.element("h1", "Search"), *parts)


def _thumbnail(image: "np.ndarray", title: str, caption: str) -> str:
    """An image of the page, at least 96 pixels high."""
    import io

    import numpy as np
    from PIL import Image

    from reprlearn.pages import html
    from reprlearn.pages.record import Picture

    pixels = np.asarray(image)
    if pixels.dtype != np.uint8:
        pixels = np.round(255 * pixels).astype(np.uint8)
    pixels = pixels if pixels.shape[-1] == 3 else pixels.mean(axis=-1).astype(np.uint8)
    times = max(1, 96 // pixels.shape[0])
    shown = Image.fromarray(pixels.repeat(times, axis=0).repeat(times, axis=1))
    file = io.BytesIO()
    shown.save(file, "png")
    picture = Picture(title, title, caption, "", None, file.getvalue(), *shown.size)
    return html.figure(picture, title)


if __name__ == "__main__":
    cli.run(main)
