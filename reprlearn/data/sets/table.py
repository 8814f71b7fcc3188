"""A table in a file, .csv or .tsv: its columns make vectors, and one of them may be the label.

A column of numbers is one field of the vectors. A column of text is a field for each of its values,
"colour=red": 1 where a row has that value, else 0.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from reprlearn.columns import UNLABELLED, Column, Columns, classes, numeric, vector
from reprlearn.data import sensitive, tables, texts
from reprlearn.data.dataset import Contents, Rows
from reprlearn.data.delimited import SUFFIXES
from reprlearn.data.fields import Inputs, check_known, encode, plan_of, plan_of_run, remarks
from reprlearn.data.labels import Numbered, are_numbers, listed, number, told_of_numbers
from reprlearn.data.options import Options
from reprlearn.data.splitting import content_keys
from reprlearn.data.tables import Numbers, Table, Text
from reprlearn.errors import UsageError, suggestion
from reprlearn.roles import input_role

USES = frozenset(
    {"label", "columns", "ignore", "scaling", "missing", "delimiter", "text", "text_length"}
    | {"sensitive", "sensitive_input", "split", "split_seed", "max_examples"}
)


def answers(name: str) -> bool:
    """Whether it is the path of a .csv or .tsv file, gzipped or not."""
    return name.lower().endswith(SUFFIXES)


def read(options: Options, like: Columns | None = None) -> Contents:
    """The table that `data.name` names, with the fields of a run if it is of one."""
    sensitive.check(options)
    if options.text:
        return _of_texts(options, like)
    if like is not None and like["x"].kind != "vector":
        raise UsageError(f"{options.name} is a table; the run takes {like['x'].many}")
    return contents(options.name, options, *known(like))


def known(like: Columns | None) -> tuple[Sequence[str], Sequence[str]]:
    """What a run knows of a table: the names of its fields, and of its groups; () where none."""
    return ((), ()) if like is None else (like["x"].names, like["s"].names if "s" in like else ())


def contents(
    name: str, options: Options, fields: Sequence[str] | None = None, groups: Sequence[str] = ()
) -> Contents:
    """What a table in a file holds; see `of_table`."""
    as_text = text_columns(options, fields or ())
    table = tables.read(name, options.delimiter, as_text)
    return of_table(name, table, options, fields or (), groups)


def of_table(
    name: str,
    table: Table,
    options: Options,
    fields: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> Contents:
    """What a table holds: "x" `[N, D]`, its fields; "y" and "s" `[N]`, its label and its groups.

    Args:
      name: of the table, for messages.
      table: read with `text_columns` as text.
      options: `label`: the column of "y", text or whole numbers; `sensitive`: the column of "s";
        `columns`: those of "x", by default all others; `ignore`: those that are not; `missing`:
        "refuse", "drop" (such rows), or "mean" (a missing number is NaN in "x", for the caller to
        fill in; missing text is 0 in each of its fields).
      fields: those of a trained run, where they have names: "x" has these in their order, from a
        table that may have more columns, no label, and no groups.
      groups: the names of those that the run knows.

    Raises:
      UsageError: the columns do not fit; with the column and the line.
    """
    if not fields:
        inputs = Inputs(name, _chosen(name, table, options), table.lines)
        kept, notes = _kept(sensitive.beside(inputs, table, options), options.missing)
        plan = plan_of(inputs, kept)
        x = encode(inputs, plan, kept)
        notes = [*table.notes, *notes, *remarks(inputs, plan, x, options.label)]
    else:
        plan = plan_of_run(name, table, fields)
        if options.label in {field.column for field in plan}:
            raise UsageError(f"data.label is {options.label!r}, a column that the run learned from")
        inputs = Inputs(name, {f.column: table.columns[f.column] for f in plan}, table.lines, True)
        kept, notes = _kept(sensitive.beside(inputs, table, options), options.missing)
        check_known(inputs, plan, kept)
        x = encode(inputs, plan, kept)
        notes = [*table.notes, *notes, *_left_out(table, inputs, options)]
    labels, of_labels, said = _labels(options, table, kept)
    attribute, of_groups = sensitive.groups(options, table, kept, groups)
    roles = {"x": vector(len(plan), map(str, plan), "float64")} | labels | attribute
    arrays, notes = {"x": x} | of_labels | of_groups, [*notes, *said]
    # Equal rows stay together, whatever their labels; the groups decide, whether inputs or not.
    inputs = sensitive.beside(inputs, table, options)
    keys = content_keys(*_as_read(list(inputs.columns.values()), kept))
    return Contents(
        columns=roles,
        examples=Rows(arrays),
        labels=arrays.get("y"),
        keys=keys,
        names=[str(row) for row in np.flatnonzero(kept)],
        given=None,
        notes=notes,
    )


# Which columns there are, and which make the vectors.


def text_columns(options: Options, fields: Sequence[str]) -> set[str | None]:
    """The columns that are text even where each cell is a number: classes, and those of a run."""
    places = [(field, found.start()) for field in fields for found in re.finditer("=", field)]
    of_run = {field[:at] for field, at in places} - set(fields)
    return of_run | {options.label, options.sensitive}


def _chosen(path: str, table: Table, options: Options) -> dict[str, Numbers | Text]:
    """The columns of "x", by name."""
    names = list(table.columns)
    label = () if options.label is None else (options.label,)
    groups = () if options.sensitive is None else (options.sensitive,)
    for what, given in (
        ("label", label),
        ("sensitive", groups),
        ("columns", options.columns),
        ("ignore", options.ignore),
    ):
        for name in given:
            if name not in names:
                hint = suggestion(name, names)
                raise UsageError(
                    f"data.{what}: {path!r} has no column {name!r}.{hint} Columns: {listed(names)}"
                )
    for one, other, first, second in (
        ("label", "columns", label, options.columns),
        ("label", "ignore", label, options.ignore),
        ("label", "sensitive", label, groups),
        ("sensitive", "ignore", groups, options.ignore),
        ("columns", "ignore", options.columns, options.ignore),
    ):
        if both := [name for name in first if name in second]:
            raise UsageError(f"data.{one} and data.{other} both have {both[0]!r}; allowed: one")
    if label and table.columns[options.label].missing.all():
        raise UsageError(f"data.label is {options.label!r}, a column of {path!r} without values")
    apart = () if options.sensitive_input == "on" else groups
    rest = [name for name in names if name not in (*label, *apart, *options.ignore)]
    if not rest:
        raise UsageError(
            f"data.name is {path!r}: no column is left beside the label and data.ignore"
        )
    chosen = dict.fromkeys(name for name in options.columns or rest if name not in apart)
    return {name: table.columns[name] for name in chosen}


def _kept(inputs: Inputs, missing: str) -> tuple[np.ndarray, list[str]]:
    """The rows that are kept, bool `[N]`, and what to tell of values that are missing."""
    gone = {}
    for name, column in inputs.columns.items():
        if isinstance(column, Numbers) and column.fault:
            raise inputs.failure(name, column.fault)
        if column.missing.all() and not inputs.of_run:
            raise inputs.failure(name, "has no values")
        if column.missing.any():
            gone[name] = column.missing
    if not gone:
        return np.ones(len(inputs.lines), bool), []
    if missing == "refuse":
        name, where = next(iter(gone.items()))
        way_out = "data.missing=drop leaves out rows, data.missing=mean fills in means"
        if inputs.of_run:
            way_out = (
                "allowed: no missing value, as the run's config says (data.missing is 'refuse')"
            )
        others = f"; values are missing too in {listed(list(gone)[1:])}" if len(gone) > 1 else ""
        raise inputs.failure(
            name,
            f"lacks {where.sum()} of {len(where)} values, the first in line {inputs.line(where)}"
            f"{others}; {way_out}",
        )
    some = np.logical_or.reduce(list(gone.values()))
    if missing == "mean":
        count = sum(int(where.sum()) for where in gone.values())
        return np.ones(len(some), bool), [
            f"{inputs.path!r}: {count} values are missing in {listed(list(gone))}; numbers become "
            "the mean of the training split, text is 0 in each of its fields"
        ]
    if some.all():
        raise UsageError(
            f"data.missing is 'drop', and every row of {inputs.path!r} lacks a value in one of: "
            f"{listed(list(gone))}"
        )
    return ~some, [f"{inputs.path!r}: {some.sum()} of {len(some)} rows lack a value, left out"]


def _left_out(table: Table, inputs: Inputs, options: Options) -> list[str]:
    """What to tell of columns that the run did not learn from."""
    expected = {*inputs.columns, *options.ignore, options.label, options.sensitive}
    others = [name for name in table.columns if name not in expected]
    if not others or options.columns:
        return []
    return [f"{inputs.path!r}: the run did not learn from these columns: {listed(others)}"]


# Texts.


def _of_texts(options: Options, like: Columns | None) -> Contents:
    """The columns `data.text` as texts, or pairs of them; with the label of one."""
    x = None if like is None else like[input_role(like)]
    if x is not None and x.kind != "tokens":
        raise UsageError(f"data.text is {options.text!r}; the run takes {x.many}")
    table = texts.read(options)
    if len(options.text) == 2:
        return texts.of_pairs(options, table, like)
    if like is None and options.label not in (None, *table.columns):
        hint, known = suggestion(options.label, table.columns), listed(list(table.columns))
        raise UsageError(
            f"data.label: {options.name!r} has no column {options.label!r}.{hint} Columns: {known}"
        )
    (name,) = options.text
    kept, notes = texts.kept_rows(options, table, options.text)
    column = table.columns[name]
    found = texts.examples([column.values[code] for code in column.codes[kept]], options, x)
    labels, of_labels, said = _labels(options, table, kept)
    return found._replace(
        columns={**found.columns, **labels},
        examples=Rows({**found.examples.arrays, **of_labels}),
        labels=of_labels.get("y"),
        notes=(*notes, *found.notes, *said),
    )


# The label, and what identifies a row.


def _labels(
    options: Options, table: Table, kept: np.ndarray
) -> tuple[dict[str, Column], dict[str, np.ndarray], list[str]]:
    """The column `data.label` as "y" or "v": columns and arrays by role, and what to tell."""
    label = table.columns.get(options.label)
    if label is not None and (values := _as_numbers(label, kept)) is not None:
        told = told_of_numbers(f"the values of data.label {options.label!r}", values)
        return {"v": numeric()}, {"v": values}, [told]
    if label is not None and (y := _numbered(options.label, label, kept)) is not None:
        return {"y": classes(y.names)}, {"y": y.y}, []
    return {}, {}, []


def _as_numbers(column: Text, kept: np.ndarray) -> np.ndarray | None:
    """A label of numbers, float64 `[N]`, NaN where it is missing; None where it names classes."""
    codes = column.codes[kept]
    used = np.unique(codes[codes >= 0])
    values = [column.values[code] for code in used]
    if not values or not all(map(tables.is_number, values)):
        return None
    value_of = np.full(len(column.values) + 1, np.nan)
    value_of[used] = np.array(values, np.float64)
    return value_of[codes] if are_numbers(value_of) else None


def _numbered(name: str, column: Text, kept: np.ndarray) -> Numbered | None:
    """The labels as classes; None where none is known."""
    codes = column.codes[kept]
    used = np.unique(codes[codes >= 0])
    if not len(used):
        return None
    values = [column.values[code] for code in used]
    if all(re.fullmatch("[+-]?[0-9]{1,99}", value) for value in values):
        values = np.array([int(value) for value in values], object)
    elif all(map(tables.is_number, values)):
        values = np.array(values, np.float64)
    found = number(values, f"data.label is {name!r}: the column")
    class_of = np.full(len(column.values) + 1, UNLABELLED, np.int32)
    class_of[used] = found.y
    return Numbered(class_of[codes], found.names)  # the code -1 takes the last, UNLABELLED


def _as_read(inputs: Sequence[Numbers | Text], kept: np.ndarray) -> list[np.ndarray]:
    """What identifies the rows, whatever values the others have: numbers, and digests of text."""
    arrays = []
    numbers = [column.values[kept] for column in inputs if isinstance(column, Numbers)]
    if numbers:
        stacked = np.stack(numbers, axis=1)
        arrays.append(np.where(np.isnan(stacked), np.nan, stacked))  # one NaN of the many
    for column in inputs:
        if isinstance(column, Text):
            digests = [hashlib.blake2b(v.encode(), digest_size=16).digest() for v in column.values]
            table = np.frombuffer(b"".join([*digests, bytes(16)]), np.uint8).reshape(-1, 16)
            arrays.append(table[column.codes[kept]])  # a missing one, -1, is the last
    return arrays
