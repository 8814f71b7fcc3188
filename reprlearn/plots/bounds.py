"""The terms of a bound, stacked."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from reprlearn.plots._style import COLOURS, INK, figure, legend_below, plain

TERMS = {  # name, what it is called, colour; in the order in which they are stacked
    "source_risk": ("risk on the source", COLOURS[0]),
    "divergence": ("divergence", COLOURS[1]),
    "best_oracle": ("best joint risk (oracle)", COLOURS[3]),
    "capacity": ("what overfitting may add", "#d0d0d0"),
}
RISK = "target_risk_oracle"


def bound_terms(bars: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    """A bar for each run: the terms of its bound, and a mark at the risk that is bounded.

    Args:
      bars: of each run the terms by TERMS, and RISK; those that are not known are left out.
      title: above.
    """
    made = figure(8.4, 1.7 + 0.55 * len(bars), title)
    axes = made.add_subplot()
    for row, terms in enumerate(bars.values()):
        left = 0.0
        for name, (called, colour) in TERMS.items():
            if name not in terms:
                continue
            axes.barh(row, terms[name], left=left, color=colour, height=0.62, label=called)
            if terms[name] > 0.12:
                middle = left + terms[name] / 2
                ink = INK if name == "capacity" else "white"
                centred = {"ha": "center", "va": "center", "fontsize": 8}
                axes.text(middle, row, f"{terms[name]:.2f}", color=ink, **centred)
            left += terms[name]
        if RISK in terms:
            ends = (row - 0.4, row + 0.4)
            label = "target's risk (oracle)"
            axes.plot(2 * (terms[RISK],), ends, color="black", linewidth=2.2, label=label)
    axes.axvline(1.0, color="#888888", linewidth=0.8, linestyle="--")
    axes.text(1.02, -0.62, "a bound above 1 says nothing", fontsize=7, color="#666666")
    axes.set_yticks(range(len(bars)), [plain(name.replace("_", " ")) for name in bars], fontsize=9)
    axes.set_ylim(len(bars) - 0.4, -0.85)
    axes.set_xlim(left=0)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    legend_below(made)
    return made
