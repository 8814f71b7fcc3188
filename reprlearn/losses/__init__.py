"""Losses: pure functions of arrays, one value for each example, no modules and no parameters."""

from reprlearn.losses.divergence import (
    entropy,
    gaussian_kl,
    gaussian_kl_between,
    information,
    kl_divergence,
)
from reprlearn.losses.elbo import elbo, importance_weighted_bound, reparameterize
from reprlearn.losses.reconstruction import (
    bernoulli_cross_entropy,
    gaussian_negative_log_likelihood,
    squared_error,
)

__all__ = [
    "bernoulli_cross_entropy",
    "elbo",
    "entropy",
    "gaussian_kl",
    "gaussian_kl_between",
    "gaussian_negative_log_likelihood",
    "importance_weighted_bound",
    "information",
    "kl_divergence",
    "reparameterize",
    "squared_error",
]
