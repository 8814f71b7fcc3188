"""Plots: one function a figure; arrays in, a matplotlib Figure out."""

from reprlearn.plots.curves import training_curves
from reprlearn.plots.images import manifold, reconstructions, samples, tile
from reprlearn.plots.latent import latent_map

__all__ = ["latent_map", "manifold", "reconstructions", "samples", "tile", "training_curves"]
