"""Plots: one function a figure; arrays in, a matplotlib Figure out."""

from reprlearn.plots.accuracy import accuracy_curves, confusion, few_labels, regression, reliability
from reprlearn.plots.bounds import bound_terms
from reprlearn.plots.curves import compared_curves, spectra, training_curves
from reprlearn.plots.directions import directions
from reprlearn.plots.domains import AdaptationRow, adaptation_panels, class_shares, domain_maps
from reprlearn.plots.groups import shares_by_group, trade_off
from reprlearn.plots.images import (
    CHANNELS,
    examples,
    manifold,
    neighbours,
    pictures,
    reconstructions,
    samples,
    tile,
)
from reprlearn.plots.latent import latent_map, maps
from reprlearn.plots.pairs import det_curves, distance_histograms, roc_curves
from reprlearn.plots.points import field, plane, point_samples
from reprlearn.plots.texts import nearest_texts
from reprlearn.plots.vectors import vector_reconstructions

__all__ = [
    "CHANNELS",
    "AdaptationRow",
    "accuracy_curves",
    "adaptation_panels",
    "bound_terms",
    "class_shares",
    "compared_curves",
    "confusion",
    "det_curves",
    "directions",
    "distance_histograms",
    "domain_maps",
    "examples",
    "few_labels",
    "field",
    "latent_map",
    "manifold",
    "maps",
    "nearest_texts",
    "neighbours",
    "pictures",
    "plane",
    "point_samples",
    "reconstructions",
    "regression",
    "reliability",
    "roc_curves",
    "samples",
    "shares_by_group",
    "spectra",
    "tile",
    "trade_off",
    "training_curves",
    "vector_reconstructions",
]
