"""Adaptation: boundary and unit lines where the networks put them, one projection for both maps."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.contour import ContourSet

from reprlearn import plots

XS, YS = np.linspace(-2, 2, 9), np.linspace(-1, 1, 5)
SOURCE, TARGET = (np.random.default_rng(seed).normal(size=(12, 2)) / 3 for seed in (0, 1))
LABELS = np.arange(12) % 3 == 0  # 4 of class 1, 8 of class 0
MIXING = np.array([[3.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


def row(name="source only", **changes):
    x, y = np.meshgrid(XS, YS)
    values = {
        "source_points": SOURCE,
        "source_labels": LABELS.astype(int),
        "target_points": TARGET,
        "target_labels": 1 - LABELS.astype(int),
        "grid_xs": XS,
        "grid_ys": YS,
        "grid_logits": x - 0.25,
        "source_features": SOURCE @ MIXING + 5.0,
        "target_features": TARGET @ MIXING + 5.0,
        "domain_grid": y + 0.5,
        # The third unit never reaches 0.5.
        "unit_grid": np.stack([x, y, 0.1 * x], axis=-1),
    }
    return plots.AdaptationRow(name, **{**values, **changes})


def panels(*rows, **options):
    figure = plots.adaptation_panels(rows or [row()], "Adaptation", **options)
    return np.array(figure.axes).reshape(-1, 4)


def contours(axes):
    return [part for part in axes.collections if isinstance(part, ContourSet) and not part.filled]


def points(axes):
    shown = [part for part in axes.collections if not isinstance(part, ContourSet)]
    return {part.get_label(): np.asarray(part.get_offsets()) for part in shown}


@pytest.mark.parametrize("names", [("0", "1"), ("lower moon", "upper moon")])
def test_all_labels_lie_inside_the_figure(names):
    figure = plots.adaptation_panels([row(), row("domain-adversarial")], "Adaptation", names)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for axes in figure.axes:
        box = axes.get_tightbbox(canvas.get_renderer())
        assert -1 <= box.x0 < box.x1 <= width + 1, (box, width)
        assert -1 <= box.y0 < box.y1 <= height + 1, (box, height)


def test_rows_carry_their_name_at_the_left_and_titles_stand_once():
    grid = panels(row(), row("domain-adversarial"))
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["source only", "domain-adversarial"]
    assert not any(axes.get_ylabel() for axes in grid[:, 1:].flat)
    titles = ["decision boundary", "features by class", "source or target", "hidden units"]
    assert [axes.get_title() for axes in grid[0]] == titles
    assert not any(axes.get_title() for axes in grid[1])
    assert [axes.get_legend() is None for axes in grid.flat] == [True] * 4 + [False] * 4


def test_boundary_is_the_zero_of_the_logits_over_both_domains():
    axes = panels()[0, 0]
    (line,) = contours(axes)
    assert line.get_paths()[0].vertices[:, 0] == pytest.approx(0.25)
    shown = points(axes)
    assert np.array_equal(shown["source, class 0"], SOURCE[~LABELS])
    assert np.array_equal(shown["source, class 1"], SOURCE[LABELS])
    assert np.array_equal(shown["target"], TARGET)
    assert (axes.get_xlim(), axes.get_ylim()) == ((-2.0, 2.0), (-1.0, 1.0))


@pytest.mark.parametrize("logit", [-1.0, 0.0, 1.0])
def test_a_network_of_one_answer_has_no_boundary(logit):
    assert contours(panels(row(grid_logits=np.full((5, 9), logit)))[0, 0]) == []


def test_features_are_principal_components_of_both_domains_together():
    shown = points(panels()[0, 1])
    source = np.empty((len(LABELS), 2))
    source[LABELS], source[~LABELS] = shown["source, class 1"], shown["source, class 0"]
    both = np.concatenate([source, shown["target"]])
    features = np.concatenate([SOURCE, TARGET]) @ MIXING
    covariance = np.cov(both.T)
    largest = np.linalg.eigvalsh(np.cov(features.T))[::-1][:2]
    assert both.mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert covariance == pytest.approx(np.diag(largest))


def test_what_tells_the_domains_apart_is_the_zero_of_the_domain_head_over_their_points():
    axes = panels()[0, 2]
    (line,) = contours(axes)
    assert line.get_paths()[0].vertices[:, 1] == pytest.approx(-0.5)
    shown = points(axes)
    assert np.array_equal(shown["source"], SOURCE) and np.array_equal(shown["target"], TARGET)
    assert (axes.get_xlim(), axes.get_ylim()) == ((-2.0, 2.0), (-1.0, 1.0))
    # Above the line, where the head says source, is the colour of the source.
    filled = next(part for part in axes.collections if isinstance(part, ContourSet) and part.filled)
    source = next(part for part in axes.collections if part.get_label() == "source")
    below, above = filled.get_facecolor()
    assert np.allclose(above[:3], source.get_facecolor()[0][:3])
    assert not np.allclose(below[:3], above[:3])


def test_a_hidden_unit_is_a_line_at_its_level_if_it_reaches_it():
    axes = panels()[0, 3]
    first, second = contours(axes)
    assert first.get_paths()[0].vertices[:, 0] == pytest.approx(0.5)
    assert second.get_paths()[0].vertices[:, 1] == pytest.approx(0.5)
    (third,) = contours(panels(row(level=1.5))[0, 3])
    assert third.get_paths()[0].vertices[:, 0] == pytest.approx(1.5)


def test_hidden_units_lie_over_the_points_of_both_domains_by_class():
    shown = points(panels(class_names=("lower", "upper"))[0, 3])
    assert list(shown) == ["class lower", "class upper"]
    expected = np.concatenate([SOURCE[LABELS], TARGET[~LABELS]])
    assert np.array_equal(shown["class upper"], expected)


def test_features_lie_by_domain_and_by_class_where_it_is_known():
    rows = {"source_only": np.arange(12.0).reshape(6, 2), "dann": -np.arange(12.0).reshape(6, 2)}
    is_target = np.array([False] * 3 + [True] * 3)
    labels = np.array([0, 1, 1, 0, -1, -1])
    panels = plots.domain_maps(rows, is_target, labels, "ab", "Features").axes
    assert [axes.get_ylabel() for axes in panels[::2]] == ["source only", "dann"]
    for (by_domain, by_class), points in zip((panels[:2], panels[2:]), rows.values(), strict=True):
        found = [np.asarray(dots.get_offsets()) for dots in by_domain.collections]
        np.testing.assert_array_equal(found, [points[:3], points[3:]])
        found = [np.asarray(dots.get_offsets()).tolist() for dots in by_class.collections]
        assert found == [points[[0]].tolist(), points[1:3].tolist(), points[[3]].tolist()]
        colours = [tuple(dots.get_edgecolor()[0][:3]) for dots in by_class.collections]
        assert colours[0] == colours[2] != colours[1]
