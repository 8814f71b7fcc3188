"""Modes: how many of a known mixture's does a generator reach, and how evenly?"""

import numpy as np

from reprlearn.errors import UsageError, check_above
from reprlearn.evaluation.distances import LARGEST
from reprlearn.evaluation.nearest import nearest


def mode_statistics(samples: np.ndarray, centres: np.ndarray, scale: float) -> dict[str, float]:
    """Modes covered, share of good samples and reverse KL, for a mixture of equal Gaussians.

    A sample is of high quality where it lies within 3 sigma of its nearest centre, in Euclidean
    distance; it then belongs to that mode. With the share p_m of high-quality samples in mode m,

    .. math:: KL(\\hat p \\| uniform) = \\sum_{m=1}^M \\hat p_m \\log (M \\hat p_m), \\qquad
              0 \\log 0 = 0

    Args:
      samples: `[N, D]`. One that is not finite is not of high quality.
      centres: `[M, D]`, finite.
      scale: sigma, the standard deviation of each Gaussian along each axis; positive.

    Returns:
      "covered", modes with at least one high-quality sample; "covered_20", with at least 20;
      "high_quality", the share of samples; "reverse_kl", nats, from 0 to log M, and infinite where
      no sample is of high quality.

    Raises:
      UsageError: the shapes do not fit, a centre is not finite, or scale <= 0.

    References:
      Srivastava et al. 2017, *VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational
      Learning*.
      Lin et al. 2018, *PacGAN: The Power of Two Samples in Generative Adversarial Networks*.
    """
    samples, centres = np.asarray(samples, np.float64), np.asarray(centres, np.float64)
    if centres.ndim != 2 or not centres.size:
        raise UsageError(f"centres has shape {centres.shape}; allowed: [M, D], not empty")
    if not (np.abs(centres) <= LARGEST).all():
        raise UsageError("centres is not finite; allowed: finite numbers")
    width = centres.shape[1]
    if samples.ndim != 2 or samples.shape[1] != width or not samples.size:
        raise UsageError(f"samples has shape {samples.shape}; allowed: [N, {width}], not empty")
    check_above("scale", scale, 0)
    counts = _high_quality_counts(samples, centres, 3 * scale)
    return {
        "covered": float((counts >= 1).sum()),
        "covered_20": float((counts >= 20).sum()),
        "high_quality": float(counts.sum() / len(samples)),
        "reverse_kl": _divergence_from_uniform(counts),
    }


def _high_quality_counts(samples: np.ndarray, centres: np.ndarray, radius: float) -> np.ndarray:
    """Samples `[M]` within the radius of each centre, each counted at its nearest centre."""
    samples = samples[(np.abs(samples) <= LARGEST).all(axis=1)]  # nor is NaN
    if not len(samples):
        return np.zeros(len(centres), np.int64)
    places, distances = nearest(samples, centres)  # [N, 1]
    return np.bincount(places[distances <= radius], minlength=len(centres))


def _divergence_from_uniform(counts: np.ndarray) -> float:
    """KL of the counts' distribution from the uniform one, in nats."""
    if not counts.any():
        return float("inf")
    p = counts[counts > 0] / counts.sum()
    return max(0.0, float((p * np.log(len(counts) * p)).sum()))  # rounding may leave -1e-17
