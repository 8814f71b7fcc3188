"""Results as text, within 80 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from reprlearn.kept import SPACES, parsed


def table(values: Mapping[str, Any]) -> str:
    """A summary: values in two columns, then those of each score by space; the digest shortened.

    What several seeds gave is shown as mean +- standard error; of one run an interval stands behind
    its value.
    """
    shown = [name for name, value in values.items() if value is not None and not _of(name, values)]
    rows: dict[str, dict[str, str]] = {}  # name -> space -> the name of the value there
    for name in shown:
        group, space, metric = parsed(name)
        rows.setdefault(f"{name[: name.rfind('/') + 1]}{group}{metric}", {})[space] = name
    scores = dict.fromkeys(n.split("/")[0] for n, found in rows.items() if len(found) > 1)
    plain = [(n, told(n, values)) for n in shown if n.split("/")[0] not in scores]
    blocks = [_columns(plain)] if plain else []
    for score in scores:
        of_score = [(name, found) for name, found in rows.items() if name.split("/")[0] == score]
        blocks.append(_by_space(score, of_score, values))
    return "\n\n".join(blocks)


def told(name: str, values: Mapping[str, Any]) -> str:
    """A value, with its standard error or its interval where it has one."""
    error, low = values.get(f"{name}/standard_error"), values.get(f"{name}_low")
    if error is not None:
        return f"{number(values[name])} +- {number(error)}"
    if low is not None:
        return f"{number(values[name])} [{number(low)}, {number(values[f'{name}_high'])}]"
    return number(values[name])


def number(value: Any) -> str:
    """A number with four places; an integer as it is; a text's first letters."""
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)[:16]


def _of(name: str, values: Mapping[str, Any]) -> bool:
    """Whether a value belongs to another one: its error, its seeds, the end of its interval."""
    is_end = name.removesuffix("_low").removesuffix("_high") in values.keys() - {name}
    return name.endswith(("/standard_error", "/seeds")) or is_end


def _by_space(
    score: str, rows: Sequence[tuple[str, Mapping[str, str]]], values: Mapping[str, Any]
) -> str:
    """A score's values: a row for each, a column for each space."""
    lines = [(score, *SPACES)]
    for name, found in rows:
        others = (number(values[found[s]]) if s in found else "" for s in SPACES[1:])
        learned = told(found["learned"], values) if "learned" in found else ""
        lines.append((f"  {name.split('/', 1)[1]}", learned, *others))
    return _columns(lines)


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
