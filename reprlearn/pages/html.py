"""A page in one file: elements whose text is escaped, tables, figures; no network, no library."""

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from reprlearn.pages.record import Picture

HERE = Path(__file__).parent


class Markup(str):
    """Text that is markup already; any other text is escaped."""


def element(tag: str, *content: object, **attributes: str | bool | None) -> Markup:
    """An element; `class_` is the attribute class, and an underscore within a name a dash."""
    shown = ""
    for name, value in attributes.items():
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            shown += f" {name}"
        elif value is not None and value is not False:
            shown += f' {name}="{html.escape(str(value))}"'
    inner = "".join(c if isinstance(c, Markup) else html.escape(str(c)) for c in content)
    return Markup(f"<{tag}{shown}>{inner}</{tag}>")


def join(parts: Iterable[str]) -> Markup:
    """Several pieces of markup as one."""
    return Markup("\n".join(part for part in parts if part))


def section(title: str, *content: object, id: str = "") -> Markup:
    """A part of the page, with its heading; without any content nothing."""
    if not any(content):
        return Markup("")
    return element("section", element("h2", title), *content, id=id or None)


def table(
    caption: str, head: Sequence[object], rows: Iterable[Sequence[object]], *, sort: bool = True
) -> Markup:
    """A table that scrolls by itself on a narrow screen; the first cell of a row is its heading.

    With `sort` a click on a column's heading sorts by it.
    """
    rows = list(rows)
    first = rows[0] if rows else [""] * len(head)
    texts = [isinstance(cell, Markup) and 'class="text"' in cell[:20] for cell in first]
    heads = (
        element(
            "th",
            element("button", cell, type="button") if sort and cell else cell,
            scope="col",
            class_="text" if is_text else None,
        )
        for cell, is_text in zip(head, texts, strict=True)
    )
    lines = (
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(cell if _is_cell(cell) else element("td", cell) for cell in row[1:]),
        )
        for row in rows
    )
    made = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *heads)),
        element("tbody", *lines),
        class_="sortable" if sort else None,
    )
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _is_cell(cell: object) -> bool:
    return isinstance(cell, Markup) and cell.startswith("<td")


def figure(picture: Picture, title: str = "") -> Markup:
    """A figure with its caption; its title is what a screen reader says."""
    source = f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"
    size = {"width": str(picture.width), "height": str(picture.height)}
    image = Markup(f'<img src="{source}" alt="{html.escape(picture.title)}" {_sizes(size)}>')
    caption = element("figcaption", element("b", title), " " * bool(title), picture.caption)
    return element("figure", image, caption if picture.caption or title else "")


def _sizes(size: dict[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in size.items())


def page(title: str, *content: object) -> str:
    """The whole document."""
    style, script = ((HERE / name).read_text() for name in ("page.css", "page.js"))
    head = join(
        [
            Markup('<meta charset="utf-8">'),
            Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Markup('<meta name="color-scheme" content="light dark">'),
            element("title", title),
            Markup(f"<style>\n{style}</style>"),
        ]
    )
    body = element("body", element("main", join(content)), Markup(f"<script>\n{script}</script>"))
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n{body}\n</html>\n'
