"""The nearest items of a gallery, exactly, at about the speed of one matrix product."""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn.errors import UsageError, check_size
from reprlearn.evaluation.distances import middle, squared_distances, vectors

TILE, QUERIES = 512, 5_000  # items whose best score is kept as one; queries at a time
CANDIDATES = 2**22  # at most so many places are held at a time


class Neighbours(NamedTuple):
    """The k nearest items of each query, nearest first.

    Attributes:
      places: `[Q, k]`, integers: rows of the gallery.
      distances: `[Q, k]`, float64, Euclidean.
    """

    places: np.ndarray
    distances: np.ndarray


def nearest(queries: np.ndarray, gallery: np.ndarray | None = None, *, k: int = 1) -> Neighbours:
    """For each query its k nearest items by Euclidean distance, of equally near ones the earlier.

    .. math:: \\arg\\min_g \\|x_q - y_g\\|_2
              = \\arg\\max_g x_q \\cdot y_g - \\tfrac12 \\|y_g\\|^2

    A product in float32 gives the best score of every 512 items. Whatever may be among the k best,
    within a bound on what rounding has changed, is a candidate, and the candidates' distances are
    computed from their differences in float64. So the result is that of computing all of them.

    Args:
      queries: x, `[Q, D]`, finite.
      gallery: y, `[G, D]`, finite. None: the queries themselves, and none is its own neighbour.
      k: how many, at most G, or Q - 1 without a gallery.

    Returns:
      Neighbours, each `[Q, k]`.

    Raises:
      UsageError: the shapes do not fit, a number is not finite, or there are fewer than k items.

    References:
      Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section 3.1, for the bound.

    >>> places, distances = nearest(np.array([[0.0], [2.2]]), np.array([[1.0], [2.0], [2.0]]), k=2)
    >>> places.tolist(), distances.round(2).tolist()
    ([[0, 1], [1, 2]], [[1.0, 2.0], [0.2, 0.2]])
    >>> nearest(np.array([[0.0], [1.0], [5.0]])).places.tolist()
    [[1], [0], [1]]
    """
    queries, alone = vectors("queries", queries), gallery is None
    gallery = queries if alone else vectors("gallery", gallery)
    if queries.shape[1] != gallery.shape[1]:
        raise UsageError(
            f"queries has shape {queries.shape}; allowed: [Q, {gallery.shape[1]}], as the gallery"
        )
    check_size("k", k)
    if k > len(gallery) - alone:
        raise UsageError(f"k is {k}; allowed: at most {len(gallery) - alone}, the items")
    search = _Search(queries, gallery)
    found = []
    for start in range(0, len(queries), QUERIES):
        rows = np.arange(start, min(start + QUERIES, len(queries)))
        for asking, items in search.candidates(rows, k + alone):
            if alone:
                others = asking != items
                asking, items = asking[others], items[others]
            found.append(_nearest_of(queries, gallery, asking, items, k))
    places, squared = map(np.concatenate, zip(*found, strict=True))
    return Neighbours(places, np.sqrt(squared))


def _nearest_of(
    queries: np.ndarray, gallery: np.ndarray, asking: np.ndarray, items: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of each query's candidates: places and squared distances, each `[Q, k]`.

    `asking` and `items`, `[P]`: the query and the item of each candidate, k or more a query.
    """
    squared = squared_distances(queries, asking, gallery, items)
    order = np.lexsort((items, squared, asking))
    starts = np.flatnonzero(np.append(True, np.diff(asking[order]) > 0))
    chosen = order[starts[:, None] + np.arange(k)]
    return items[chosen], squared[chosen]


class _Search:
    """Queries and gallery in float32, centred and scaled so that it can hold their squares."""

    def __init__(self, queries: np.ndarray, gallery: np.ndarray):
        centre, (count, width) = middle(gallery), gallery.shape
        ends = [end(rows, axis=0) for rows in (queries, gallery) for end in (np.min, np.max)]
        scale = max(np.abs(ends - centre).max(), np.finfo(np.float64).tiny)
        # A column more on both sides takes off half the square. Rows that only fill a tile are
        # never best.
        self._items = np.zeros((-(-count // TILE) * TILE, width + 1), np.float32)
        _centre(gallery, centre, scale, self._items)
        self._items[count:, -1] = -np.finfo(np.float32).max / 2
        self._queries = np.ones((len(queries), width + 1), np.float32)
        _centre(queries, centre, scale, self._queries)
        squares = _squares(self._items[:, :-1])
        self._items[:count, -1] = -0.5 * squares[:count]
        # How far a score in float32 can be from the true one is this times |x| |y| + |y|^2 / 2: of
        # a product of so many terms, of the rounded numbers and squares in it, of what is compared.
        numbers = np.finfo(np.float32)
        self._rounding = np.float32(numbers.eps * (width + 8))
        self._underflow = np.float32(numbers.tiny * (width + 8))
        self._lengths = np.sqrt(_squares(self._queries[:, :-1]))
        self._item_lengths, self._count = np.sqrt(squares), count
        self._on_device = jnp.asarray(self._items)

    def candidates(self, rows: np.ndarray, k: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Queries and items, `[P]` each, of all that may be one of the k nearest of some rows."""
        best = np.asarray(_best_of_tiles(self._queries[rows], self._on_device))  # [T, B]
        longest = self._item_lengths.reshape(-1, TILE).max(axis=1)
        error = self._error(self._lengths[rows], longest[:, None])
        sure = best - error
        # k tiles have an item of this score or a better one, so k items do.
        if k == 1:
            least = sure.max(axis=0)
        elif k <= len(sure):
            least = np.partition(sure, len(sure) - k, axis=0)[len(sure) - k]
        else:
            least = np.full(len(rows), -np.inf, np.float32)
        enough = least - error  # [T, B]
        asked = best >= enough
        held = np.cumsum(asked.sum(axis=0) * TILE) // CANDIDATES
        for part in np.split(np.arange(len(rows)), 1 + np.flatnonzero(np.diff(held))):
            asking, items, scores = self._of_tiles(rows[part], asked[:, part], enough[:, part])
            # Within its tile's error; and within its own, which is smaller.
            error = self._error(self._lengths[asking], self._item_lengths[items])
            kept = scores >= least[asking - rows[0]] - error
            yield asking[kept], items[kept]

    def _of_tiles(
        self, rows: np.ndarray, asked: np.ndarray, enough: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What scores enough in the tiles that each row asks for: rows, items, scores, `[P]`.

        `asked` and `enough`, `[T, B]`: whether a row asks for a tile, and the score to reach there.
        """
        found = []
        for tile in np.flatnonzero(asked.any(axis=1)):
            here = np.flatnonzero(asked[tile])
            inside = slice(tile * TILE, min((tile + 1) * TILE, self._count))
            scores = self._queries[rows[here]] @ self._items[inside].T
            places = np.flatnonzero(scores >= enough[tile, here, None])
            row, item = np.divmod(places, scores.shape[1])
            found.append((rows[here][row], item + inside.start, scores.ravel()[places]))
        asking, items, scores = map(np.concatenate, zip(*found, strict=True))
        return asking, items, scores

    def _error(self, lengths: np.ndarray, item_lengths: np.ndarray) -> np.ndarray:
        """How far scores in float32 can be from the true ones: twice what Higham's bound says."""
        alone = np.square(item_lengths) * (0.5 * self._rounding) + self._underflow
        return (lengths * self._rounding) * item_lengths + alone


def _centre(rows: np.ndarray, centre: np.ndarray, scale: float, into: np.ndarray) -> None:
    """(rows - centre) / scale in float64, into the first columns of a float32 array."""
    for start in range(0, len(rows), TILE):
        part = slice(start, start + TILE)
        into[part, :-1][: len(rows) - start] = (rows[part] - centre) * (1 / scale)


def _squares(rows: np.ndarray) -> np.ndarray:
    """The squared length of each row of `[N, D]`."""
    return np.einsum("nd,nd->n", rows, rows)


@jax.jit
def _best_of_tiles(queries: jax.Array, items: jax.Array) -> jax.Array:
    """The best score of every tile for every query, `[tiles, B]`."""
    tiles = items.reshape(-1, TILE, items.shape[1])
    return jax.lax.map(
        lambda tile: jnp.matmul(queries, tile.T, precision="highest").max(axis=1), tiles
    )
