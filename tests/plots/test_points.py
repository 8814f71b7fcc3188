"""Points in the plane: limits from the real ones, a share outside, a field centred on zero."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.contour import ContourSet

from reprlearn import plots

RNG = np.random.default_rng(0)
REAL = np.array([[-2.0, 0.0], [2.0, 1.0], [0.0, 2.0]])
XS, YS = np.linspace(-3, 3, 13), np.linspace(-1, 2, 7)


def panels(count):
    samples = {f"step {1000 * i:,}": RNG.normal(size=(100, 2)) for i in range(count)}
    return plots.point_samples(samples, REAL, "Samples")


def field(values):
    return plots.field(values, XS, YS, REAL, REAL[:2] / 2, "Discriminator", "logit of real", "even")


def test_one_real_point_alone_has_limits_around_it():
    figure = plots.point_samples({"step 1": REAL}, REAL[:1], "One")
    assert figure.axes[0].get_xlim() == pytest.approx((-2.15, -1.85))
    assert figure.axes[0].get_ylim() == pytest.approx((-0.15, 0.15))


def plane(slope=1.0, offset=0.0):
    """`[Y, X]`: slope x + offset, so that its zero is a vertical line."""
    return np.broadcast_to(slope * XS + offset, (len(YS), len(XS)))


def zero_lines(figure):
    return [part for part in figure.axes[0].collections if isinstance(part, ContourSet)]


@pytest.mark.parametrize(
    "figure", [panels(1), panels(6), field(plane())], ids=["one", "six", "field"]
)
def test_all_labels_lie_inside_the_figure(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for part in (*figure.axes, *figure.legends):
        box = part.get_tightbbox(canvas.get_renderer())
        assert -1 <= box.x0 < box.x1 <= width + 1, (box, width)
        assert -1 <= box.y0 < box.y1 <= height + 1, (box, height)


def test_panels_share_the_limits_of_the_real_points_four_in_a_row():
    figure = panels(6)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["step 0", "step 1,000"]
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (2, 4)
    for axes in figure.axes:
        assert axes.get_xlim() == pytest.approx((-2.6, 2.6))  # 15% of the larger side, 4
        assert axes.get_ylim() == pytest.approx((-0.6, 2.6))
        assert axes.get_aspect() == 1.0


def test_real_points_are_drawn_over_the_samples_and_smaller():
    samples = np.array([[0.5, 0.25], [1.0, 0.75]])
    (axes,) = plots.point_samples({"a": samples}, REAL, "t").axes
    below, above = axes.collections
    assert np.array_equal(below.get_offsets(), samples)
    assert np.array_equal(above.get_offsets(), REAL)
    assert [below.get_label(), above.get_label()] == ["generated", "real"]
    assert above.get_sizes() < below.get_sizes()


@pytest.mark.parametrize("far", [[2.7, 0.0], [0.0, -0.7], [np.nan, 0.0]])
def test_corner_tells_the_share_outside_above_one_percent(far):
    few, many = np.zeros((200, 2)), np.zeros((200, 2))
    few[:2], many[:6] = far, far
    figure = plots.point_samples({"few": few, "many": many}, REAL, "t")
    few, many = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert (few, many) == ([], ["3% outside"])


def test_field_is_centred_on_zero_and_its_range_is_robust():
    values = np.linspace(-2.0, 1.0, len(YS) * len(XS)).reshape(len(YS), len(XS))
    values[0, 0] = -1e6
    axes, bar = field(values).axes
    mesh = axes.collections[0]
    assert mesh.norm.vmin == -mesh.norm.vmax
    assert 1.9 < mesh.norm.vmax < 2.0
    assert np.array_equal(mesh.get_array(), values)
    assert bar.get_ylabel() == "logit of real"
    assert (axes.get_xlim(), axes.get_ylim()) == ((-3.0, 3.0), (-1.0, 2.0))


def test_field_has_a_line_where_it_is_zero():
    (line,) = zero_lines(field(plane(2.0, -1.0)))
    assert list(line.levels) == [0.0]
    assert line.get_paths()[0].vertices[:, 0] == pytest.approx(0.5)
    told = [text.get_text() for text in field(plane(2.0, -1.0)).legends[0].get_texts()]
    assert told == ["even", "real", "generated"]


@pytest.mark.parametrize("offset", [5.0, -5.0, 0.0])
def test_field_of_one_sign_has_no_line(offset):
    assert zero_lines(field(plane(0.0, offset))) == []


def test_field_shows_real_and_generated_points():
    figure = field(plane())
    shown = {part.get_label(): part.get_offsets() for part in figure.axes[0].collections[-2:]}
    assert np.array_equal(shown["real"], REAL)
    assert np.array_equal(shown["generated"], REAL[:2] / 2)
