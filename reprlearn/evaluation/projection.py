"""Principal components: the few dimensions in which rows differ most; angles between spans."""

from typing import NamedTuple

import numpy as np

NARROW = 2_048  # columns: the eigenvectors of so many take seconds, of twice as many eight times


class Projection(NamedTuple):
    """Principal components of some rows; a call projects rows on them.

    Attributes:
      mean: `[D]`.
      components: `[C, D]`, orthonormal, that of most variance first.
      singular_values: `[C]`, the lengths of the centred rows' projections.
      solver: how they were found.
    """

    mean: np.ndarray
    components: np.ndarray
    singular_values: np.ndarray
    solver: str

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Rows `[N, D]` to their places along the components, `[N, C]`."""
        return (rows - self.mean) @ self.components.T

    def kept(self, rows: np.ndarray) -> np.ndarray:
        """What the components keep of rows `[N, D]`: the nearest points of their span, `[N, D]`."""
        return self(rows) @ self.components + self.mean


def principal_components(rows: np.ndarray, count: int) -> Projection:
    """Principal component analysis of rows, at a cost that suits their shape.

    By the covariance of the columns where they are few, by a decomposition of the rows where these
    are fewer, and where both are many by Lanczos steps for the components that are asked for. The
    rows are centred first: a covariance by E[xx] - E[x]E[x] cancels far from the origin.

    Args:
      rows: `[N, D]`, floating, finite, at least 2.
      count: of components, at most N and D.

    Returns:
      a Projection, in the rows' dtype.

    References:
      Pearson 1901, *On Lines and Planes of Closest Fit to Systems of Points in Space*.
    """
    from sklearn.decomposition import PCA  # takes a second to load

    examples, columns = rows.shape
    if columns <= min(examples, NARROW):
        solver = "covariance_eigh"
    elif examples <= NARROW or count == min(rows.shape):
        solver = "full"
    else:
        solver = "arpack"
    mean = rows.mean(axis=0, dtype=np.float64).astype(rows.dtype)
    pca = PCA(count, svd_solver=solver, random_state=0).fit(rows - mean)
    return Projection(mean, pca.components_, pca.singular_values_, solver)


def principal_angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The angles between the spans of two sets of directions, in degrees, the largest first.

    As many as the smaller span has dimensions; all are 0 where one span holds the other.

    Args:
      a, b: `[A, D]` and `[B, D]`, rows that need be neither orthogonal nor of length 1.

    References:
      Knyazev & Argentati 2002, *Principal Angles between Subspaces in an A-Based Scalar Product*,
      whose sines keep small angles exact.
    """
    from scipy.linalg import subspace_angles

    return np.degrees(subspace_angles(a.T.astype(np.float64), b.T.astype(np.float64)))


def rotated_onto(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The span of a by the orthonormal directions that lie nearest to those of b, `[C, D]`.

    .. math:: B^T R, \\qquad R = \\arg\\min_{R^T R = I} \\| B^T R - b^T \\|_F,
              \\quad B \\text{ an orthonormal basis of the span of } a

    Args:
      a: directions `[A, D]`, linearly independent.
      b: orthonormal directions `[C, D]`, at most as many.

    References:
      Schoenemann 1966, *A Generalized Solution of the Orthogonal Procrustes Problem*.
    """
    basis = np.linalg.qr(a.T.astype(np.float64))[0]  # [D, A]
    left, _, right = np.linalg.svd(basis.T @ b.T.astype(np.float64), full_matrices=False)
    return (basis @ left @ right).T
