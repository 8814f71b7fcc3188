"""Principal components: the plane, or the few dimensions, in which rows differ most."""

from typing import Any

import numpy as np

NARROW = 2_048  # columns: the eigenvectors of so many take seconds, of twice as many eight times


def principal_components(rows: np.ndarray, count: int) -> Any:
    """PCA of rows, at a cost that suits their shape.

    By the covariance of the columns where they are few, by a decomposition of the rows where these
    are fewer, and where both are many by Lanczos steps for the components that are asked for.

    Args:
      rows: `[N, D]`, finite, at least 2.
      count: of components, at most N and D.

    Returns:
      a fitted `sklearn.decomposition.PCA`.
    """
    from sklearn.decomposition import PCA  # takes a second to load

    examples, columns = rows.shape
    if columns <= min(examples, NARROW):
        solver = "covariance_eigh"
    elif examples <= NARROW or count == min(rows.shape):
        solver = "full"
    else:
        solver = "arpack"
    return PCA(count, svd_solver=solver, random_state=0).fit(rows)
