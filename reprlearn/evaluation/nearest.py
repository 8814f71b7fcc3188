"""The nearest items of a gallery, exactly, at about the speed of one matrix product."""

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size
from reprlearn.evaluation.distances import middle, squared_distances, vectors

# Items whose best score is kept as one, at most and at least; queries at a time.
TILE, SMALLEST_TILE, QUERIES = 512, 16, 5_000
UNEVEN = 8  # times as long as most: items that a bound for all would be too wide for
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
    """For each query its k nearest items by squared distance, of equally near ones the earlier.

    .. math:: \\arg\\min_g \\|x_q - y_g\\|_2
              = \\arg\\max_g x_q \\cdot y_g - \\tfrac12 \\|y_g\\|^2

    A product in float32 gives the best score of every 512 items. Whatever may be among the k best,
    within a bound on what rounding has changed, is a candidate, and the candidates' distances are
    computed from their differences in float64. So the result is that of computing all of them.
    Candidates are few, but for rows that float32 cannot tell apart, such as copies of one row.

    Args:
      queries: x, `[Q, D]`, finite.
      gallery: y, `[G, D]`, finite. None: the queries themselves, and none is its own neighbour.
      k: how many, at most G, or Q - 1 without a gallery.

    Returns:
      Neighbours, each `[Q, k]`.

    Raises:
      UsageError: the shapes do not fit, a number is not finite or above 1e150, or there are fewer
        than k items.

    References:
      Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section 3.1, for the bound.

    >>> places, distances = nearest(np.array([[0.0], [2.2]]), np.array([[1.0], [2.0], [2.0]]), k=2)
    >>> places.tolist(), distances.round(2).tolist()
    ([[0, 1], [1, 2]], [[1.0, 2.0], [0.2, 0.2]])
    >>> nearest(np.array([[0.0], [1.0], [5.0]])).places.tolist()
    [[1], [0], [1]]
    """
    queries, alone = vectors("queries", queries, narrow=True), gallery is None
    gallery = queries if alone else vectors("gallery", gallery, narrow=True)
    if queries.shape[1] != gallery.shape[1]:
        raise UsageError(
            f"queries has shape {queries.shape}; allowed: [Q, {gallery.shape[1]}], as the gallery"
        )
    check_size("k", k)
    if k > len(gallery) - alone:
        raise UsageError(f"k is {k}; allowed: at most {len(gallery) - alone}, the items")
    search = _Search(queries, gallery, k + alone)
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

    def __init__(self, queries: np.ndarray, gallery: np.ndarray, k: int):
        import jax  # whoever reads results, and asks for no neighbours, does without

        centre, (count, width) = middle(gallery), gallery.shape
        ends = [end(rows, axis=0) for rows in (queries, gallery) for end in (np.min, np.max)]
        scale = max(np.abs(ends - centre).max(), np.finfo(np.float64).tiny)
        # Twice as many tiles as neighbours, or most of the gallery would be a candidate.
        self._tile = max(SMALLEST_TILE, min(TILE, 2 ** int(np.log2(max(1, count / (2 * k))))))
        # A column more on both sides takes off half the square. Rows that only fill a tile are
        # never best.
        filled = -(-count // self._tile) * self._tile
        self._items = np.zeros((filled, width + 1), np.float32)
        _centre(gallery, centre, scale, self._items)
        self._items[count:, -1] = -np.finfo(np.float32).max / 2
        self._queries = np.ones((len(queries), width + 1), np.float32)
        _centre(queries, centre, scale, self._queries)
        squares = _squares(self._items[:, :-1])
        self._items[:count, -1] = -0.5 * squares[:count]
        self._lengths = np.sqrt(_squares(self._queries[:, :-1]))
        self._item_lengths, self._count = np.sqrt(squares), count
        self._order = self._by_length()
        self._best_of_tiles = _best_of_tiles()
        self._on_device = jax.numpy.asarray(self._items)

    def _by_length(self) -> np.ndarray | None:
        """Sorts the items by length if these are uneven: a tile's bound is that of its longest."""
        lengths = self._item_lengths[: self._count]
        if lengths.max() <= UNEVEN * np.median(lengths):
            return None
        order = np.argsort(lengths, kind="stable")
        self._items[: self._count] = self._items[order]
        self._item_lengths[: self._count] = lengths[order]
        return order

    def candidates(self, rows: np.ndarray, k: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Queries and items, `[P]` each: all that may be of the k nearest of some rows, rising."""
        best = np.asarray(self._best_of_tiles(self._queries[rows], self._on_device, self._tile))
        longest = self._item_lengths.reshape(-1, self._tile).max(axis=1)
        error = self._error(self._lengths[rows], longest[:, None])  # [T, B], as best
        # Of k tiles each has an item whose true score is its lower bound or more: so k items have
        # the k-th largest of these bounds, and what cannot reach it is none of the k nearest.
        lower = best - error
        if k == 1:
            threshold = lower.max(axis=0)
        elif k <= len(lower):
            threshold = np.partition(lower, len(lower) - k, axis=0)[len(lower) - k]
        else:
            threshold = np.full(len(rows), -np.inf, np.float32)
        needed = threshold - error
        asked = best >= needed
        group = np.cumsum(asked.sum(axis=0) * self._tile) // CANDIDATES
        for part in np.split(np.arange(len(rows)), 1 + np.flatnonzero(np.diff(group))):
            asking, items, scores = self._of_tiles(rows[part], asked[:, part], needed[:, part])
            # The tile's error was that of its longest item; an item's own may be smaller.
            error = self._error(self._lengths[asking], self._item_lengths[items])
            kept = scores >= threshold[np.searchsorted(rows, asking)] - error
            items = items[kept] if self._order is None else self._order[items[kept]]
            yield asking[kept], items

    def _of_tiles(
        self, rows: np.ndarray, asked: np.ndarray, needed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What scores enough in the tiles that each row asks for: rows, items, scores, `[P]`.

        `asked` and `needed`, `[T, B]`: whether a row asks for a tile, and the score to reach there.
        """
        found = []
        for tile in np.flatnonzero(asked.any(axis=1)):
            here = np.flatnonzero(asked[tile])
            inside = slice(tile * self._tile, min((tile + 1) * self._tile, self._count))
            scores = self._queries[rows[here]] @ self._items[inside].T
            places = np.flatnonzero(scores >= needed[tile, here, None])
            row, item = np.divmod(places, scores.shape[1])
            found.append((rows[here][row], item + inside.start, scores.ravel()[places]))
        asking, items, scores = map(np.concatenate, zip(*found, strict=True))
        return asking, items, scores

    def _error(self, lengths: np.ndarray, item_lengths: np.ndarray) -> np.ndarray:
        """A bound on how far a score in float32 is from half the distance in float64.

        Of |x| |y| + |y|^2 / 2 what rounding does in float32: to the numbers, to the squares, to a
        product of so many terms, to what is compared; and of |x|^2 what it does to the sum of
        squared differences, in float64, where |x|^2 is most of it.
        """
        terms, numbers = self._items.shape[1] + 7, np.finfo(np.float32)
        rounding = np.float32(terms * numbers.eps)
        alone = np.square(item_lengths) * (0.5 * rounding) + np.float32(terms * numbers.tiny)
        of_query = np.square(lengths) * np.float32(terms * np.finfo(np.float64).eps)
        return (lengths * rounding) * item_lengths + alone + of_query


def _centre(rows: np.ndarray, centre: np.ndarray, scale: float, into: np.ndarray) -> None:
    """(rows - centre) / scale in float64, into the first columns of a float32 array."""
    for start in range(0, len(rows), TILE):
        part = slice(start, start + TILE)
        into[part, :-1][: len(rows) - start] = (rows[part] - centre) * (1 / scale)


def _squares(rows: np.ndarray) -> np.ndarray:
    """The squared length of each row of `[N, D]`."""
    return np.einsum("nd,nd->n", rows, rows)


@functools.cache
def _best_of_tiles() -> Callable:
    """(queries `[B, D]`, items, size) -> the best score in each tile of so many items `[T, B]`."""
    import jax
    import jax.numpy as jnp

    def best(queries, items, size):
        tiles = items.reshape(-1, size, items.shape[1])
        return jax.lax.map(
            lambda tile: jnp.matmul(queries, tile.T, precision="highest").max(axis=1), tiles
        )

    return jax.jit(best, static_argnums=2)
