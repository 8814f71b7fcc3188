"""Values of runs as cells of a table: with intervals, errors and paired differences."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reprlearn import evaluation
from reprlearn.kept import GROUPS, Measured, Metric, Row, parsed
from reprlearn.pages.html import Markup, element

HIGHER = {"higher": "higher is better", "lower": "lower is better", "": ""}


def number(value: float | None) -> str:
    """Four places, of large numbers two; None is what was not finite."""
    if value is None:
        return "not finite"
    if isinstance(value, int) or abs(value) < 1e-12:  # what rounding leaves of 0
        return f"{value:,.0f}"
    if not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.2f}"


def heading(row: Row, metrics: Mapping[str, Metric], score: str) -> Markup:
    """What a row is: its metric, in words, and which way is better."""
    about, better = metrics.get(row.metric, Metric(""))
    own = next(iter(row.names.values())).rsplit("/", 1)[0]
    name = row.metric.replace("_", " ") if own in (score, row.metric) else f"{own} {row.metric}"
    of = f", {GROUPS[row.group]}" if row.group else ""
    told = "; ".join(filter(None, (about, HIGHER.get(better, ""))))
    return Markup(element("span", name.replace("_", " ") + of) + element("small", told))


def cell(values: Mapping[str, Any], name: str | None, *below: Markup, best: bool = False) -> Markup:
    """A value, and under it its interval, or its error over seeds."""
    value = values.get(name) if name else None
    if value is None:
        return element("td", "")
    error, low = values.get(f"{name}/standard_error"), values.get(f"{name}_low")
    if error is not None:
        told = f"± {number(error)}"
    elif low is not None:
        told = f"[{number(low)}, {number(values[f'{name}_high'])}]"
    else:
        told = ""
    under = element("small", told) if told else ""
    attributes = {"class_": "best"} if best else {}
    marked = element("small", "best") if best else ""
    return element("td", number(value), under, *below, marked, data_value=str(value), **attributes)


def same_examples(one: Mapping[str, str], other: Mapping[str, str], name: str) -> bool:
    """Whether two scores' values of a name are of the same examples, by digests of their groups."""
    group = "target_" if name.startswith("target/") else parsed(name)[0]
    return one.get(group, "one") == other.get(group, "other")


def difference(
    measured: Measured, name: str, others: Measured, other: str
) -> tuple[float, float, float] | None:
    """How much one mean is above another over the same examples, and the ends of its interval.

    None where that cannot be said, as of few examples.
    """
    first, second = measured.examples.get(name), others.examples.get(other)
    if first is None or second is None or first.shape[-1:] != second.shape[-1:]:
        return None
    if first.shape[-1] < evaluation.FEWEST:
        return None
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    low, high = evaluation.paired_difference(first, second)
    return float(first.mean() - second.mean()), low, high


def verdict(found: tuple[float, float, float] | None, better: str) -> Markup:
    """A difference in words: how much better this run is, where its interval excludes 0."""
    if found is None or not better:
        return Markup("")
    value, low, high = found
    if np.isinf(low):
        return Markup("")
    clear = low > 0 or high < 0
    is_better = (value > 0) == (better == "higher")
    word = ("better by" if is_better else "worse by") if clear else "no clear difference:"
    kind = ("better" if is_better else "worse") if clear else None
    ends = sorted((abs(low), abs(high))) if clear else (low, high)
    shown = number(abs(value) if clear else value)
    text = f"{word} {shown} [{number(ends[0])}, {number(ends[1])}]"
    return element("small", element("span", text, class_=kind))


def shown(value: Any, absent: str = "none") -> str:
    """A field of a config; `absent` where it has no value."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return absent if value is None else str(value)
