"""Figures show what they were given: tiles in place, nothing clipped, every label inside."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reprlearn import plots

RNG = np.random.default_rng(0)


def figures():
    images = RNG.uniform(size=(9, 8, 8, 1))
    history = [
        {"step": s, "split": split, "loss": 1 / s, "elbo": -s, "seconds": 0.1}
        for s in (1, 2, 3)
        for split in ("train", "validation")
    ]
    points, labels = RNG.normal(size=(50, 2)), np.arange(50) % 26
    names = [f"a long class name {i}" for i in range(26)]
    quantiles = np.array([-1.0, 0.0, 1.0])
    return {
        "training_curves": plots.training_curves(history, "Training curves"),
        "reconstructions": plots.reconstructions(images, images, "Reconstructions"),
        "samples": plots.samples(images[..., [0, 0, 0]], f"Samples of {30 * 'ab'}, seed 1"),
        "latent_map": plots.latent_map(points, labels, names, "Latent map"),
        "manifold": plots.manifold(images, quantiles, "Manifold"),
    }


def texts(figure):
    from matplotlib.text import Text

    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


@pytest.mark.parametrize("name", list(figures()))
def test_figure_is_titled_and_clips_no_label(name):
    figure = figures()[name]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    assert figure.get_suptitle()
    title = figure._suptitle.get_window_extent(canvas.get_renderer())
    assert 0 <= title.x0 < title.x1 <= canvas.get_width_height()[0]
    width, height = canvas.get_width_height()
    for axes in figure.axes:
        box = axes.get_tightbbox(canvas.get_renderer())
        assert -1 <= box.x0 < box.x1 <= width + 1, (box, width)
        assert -1 <= box.y0 < box.y1 <= height + 1, (box, height)


def test_tile_puts_images_row_by_row():
    images = np.arange(3.0).reshape(3, 1, 1, 1) / 4
    sheet = plots.tile(images, 2)[..., 0]
    white = [1.0] * 5
    expected = [white, [1, 0, 1, 0.25, 1], white, [1, 0.5, 1, 1, 1], white]
    assert sheet.tolist() == expected


def test_curves_have_a_panel_for_each_metric_and_no_other():
    figure = figures()["training_curves"]
    assert [axes.get_title() for axes in figure.axes] == ["loss", "elbo"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]


def test_curves_share_the_steps_and_what_hardly_changes_looks_so():
    values = {"loss": (2.0, 1.0), "accuracy": (0.5, 1.0), "flat": (50.0, 50.1), "nothing": (0, 0)}
    values["lost"] = (1.0, None)  # it was not finite
    history = [
        {"step": step, "split": "train"} | {name: two[i] for name, two in values.items()}
        for i, step in enumerate((10, 40))
    ]
    figure = plots.training_curves([*history, {"step": 40, "split": "validation", "late": 3.0}], "")
    panels = {axes.get_title(): axes for axes in figure.axes}
    assert list(panels) == ["loss", "accuracy", "flat", "late", "lost"]
    assert {axes.get_xlim() for axes in panels.values()} == {(0, 1.02 * 40)}
    assert panels["accuracy"].get_ylim()[1] == 1.005
    low, high = panels["flat"].get_ylim()
    assert (low, high) == pytest.approx((50.05 - 0.2505, 50.05 + 0.2505))
    assert panels["loss"].get_ylim() == pytest.approx((0.95, 2.05))


def lines(**values):
    """A history of two steps, by metric, of the training split."""
    return [
        {"step": step, "split": "train"} | {name: two[i] for name, two in values.items()}
        for i, step in enumerate((10, 40))
    ]


@pytest.mark.parametrize(
    ("values", "titles"),
    [
        ({"loss": (2.0, 1.0), "elbo": (-2.0, -1.0)}, ["elbo"]),
        ({"loss": (2.0, 1.0), "error": (2.0, 1.000001)}, ["error"]),
        ({"loss": (2.0, 1.0), "error": (2.0, 1.1)}, ["loss", "error"]),
        ({"loss": (2.0, None), "error": (2.0, 1.1)}, ["error"]),  # where it was finite
        ({"loss": (2.0, 1.0), "error": (2.0, None)}, ["loss", "error"]),
        ({"loss": (2.0, 1.0)}, ["loss"]),
    ],
)
def test_the_loss_is_shown_once(values, titles):
    made = plots.training_curves(lines(**values), "Curves")
    assert [axes.get_title() for axes in made.axes] == titles


def test_a_line_of_chance_lies_in_the_panel():
    made = plots.training_curves(lines(accuracy=(0.9, 1.0)), "Curves", {"accuracy": 0.5})
    (axes,) = made.axes
    (line,) = [line for line in axes.lines if line.get_label() == "chance"]
    assert list(line.get_ydata()) == [0.5, 0.5]
    low, high = axes.get_ylim()
    assert low <= 0.5 < 1.0 <= high


@pytest.mark.parametrize(("side", "count"), [((8, 8), 64), ((8, 64), 20), ((64, 8), 64)])
def test_reconstructions_fill_their_figure_whatever_the_shape(side, count):
    images = RNG.random((count, *side, 1))
    made = plots.reconstructions(images, images, "Reconstructions")
    FigureCanvasAgg(made).draw()
    left, right = (axes.get_position() for axes in made.axes)
    height = made.get_size_inches()[1]
    assert left.height * height > 0.75 * height - 0.5
    assert left.width + right.width > 0.5 and height < 18


def test_a_map_of_many_classes_names_some_and_marks_those_that_are_unseen():
    points, labels = RNG.normal(size=(500, 2)), np.arange(500) % 250
    names = [f"class {i}" for i in range(250)]
    figure = plots.latent_map(points, labels, names, "Map", crosses=(1,))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,) = figure.axes
    box = axes.get_tightbbox(canvas.get_renderer())
    assert box.y0 >= -1 and box.y1 <= canvas.get_width_height()[1] + 1
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told == [*names[:25], "and 225 more"]
    dots, crosses = axes.collections[0], axes.collections[1]
    assert crosses.get_zorder() > dots.get_zorder()
    assert len(crosses.get_paths()[0]) == 4 and len(dots.get_paths()[0]) > 4  # two strokes, a disc


def test_manifold_reads_upwards():
    figure = figures()["manifold"]
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["+1.00", "+0.00", "-1.00"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["-1.00", "+0.00", "+1.00"]


def test_names_of_a_data_set_are_text_never_a_formula():
    names = ["$x^", "price in $\\frac$", "a\x1b[31mb"]
    points, labels = RNG.normal(size=(9, 2)), np.arange(9) % 3
    made = plots.latent_map(points, labels, names, "of $name^")
    FigureCanvasAgg(made).draw()  # a formula that is none would raise
    shown = [text.get_text() for axes in made.axes for text in axes.get_legend().get_texts()]
    assert shown[0] == r"\$x^"
    assert shown[2] == "a?[31mb"


def test_the_curves_of_several_seeds_have_a_band():
    history = [
        {"step": s, "split": "train", "loss": 1 / s, "loss/standard_error": 0.1, "loss/seeds": [1]}
        for s in (1, 2, 3)
    ]
    (axes,) = plots.training_curves(history, "Curves").axes
    (band,) = axes.collections
    low, high = band.get_paths()[0].vertices[:, 1].min(), band.get_paths()[0].vertices[:, 1].max()
    np.testing.assert_allclose([low, high], [1 / 3 - 0.1, 1.1])


def test_spectra_fall_from_rank_one_with_zero_in_sight():
    curves = {"active": {"learned": np.array([0.5, 0.4, 0.3]), "PCA": np.array([0.9, 0.7])}}
    curves["directions"] = {"learned": np.array([2.0])}
    called = {"active": "share of examples", "directions": "movement"}
    first, second = plots.spectra(curves, called, "The code").axes
    np.testing.assert_array_equal(first.lines[0].get_xydata(), [[1, 0.5], [2, 0.4], [3, 0.3]])
    assert [line.get_label() for line in first.lines] == ["learned", "PCA"]
    assert (first.get_ylabel(), second.get_ylabel()) == ("share of examples", "movement")
    assert first.get_ylim()[0] == second.get_ylim()[0] == 0
