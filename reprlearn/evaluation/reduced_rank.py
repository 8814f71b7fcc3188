"""The best linear map through few numbers: what PCA is where inputs and targets differ."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError
from reprlearn.evaluation.projection import principal_components

COLUMNS = 1_024  # principal components of the inputs that are regressed on
PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


class Bottleneck(NamedTuple):
    """A linear map from rows to `count` numbers and from these to targets; a call maps rows.

    Attributes:
      mean: of the inputs, `[D]`.
      down: `[D, K]`.
      up: `[K, E]`.
      offset: mean of the targets, `[E]`.
    """

    mean: np.ndarray
    down: np.ndarray
    up: np.ndarray
    offset: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Rows `[N, D]` to predicted targets `[N, E]`."""
        return (rows - self.mean) @ self.down @ self.up + self.offset


def bottlenecks(
    rows: np.ndarray, targets: np.ndarray, count: int, penalties: Sequence[float] = PENALTIES
) -> list[Bottleneck]:
    """For each penalty the linear map of a rank that has the least squared error.

    .. math:: \\min_{\\operatorname{rank} B \\le k} \\frac1N \\| Y - X B \\|_F^2
              + \\lambda s^2 \\| B \\|_F^2

    over centred rows, s^2 the variance of X along its first principal component. Where the targets
    are the rows themselves, and lambda is 0, this is PCA. Of more than 1,024 columns the rows'
    first principal components are used.

    Args:
      rows: `[N, D]`, floating.
      targets: `[N, E]`, floating.
      count: k.
      penalties: lambda, above 0.

    Raises:
      UsageError: rows that do not vary.

    References:
      Izenman 1975, *Reduced-Rank Regression for the Multivariate Linear Model*; with a penalty,
      Mukherjee & Zhu 2011, eq. 4.
    """
    examples, columns = rows.shape
    if not np.ptp(rows, axis=0).any():
        raise UsageError("rows are all the same; allowed: rows that vary")
    pca = principal_components(rows, min(columns, examples, COLUMNS))
    along, offset = pca(rows).astype(np.float64), targets.mean(axis=0, dtype=np.float64)
    variance = np.square(pca.singular_values.astype(np.float64)) / examples  # [C]
    common = along.T @ (targets - offset) / examples  # [C, E]
    found = []
    for penalty in penalties:
        weights = variance + penalty * variance[0]  # the components are orthogonal
        map_ = common / weights[:, None]
        # The truncation that costs least is that of the fitted values, the penalty's included.
        _, _, directions = np.linalg.svd(np.sqrt(weights)[:, None] * map_, full_matrices=False)
        up = directions[:count]
        found.append(Bottleneck(pca.mean, pca.components.T @ map_ @ up.T, up, offset))
    return found
