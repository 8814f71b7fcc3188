"""The nearest item of a gallery, exactly, at about the speed of one matrix product."""

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn.errors import UsageError

TILE, QUERIES = 256, 2_500  # items whose best score is kept as one; queries at a time


def nearest(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """For each query the place of its nearest item by Euclidean distance, of equal ones the first.

    .. math:: n_q = \\arg\\min_g \\|x_q - y_g\\|_2
              = \\arg\\max_g x_q \\cdot y_g - \\tfrac12 \\|y_g\\|^2

    A product in float32 gives the best score of every 256 items. Where that may be the best of all,
    within what rounding can have changed, the distances are computed again in float64.

    Args:
      queries: x, `[Q, D]`, finite.
      gallery: y, `[G, D]`, finite.

    Returns:
      `[Q]`, integers below G.

    Raises:
      UsageError: the shapes do not fit, or a number is not finite.

    >>> nearest(np.array([[0.0], [2.2]]), np.array([[1.0], [2.0], [2.0]])).tolist()
    [0, 1]
    """
    queries, gallery = vectors("queries", queries), vectors("gallery", gallery)
    if queries.shape[1] != gallery.shape[1]:
        raise UsageError(
            f"queries has shape {queries.shape}; allowed: [Q, {gallery.shape[1]}], as the gallery"
        )
    # Distance knows no origin; near the middle of the data squares cancel least. A median is of the
    # grid that the data are on, or halves it: integers and equal rows stay exact.
    middle = np.median(gallery[:1_001], axis=0)
    queries, gallery = queries - middle, gallery - middle
    scale = max(np.abs(queries).max(), np.abs(gallery).max(), np.finfo(np.float32).tiny)
    queries, gallery = queries / scale, gallery / scale
    count, width = gallery.shape
    # A column more on both sides takes off half the square; what only fills a tile is never best.
    items = np.zeros((-(-count // TILE) * TILE, width + 1), np.float32)
    items[:count, :-1], items[:count, -1] = gallery, -0.5 * np.square(gallery).sum(axis=1)
    items[count:, -1] = -np.finfo(np.float32).max / 2
    # Of a sum of D products of numbers up to 1, and of one more: see Higham 2002, section 3.1.
    error = 4 * (width + 2) * np.finfo(np.float32).eps * 1.5 * width
    found = []
    for start in range(0, len(queries), QUERIES):
        block = queries[start : start + QUERIES]
        asking = np.ones((len(block), width + 1), np.float32)
        asking[:, :-1] = block
        best = np.asarray(_best_of_tiles(asking, items))  # [tiles, B]
        found.append(_exact(block, gallery, best >= best.max(axis=0) - error))
    return np.concatenate(found)


@jax.jit
def _best_of_tiles(queries: jax.Array, items: jax.Array) -> jax.Array:
    """The best score of every tile for every query, `[tiles, B]`."""
    tiles = items.reshape(-1, TILE, items.shape[1])
    return jax.lax.map(
        lambda tile: jnp.matmul(queries, tile.T, precision="highest").max(axis=1), tiles
    )


def _exact(queries: np.ndarray, gallery: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The nearest item among the tiles that a query asks for, `asked` `[tiles, B]`; in float64."""
    distances, places = np.full(len(queries), np.inf), np.zeros(len(queries), np.int64)
    for tile in np.flatnonzero(asked.any(axis=1)):
        rows, items = np.flatnonzero(asked[tile]), gallery[tile * TILE : (tile + 1) * TILE]
        squares = np.square(items).sum(axis=1) - 2.0 * (queries[rows] @ items.T)
        first = squares.argmin(axis=1)
        nearer = squares[np.arange(len(rows)), first] < distances[rows]
        distances[rows[nearer]] = squares[np.arange(len(rows)), first][nearer]
        places[rows[nearer]] = tile * TILE + first[nearer]
    return places


def vectors(field: str, value: np.ndarray) -> np.ndarray:
    """Embeddings `[N, D]` as float64, checked; `field` is the name of the argument.

    Raises:
      UsageError: the shape is another, or a number is not finite.
    """
    value = np.asarray(value, np.float64)
    if value.ndim != 2 or not value.size:
        raise UsageError(f"{field} has shape {value.shape}; allowed: [N, D], not empty")
    if not np.isfinite(value).all():
        raise UsageError(f"{field} is not finite; allowed: finite numbers")
    return value
