"""Pairs: densities that integrate to one, curves in the colour and the dash of their name."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reprlearn import plots

RNG = np.random.default_rng(0)
RATES = np.array([0.0, 0.25, 1.0])


def histograms(threshold=None):
    similar = np.arange(400) % 4 == 0
    seen = np.where(similar, RNG.beta(2, 8, 400), RNG.beta(5, 3, 400))
    entries = {"seen classes": (seen, similar), "unseen classes": (seen + 1.0, similar)}
    return plots.distance_histograms(entries, "Distances", threshold)


def roc(*names):
    curves = {name: (RATES, np.array([0.0, 0.5 + 0.1 * i, 1.0]), 0.9406) for i, name in names}
    return plots.roc_curves(curves, "Verification")


def named(*names):
    figure = roc(*enumerate(names))
    (axes,) = figure.axes
    return {line.get_label().split(" (")[0]: line for line in axes.lines[2:]}


def labels(figure):
    (legend,) = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(
    "figure",
    [histograms(0.5), roc(*enumerate(("learned by a network of long name", "unseen PCA")))],
    ids=["distance_histograms", "roc_curves"],
)
def test_all_labels_lie_inside_the_figure(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for part in (*figure.axes, *figure.legends):
        box = part.get_tightbbox(canvas.get_renderer())
        assert -1 <= box.x0 < box.x1 <= width + 1, (box, width)
        assert -1 <= box.y0 < box.y1 <= height + 1, (box, height)


def test_histograms_are_densities_of_each_kind_of_pair_over_shared_bins():
    figure = histograms()
    assert [axes.get_title() for axes in figure.axes] == ["seen classes", "unseen classes"]
    data = [[patch.get_data() for patch in axes.patches] for axes in figure.axes]
    assert [len(panel) for panel in data] == [2, 2]
    for values, edges, _ in data[0] + data[1]:
        assert np.array_equal(edges, data[0][0].edges)
        assert np.sum(values * np.diff(edges)) == pytest.approx(1.0)
    means = [np.sum(v * np.diff(e) * (e[1:] + e[:-1]) / 2) for v, e, _ in data[0]]
    assert means == pytest.approx([0.2, 0.625], abs=0.04)  # beta(2, 8), then beta(5, 3)
    assert [patch.get_label() for patch in figure.axes[0].patches] == ["similar", "dissimilar"]


def test_threshold_is_a_dashed_line_in_every_panel_and_its_value_in_the_legend():
    figure = histograms(0.45678)
    for axes in figure.axes:
        (line,) = axes.lines
        assert line.get_linestyle() == "--"
        assert list(line.get_xdata()) == [0.45678, 0.45678]
    assert labels(figure) == ["similar", "dissimilar", "threshold 0.457"]


def test_without_a_threshold_there_is_no_line():
    figure = histograms()
    assert [len(axes.lines) for axes in figure.axes] == [0, 0]
    assert labels(figure) == ["similar", "dissimilar"]


def test_a_kind_without_pairs_has_no_density():
    figure = plots.distance_histograms({"a": (np.array([0.2, 0.4]), np.ones(2, bool))}, "t")
    assert [patch.get_label() for patch in figure.axes[0].patches] == ["similar"]


def test_roc_draws_what_it_was_given_in_a_square():
    figure = roc((0, "learned"), (3, "PCA"))
    (axes,) = figure.axes
    assert axes.get_aspect() == 1.0
    assert axes.get_xlim() == axes.get_ylim() == (-0.01, 1.01)
    chance, equal, learned, pca = axes.lines
    assert (list(chance.get_xdata()), list(chance.get_ydata())) == ([0, 1], [0, 1])
    assert (list(equal.get_xdata()), list(equal.get_ydata())) == ([0, 1], [1, 0])
    assert [line.get_linestyle() for line in (chance, equal)] == ["-", ":"]
    assert np.array_equal(learned.get_xdata(), RATES)
    assert pca.get_ydata() == pytest.approx([0.0, 0.8, 1.0])
    assert labels(figure) == ["learned (AUC 0.941)", "PCA (AUC 0.941)"]


@pytest.mark.parametrize("prefix", ["", "seen ", "seen, "])
def test_unseen_is_dashed_in_the_colour_of_its_seen_twin(prefix):
    names = [f"{start}{kind}" for start in (prefix, "unseen ") for kind in ("learned", "PCA")]
    lines = named(*names)
    for kind in ("learned", "PCA"):
        seen, unseen = lines[f"{prefix}{kind}"], lines[f"unseen {kind}"]
        assert seen.get_color() == unseen.get_color()
        assert (seen.get_linestyle(), unseen.get_linestyle()) == ("-", "--")
    assert lines["unseen learned"].get_color() != lines["unseen PCA"].get_color()


@pytest.mark.parametrize("count", [6, 9])
def test_every_kind_has_its_own_colour(count):
    lines = named(*(f"model {i}" for i in range(count)))
    assert len({line.get_color() for line in lines.values()}) == count


def test_the_axes_are_called_what_the_rates_are():
    for called in (("false accept rate", "true accept rate"), ("taken for one", "found")):
        curves = {"learned": (RATES, RATES, 0.5)}
        (axes,) = plots.roc_curves(curves, "Anomalies", called).axes
        assert (axes.get_xlabel(), axes.get_ylabel()) == called
    (axes,) = plots.roc_curves(curves, "Verification").axes
    assert axes.get_xlabel() == "false accept rate"


def test_errors_of_pairs_that_are_told_apart_perfectly_have_axes_all_the_same():
    never_wrong = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]), 1.0)
    (axes,) = plots.det_curves({"learned": never_wrong}, "Errors").axes
    assert axes.get_xlim() == axes.get_ylim() == (0.1, 1.0)
