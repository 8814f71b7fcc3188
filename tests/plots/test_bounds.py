"""The bound's terms are stacked in order; the mark is at the risk; unknown ones are left out."""

import pytest

from reprlearn import plots

TERMS = {"source_risk": 0.2, "divergence": 0.5, "capacity": 1.0, "best_oracle": 0.1}


def test_terms_are_stacked_and_the_risk_is_marked():
    bars = {"source_only": TERMS | {"target_risk_oracle": 0.3, "total_oracle": 1.8}}
    bars["dann"] = {"source_risk": 0.25, "divergence": 0.125, "capacity": 1.0}
    (axes,) = plots.bound_terms(bars, "Bound").axes
    first = [patch for patch in axes.patches if abs(patch.get_y() + 0.31) < 1e-6]
    assert [patch.get_x() for patch in first] == pytest.approx([0.0, 0.2, 0.7, 0.8])
    assert [patch.get_width() for patch in first] == pytest.approx([0.2, 0.5, 0.1, 1.0])
    assert len(axes.patches) == 4 + 3
    marks = [line for line in axes.lines if line.get_label().startswith("target")]
    assert [line.get_xdata() for line in marks] == [pytest.approx((0.3, 0.3))]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["source only", "dann"]
    texts = [text.get_text() for text in axes.texts]
    assert "0.50" in texts and "0.12" in texts and "0.10" not in texts
