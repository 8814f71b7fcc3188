"""Results as text, within 80 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from reprlearn.kept import SPACES, Row, belongs, rows


def table(values: Mapping[str, Any]) -> str:
    """A summary: values in two columns, then those of each score by space; the digest shortened.

    What several seeds gave is shown as mean +- standard error; of one run an interval stands behind
    its value.
    """
    known = {name: value for name, value in values.items() if value is not None}
    by_score: dict[str, list[Row]] = {}
    for row in rows(known):
        by_score.setdefault(next(iter(row.names.values())).split("/")[0], []).append(row)
    compared = {s: found for s, found in by_score.items() if any(len(r.names) > 1 for r in found)}
    own = [name for name in known if not belongs(name, known)]
    plain = [(name, told(name, values)) for name in own if name.split("/")[0] not in compared]
    blocks = [_columns(plain)] if plain else []
    blocks += [_by_space(score, found, values) for score, found in compared.items()]
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
    """A number with four places, or three digits where it is small; the first letters of a text."""
    if isinstance(value, float):
        if 0 < abs(value) < 5e-4:
            return f"{value:.3g}"
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)[:16]


def _by_space(score: str, found: Sequence[Row], values: Mapping[str, Any]) -> str:
    """A score's values: a row for each, a column for each space that has some."""
    others = [space for space in SPACES[1:] if any(space in row.names for row in found)]
    lines = [(score, "learned", *others)]
    for group, metric, names in found:
        others_of = (number(values[names[s]]) if s in names else "" for s in others)
        learned = told(names["learned"], values) if "learned" in names else ""
        lines.append((f"  {group}{metric}", learned, *others_of))
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
