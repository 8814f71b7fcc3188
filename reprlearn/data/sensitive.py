"""A sensitive attribute of the rows of a table, such as sex or race: the groups they belong to."""

from collections.abc import Sequence

import numpy as np

from reprlearn.columns import Column, classes
from reprlearn.data.fields import Inputs
from reprlearn.data.labels import listed
from reprlearn.data.options import Options
from reprlearn.data.tables import Table
from reprlearn.errors import UsageError

MOST = 20  # groups: of more each would be too small to be compared


def check(options: Options) -> None:
    """Refuses settings of a sensitive attribute that would change nothing.

    Raises:
      UsageError: an attribute of texts, or one that is to be an input and is not named.
    """
    if options.sensitive is not None and options.text:
        raise UsageError(f"data.sensitive is {options.sensitive!r}; allowed with data.text: None")
    if options.sensitive is None and options.sensitive_input == "on":
        raise UsageError("data.sensitive_input is 'on'; allowed without data.sensitive: 'off'")


def beside(inputs: Inputs, table: Table, options: Options) -> Inputs:
    """The columns that make the vectors, and after them the groups, whether an input or not."""
    name = options.sensitive
    if name not in table.columns:
        return inputs
    others = {other: column for other, column in inputs.columns.items() if other != name}
    return inputs._replace(columns=others | {name: table.columns[name]})


def groups(
    options: Options, table: Table, kept: np.ndarray, known: Sequence[str] = ()
) -> tuple[dict[str, Column], dict[str, np.ndarray]]:
    """The column `data.sensitive` as "s", int32 `[N]`; groups are called as fields, "sex=male".

    Args:
      options: `config.data`.
      table: that column is of text.
      kept: bool, the rows that are kept.
      known: the names of a run's groups, which have their numbers; (): in the order of text.

    Returns:
      the column and the array by role; nothing where there is no such column.

    Raises:
      UsageError: one group, or too many; a row without one; one that the run does not know.
    """
    column = table.columns.get(options.sensitive)
    if column is None:
        return {}, {}
    what, codes = f"data.sensitive is {options.sensitive!r}", column.codes[kept]
    if (codes < 0).any():
        raise UsageError(
            f"{what}, a column without a value in {(codes < 0).sum()} rows; allowed: "
            "data.missing=drop, which leaves them out"
        )
    called = [f"{options.sensitive}={value}" for value in column.values]
    found = sorted(called[code] for code in np.unique(codes))
    names = list(known) or found
    if unknown := [name for name in found if name not in names]:
        raise UsageError(f"{what}, with {listed(unknown)}; the run knows {listed(names)}")
    if not 2 <= len(names) <= MOST:
        raise UsageError(
            f"{what}, a column of {len(names)} different value{'s' * (len(names) > 1)}, "
            f"{listed(names, 3)}; allowed: 2 to {MOST}"
        )
    number = np.array([names.index(name) if name in found else -1 for name in called])
    return {"s": classes(names)}, {"s": number[codes].astype(np.int32)}
