"""From the columns of a table to the fields of vectors, and back: "colour=red" is of "colour"."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from reprlearn.data import tables
from reprlearn.data.labels import listed
from reprlearn.data.tables import Numbers, Table, Text
from reprlearn.errors import UsageError, suggestion

MOST_VALUES = 50  # of a column of text


class Field(NamedTuple):
    """One field of the vectors: the number in a column, or whether its text is one value."""

    column: str
    value: str | None = None

    def __str__(self) -> str:
        return self.column if self.value is None else f"{self.column}={self.value}"


class Inputs(NamedTuple):
    """The columns that make the vectors.

    Attributes:
      path: of the file.
      columns: by name.
      lines: of the file, in which the rows begin, int64 `[N]`.
      of_run: whether a run needs them, so that none can be ignored.
    """

    path: str
    columns: Mapping[str, Numbers | Text]
    lines: np.ndarray
    of_run: bool = False

    def line(self, where: np.ndarray) -> int:
        """The line of the first row where bool `[N]` is true."""
        return int(self.lines[np.argmax(where)])

    def failure(self, column: str, what: str) -> UsageError:
        """The error that says what is wrong with a column."""
        way_out = "" if self.of_run else f"; {without(column)}"
        return UsageError(f"data.name is {self.path!r}: column {column!r} {what}{way_out}")


def plan_of(inputs: Inputs, kept: np.ndarray) -> list[Field]:
    """The fields that the columns make."""
    plan = []
    for name, column in inputs.columns.items():
        if isinstance(column, Numbers):
            plan.append(Field(name))
            continue
        values = [column.values[code] for code in np.unique(column.codes[kept]) if code >= 0]
        if len(values) > MOST_VALUES:
            no_number = next((v for v in values if not tables.is_number(v)), values[0])
            odd = _odd(inputs, column) or f"such as {no_number!r}"
            what = f"has {len(values)} different values of text, {odd}; allowed: {MOST_VALUES}"
            raise inputs.failure(name, f"{what}; data.label would make it the label")
        plan += [Field(name, value) for value in sorted(values)]
    if len({*map(str, plan)}) < len(plan):
        twice = next(f for f, count in Counter(map(str, plan)).items() if count > 1)
        raise UsageError(f"data.name is {inputs.path!r}, whose columns make two fields {twice!r}")
    return plan


def _odd(inputs: Inputs, column: Text) -> str:
    """Of a column of text that is mostly numbers, the first cell that is none; else nothing."""
    words = [code for code, value in enumerate(column.values) if not tables.is_number(value)]
    if not 0 < len(words) < len(column.values) / 2:
        return ""
    line = inputs.line(column.codes == words[0])
    return f"since line {line} holds {column.values[words[0]]!r}"


def encode(inputs: Inputs, plan: Sequence[Field], kept: np.ndarray) -> np.ndarray:
    """The vectors of the rows that are kept, float64 `[N, D]`."""
    x = np.zeros((kept.sum(), len(plan)))
    for place, (name, value) in enumerate(plan):
        column = inputs.columns[name]
        if value is None:
            x[:, place] = column.values[kept]
        elif value in column.values:
            x[:, place] = column.codes[kept] == column.values.index(value)
    return x


def remarks(inputs: Inputs, plan: Sequence[Field], x: np.ndarray, label: str | None) -> list[str]:
    """What a person may not have meant, a line each."""
    notes = []
    for name, column in inputs.columns.items():
        if isinstance(column, Numbers) and _numbers_rows(name, column.values):
            notes.append(f"column {name!r} looks like a row number; {without(name)}")
        if isinstance(column, Text) and (odd := _odd(inputs, column)):
            notes.append(f"warning: column {name!r} is read as words, a field each, {odd}")
        elif isinstance(column, Text) and all(map(_looks_like_number, column.values)):
            notes.append(f"column {name!r} is read as text: {column.values[0]!r} is no number here")
    if label is None:
        notes += _perhaps_labels(inputs)
    known = [column[~np.isnan(column)] for column in x.T]
    fixed = [str(f) for f, v in zip(plan, known, strict=True) if len(x) > 1 and (v == v[:1]).all()]
    if fixed:
        notes.append(f"the same in every row: {listed(fixed)}")
    return [f"{inputs.path!r}: {note}" for note in notes]


def _looks_like_number(text: str) -> bool:
    """Whether it has digits and signs of numbers alone, as 1.234,5 and 1 234 have."""
    return re.fullmatch(r"[-+]?[\d.,' ]*\d[\d.,' ]*", text) is not None


def _numbers_rows(name: str, values: np.ndarray) -> bool:
    """Whether a column counts the rows, or is called so and differs in each."""
    if len(values) < 3 or not (values == np.trunc(values)).all():
        return False
    called = re.fullmatch(r"id|index|unnamed: 0|column \d+", name.lower())
    different = called and len(np.unique(values)) == len(values)
    return bool(different) or (values[0] in (0, 1) and bool((np.diff(values) == 1).all()))


def plan_of_run(path: str, table: Table, fields: Sequence[str]) -> list[Field]:
    """Where the fields of a run are in a table."""
    plan, lacking = [], []
    others = sorted(table.columns.keys() - set(fields), key=len, reverse=True)
    for field in fields:
        # "a=b=c" is the value "c" of a column "a=b", if there is one, and else "b=c" of "a".
        owner = next((name for name in others if field.startswith(f"{name}=")), None)
        if field in table.columns:
            plan.append(Field(field))
        elif owner is not None:
            plan.append(Field(owner, field[len(owner) + 1 :]))
        else:
            lacking.append(field)
    if lacking:
        columns = list(dict.fromkeys(field.partition("=")[0] for field in lacking))
        hint = suggestion(columns[0], table.columns)
        raise UsageError(
            f"data.name is {path!r}, which lacks columns that the run learned from: "
            f"{listed(columns)}.{hint} Columns: {listed(list(table.columns))}"
        )
    return plan


def _perhaps_labels(inputs: Inputs) -> list[str]:
    """What may be the classes of a table without a label: by its name, or a column of text."""
    columns = inputs.columns.items()
    called = [name for name, _ in columns if name.lower() in ("label", "class", "target")]
    text = [name for name, column in columns if isinstance(column, Text) and name not in called]
    notes = [
        f"column {name!r} is an input; if it is the class, set data.label={name}" for name in called
    ]
    if text and not called:
        notes.append(f"one-hot inputs: {listed(text)}; if one is the class, set data.label")
    return notes


def check_known(inputs: Inputs, plan: Sequence[Field], kept: np.ndarray) -> None:
    """Refuses text where the run had numbers, and text that it did not have."""
    for name, column in inputs.columns.items():
        if isinstance(column, Numbers):
            continue
        learned = {value for owner, value in plan if owner == name}
        numeric = learned == {None}
        known = [tables.is_number(v) if numeric else v in learned for v in column.values]
        strange = ~np.array([*known, True])[column.codes]  # a missing one, -1, is the last
        strange &= kept | numeric  # one word makes a column of text, in whatever row
        if strange.any():
            cell = column.values[column.codes[np.argmax(strange)]]
            what = "numbers" if numeric else f"text: {listed(sorted(learned))}"
            found = f"holds {cell!r} in line {inputs.line(strange)}"
            raise inputs.failure(name, f"{found}; the run learned from {what}")


def without(column: str) -> str:
    """How a column can be left out."""
    return f"data.ignore={column if column.isidentifier() else repr(column)} leaves it out"
