"""Texts in the columns of a table: one column is the examples, two are pairs of them."""

from collections.abc import Sequence

import numpy as np

from reprlearn import columns
from reprlearn.columns import Column, Columns
from reprlearn.data import listed, tables
from reprlearn.data.dataset import Contents, Rows
from reprlearn.data.labels import listed as told
from reprlearn.data.options import Options
from reprlearn.data.tables import Table, Text
from reprlearn.errors import UsageError, suggestion

SIMILAR = "similar"


def read(options: Options) -> Table:
    """The table that `data.name` names; cells of `data.text` stand as they are.

    Raises:
      UsageError: it lacks one of these columns, or there are more than two.
    """
    if len(options.text) > 2 or len(set(options.text)) < len(options.text):
        raise UsageError(
            f"data.text is {tuple(options.text)!r}; allowed: one column, or two different ones, "
            "which are pairs"
        )
    text = {SIMILAR, options.label, *options.text}
    table = tables.read(options.name, options.delimiter, text, verbatim=options.text)
    for name in options.text:
        if name not in table.columns:
            hint, known = suggestion(name, table.columns), told(list(table.columns))
            raise UsageError(
                f"data.text: {options.name!r} has no column {name!r}.{hint} Columns: {known}"
            )
    return table


def kept_rows(options: Options, table: Table, used: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The rows that lack no text, bool `[N]`, and what to tell of the others.

    Raises:
      UsageError: a text that is missing, unless such rows are left out.
    """
    missing = np.logical_or.reduce([table.columns[name].missing for name in used])
    if not missing.any():
        return ~missing, []
    if options.missing != "drop" or missing.all():
        line = table.lines[np.argmax(missing)]
        raise UsageError(
            f"data.name is {options.name!r}: {missing.sum()} of {len(missing)} rows lack a text of "
            f"{told(list(used))}, the first in line {line}; data.missing=drop leaves them out"
        )
    return ~missing, [f"{options.name!r}: {missing.sum()} of {len(missing)} rows lack a text"]


def examples(texts: Sequence[str], options: Options, like: Column | None) -> Contents:
    """Texts as examples "x", known by what they say.

    Args:
      texts: in their order.
      options: `config.data`; `text_length` bounds their bytes.
      like: the column of a run, whose length they get; None: that of the longest.
    """
    sizes = np.array([len(text.encode()) for text in texts])
    length = like.shape[0] if like is not None else min(int(sizes.max()), options.text_length)
    cut = int((sizes > length).sum())
    notes = [f"texts longer than {length} bytes, which are cut: {cut:,} of {len(texts):,}"]
    x = columns.to_tokens(texts, length)
    return Contents(
        {"x": columns.tokens(length)},
        Rows({"x": x}),
        None,
        [text.encode() for text in texts],
        [" ".join(text.split()) for text in texts],
        None,
        notes if cut else (),
    )


def labelled(
    texts: Sequence[str],
    labels: Sequence[int],
    classes: Sequence[str],
    options: Options,
    like: Columns | None,
) -> Contents:
    """Texts as examples "x" and their classes "y".

    Args:
      texts: in their order.
      labels: `[N]`, numbers of the classes.
      classes: the names of the classes.
      options, like: see `examples`; of all columns of a run.
    """
    found = examples(texts, options, like and like["x"])
    y = np.array(labels, np.int32)
    return found._replace(
        columns=found.columns | {"y": columns.classes(classes)},
        examples=Rows(found.examples.arrays | {"y": y}),
        labels=y,
    )


def of_pairs(options: Options, table: Table, like: Columns | None) -> Contents:
    """Two columns of texts as pairs, similar unless a column "similar" says otherwise.

    Args:
      options: `config.data`; `text` names the left and the right column.
      table: that has them.
      like: the columns of a run; without pairs the examples are the different right texts.
    """
    left, right = options.text
    if like is not None and "left/x" not in like:
        kept, notes = kept_rows(options, table, (right,))
        texts = _different(table.columns[right], kept)
        found = examples(texts, options, like["x"])
        return found._replace(notes=(*notes, *found.notes))
    kept, notes = kept_rows(options, table, (left, right))
    sides = [_cells(table.columns[name], kept) for name in (left, right)]
    similar = None
    if SIMILAR in table.columns:
        similar = listed.kinds(table, f"data.name is {options.name!r}")[kept]
    found = pairs(*sides, options, like, similar)
    return found._replace(notes=(*notes, *found.notes))


def pairs(
    left: Sequence[str],
    right: Sequence[str],
    options: Options,
    like: Columns | None,
    similar: np.ndarray | None = None,
) -> Contents:
    """Texts as pairs, the first left one with the first right one; see `listed.of_items`.

    Args:
      left, right: `[P]` each.
      options: `config.data`.
      like: the columns of a run.
      similar: int32 `[P]`, 1 or 0; None: all are.
    """
    texts = list(dict.fromkeys([*left, *right]))
    items = examples(texts, options, like and like["left/x"])
    place = {text: number for number, text in enumerate(texts)}
    sides = (np.array([place[text] for text in side]) for side in (left, right))
    similar = np.ones(len(left), np.int32) if similar is None else similar
    return listed.of_items(items, listed.Pairs(*sides, similar), options)


def _cells(column: Text, kept: np.ndarray) -> list[str]:
    return [column.values[code] for code in column.codes[kept]]


def _different(column: Text, kept: np.ndarray) -> list[str]:
    return [column.values[code] for code in np.unique(column.codes[kept])]
