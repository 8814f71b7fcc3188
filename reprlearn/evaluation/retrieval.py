"""Retrieval: does a query find the examples of its class first?"""

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from reprlearn.errors import UsageError, check_size
from reprlearn.evaluation import ranking
from reprlearn.evaluation.distances import labelled, middle, squared_distances


def retrieval(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    gallery_embeddings: np.ndarray | None = None,
    gallery_labels: np.ndarray | None = None,
    recall_at: Sequence[int] = (1,),
    block: int = 64,
) -> dict[str, float]:
    """Recall at k, and precision and gain at R, nearest first by Euclidean distance.

    .. math:: MAP@R = \\frac1Q \\sum_q \\frac{1}{R_q} \\sum_{i=1}^{R_q} precision_q(i) \\, rel_q(i)

    where R_q examples are of the class of query q, rel_q(i) is 1 where the i-th nearest is one of
    them, and precision_q(i) is their share of the i nearest. Recall at k is the share of queries
    with one of them among the k nearest; R-precision is precision_q(R_q); NDCG@R counts each of the
    first R_q that is one by 1 / log2(i + 1), as a share of the most that it could be. Every example
    queries all others, or, where a gallery is given, the whole gallery. Queries whose class has no
    (other) member there do not count.

    Distances are those of the differences, in float64. Equally near examples have no order: all
    scores are the mean over all of theirs, so the order of the rows does not matter.

    Args:
      embeddings: `[N, D]`, finite.
      labels: `[N]`.
      gallery_embeddings: `[G, D]`, finite.
      gallery_labels: `[G]`.
      recall_at: the k, each at most the number of examples that a query searches.
      block: queries at a time; `[block, G]` distances lie in memory.

    Returns:
      "recall_at_1", or one for each k, "map_at_r", "r_precision" and "ndcg_at_r", each in [0, 1].

    Raises:
      UsageError: the shapes do not fit, an embedding is not finite, one of the gallery's arguments
        is missing, a k is too large, or the class of no query has a member to find.

    References:
      Musgrave, Belongie & Lim 2020, *A Metric Learning Reality Check*.

    >>> x, y = np.array([[0.0], [1.0], [1.5], [3.0]]), np.array([0, 1, 0, 1])
    >>> found = retrieval(x, y, recall_at=(1, 2))
    >>> found["recall_at_2"], found["map_at_r"]  # 0 and 3 are as near to 1.5: half a hit
    (0.625, 0.0)
    """
    check_size("block", block)
    embeddings, labels = labelled("embeddings", embeddings, "labels", labels)
    alone = gallery_embeddings is None and gallery_labels is None
    if alone:
        gallery, gallery_labels = embeddings, labels
    else:
        gallery, gallery_labels = _gallery(gallery_embeddings, gallery_labels, embeddings.shape[1])
    for k in recall_at:
        check_size("recall_at", k)
        if k > len(gallery) - alone:
            allowed = f"at most {len(gallery) - alone}, the examples to find"
            raise UsageError(f"recall_at holds {k}; allowed: {allowed}")
    _, classes = np.unique(np.concatenate([labels, gallery_labels]), return_inverse=True)
    classes, gallery_classes = classes[: len(labels)], classes[len(labels) :]
    counts = np.bincount(gallery_classes, minlength=classes.max() + 1)
    queries = np.flatnonzero(counts[classes] > alone)
    if not queries.size:
        raise UsageError(
            "no query has another example of its class; allowed: at least one that has"
        )
    # A class is one block of the gallery's rows, from its start to its stop.
    order = np.argsort(gallery_classes, kind="stable")
    stops = np.cumsum(counts)
    itself = np.argsort(order) if alone else np.full(len(labels), -1)
    search = _Search(gallery[order])
    found = []
    for begin in range(0, len(queries), block):
        rows = queries[begin : begin + block]
        stop = stops[classes[rows]]
        start = stop - counts[classes[rows]]
        asked = _Asked(embeddings[rows], itself[rows], start, stop, stop - start - alone)
        found.append(_scores(search, asked, recall_at))
    names = [*(f"recall_at_{k}" for k in recall_at), "map_at_r", "r_precision", "ndcg_at_r"]
    return dict(zip(names, np.concatenate(found).mean(axis=0).tolist(), strict=True))


class _Asked(NamedTuple):
    """Queries: `x` `[B, D]`; `itself`, the gallery's row that is the query, or -1; of its class
    the rows from `start` to `stop`; and how many `members` it has to find, R; all `[B]`."""

    x: np.ndarray
    itself: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    members: np.ndarray


def _scores(search: "_Search", asked: _Asked, recall_at: Sequence[int]) -> np.ndarray:
    """Recall at each k, then what is measured at R, of each query: `[B, len(recall_at) + 3]`.

    One product gives all distances with a bound on its rounding. Where two neighbours in the
    ranking differ in class and are nearer to each other than the bound, the query is asked again.
    """
    count = max(asked.members.max(), *recall_at, 1)
    distances, error = search.distances(asked)
    # The last bit of a distance says whether it is a hit: so numbers are sorted, and no places.
    tagged = distances.view(np.int64)
    tagged &= -2
    for row, start, stop in zip(tagged, asked.start, asked.stop, strict=True):
        row[start:stop] |= 1
    shown = min(count + 1, tagged.shape[1])
    tagged.partition(shown - 1, axis=1)
    nearest = np.sort(tagged[:, :shown], axis=1)
    hits = (nearest & 1).astype(bool)
    close = np.diff(nearest.view(np.float64), axis=1) <= 2 * error[:, None]
    unsure = (close & (hits[:, 1:] != hits[:, :-1])).any(axis=1) | close[:, count - 1 :].any(axis=1)
    hits = hits[:, :count]
    columns = [hits[:, :k].any(axis=1) for k in recall_at]
    scores = np.stack([*columns, *_at_members(hits, asked.members)], axis=1).astype(float)
    again = np.flatnonzero(unsure)
    if again.size:
        few = _Asked(*(array[again] for array in asked))
        scores[again] = [
            [
                *(ranking.recall(sizes, of_class, k) for k in recall_at),
                ranking.average_precision(sizes, of_class, members),
                ranking.precision(sizes, of_class, members),
                ranking.discounted_gain(sizes, of_class, members),
            ]
            for sizes, of_class, members in search.groups(few, max(recall_at, default=1))
        ]
    return scores


def _at_members(hits: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, ...]:
    """Average precision, precision, gain, `[B]` each, at R = members `[B]`, of hits `[B, K]`."""
    ranks = np.arange(1, hits.shape[1] + 1)
    counted = hits & (ranks <= members[:, None])
    precision = np.cumsum(hits, axis=1) / ranks
    weights = ranking.discounts(len(ranks))
    gain = (counted * weights).sum(axis=1) / np.cumsum(weights)[members - 1]
    average = (precision * counted).sum(axis=1) / members
    return average, counted.sum(axis=1) / members, gain


class _Search:
    """Distances to a gallery `[G, D]` by one float64 product, and in doubt from differences."""

    def __init__(self, gallery: np.ndarray):
        self._gallery, self._middle = gallery, middle(gallery)
        centred = gallery - self._middle
        self._squares = np.square(centred).sum(axis=1)
        columns = [centred, self._squares[:, None], np.ones((len(gallery), 1))]
        self._items = np.concatenate(columns, axis=1)

    def distances(self, asked: _Asked) -> tuple[np.ndarray, np.ndarray]:
        """Squared distances `[B, G]`, positive, and how far each may be off, `[B]`.

        All of a query are larger by one number, which leaves their order; itself is farthest.
        """
        centred = asked.x - self._middle
        squares = np.square(centred).sum(axis=1)
        error = self.error(squares, self._squares.max())
        return self._product(asked, centred, squares + 2.0 * error), error

    def error(self, squares: np.ndarray, item_squares: np.ndarray) -> np.ndarray:
        """A bound on how far a product's |x - y|^2 is from that of the differences.

        It holds for the rounding of the product's terms and sum, of the squares in it, of what was
        centred, and of the differences themselves (Higham 2002, section 3.1).
        """
        numbers = np.finfo(np.float64)
        rounding = 4 * (self._gallery.shape[1] + 8) * numbers.eps
        return rounding * (squares + item_squares) + numbers.tiny

    def groups(self, asked: _Asked, least: int) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        """For each query its ranking in groups: their sizes, the hits in each, and R.

        The ranking goes as far as R, or `least` where that is more. Distances that the product
        cannot tell apart are computed from the differences; equal ones make a group.
        """
        centred = asked.x - self._middle
        squares = np.square(centred).sum(axis=1)
        distances = self._product(asked, centred, squares)
        for i, row in enumerate(distances):
            error = self.error(squares[i], self._squares)
            places, run = _in_doubt(row, error, max(asked.members[i], least))
            hit = (places >= asked.start[i]) & (places < asked.stop[i])
            sizes, hits = np.bincount(run), np.bincount(run, hit)
            # Only where classes meet does the order matter.
            mixed = np.flatnonzero(((hits > 0) & (hits < sizes))[run])
            exact = np.zeros(len(places))
            exact[mixed] = self._exact(asked.x[i], places[mixed])
            order = np.lexsort((exact, run))
            run, exact, hit = run[order], exact[order], hit[order]
            new = (run[1:] != run[:-1]) | (exact[1:] != exact[:-1])
            group = np.append(0, np.cumsum(new))
            yield np.bincount(group), np.bincount(group, hit).astype(int), asked.members[i]

    def _product(self, asked: _Asked, centred: np.ndarray, squares: np.ndarray) -> np.ndarray:
        """`squares` `[B]` - 2 x y + |y|^2, `[B, G]`; of a query with itself the largest number."""
        columns = [-2.0 * centred, np.ones((len(squares), 1)), squares[:, None]]
        distances = np.concatenate(columns, axis=1) @ self._items.T
        rows = np.flatnonzero(asked.itself >= 0)
        distances[rows, asked.itself[rows]] = np.finfo(np.float64).max
        return distances

    def _exact(self, x: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Squared distances of a query to some rows, once for those that are equal."""
        kinds, kind = np.unique(self._kinds[places], return_inverse=True)
        return squared_distances(
            x[None], np.zeros(len(kinds), int), self._gallery, self._first[kinds]
        )[kind]

    @functools.cached_property
    def _kinds(self) -> np.ndarray:
        """Which of the different rows of the gallery each row is, `[G]`."""
        _, self._first, kinds = np.unique(
            self._gallery, axis=0, return_index=True, return_inverse=True
        )
        return kinds.reshape(-1)


def _in_doubt(
    distances: np.ndarray, error: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """What may be among the `count` nearest, and its runs: places `[K]`, and the run of each.

    The runs follow each other in distance; within one the errors `[G]` leave the order open.
    """
    low, high = distances - error, distances + error
    places = np.flatnonzero(low <= np.partition(high, count - 1)[count - 1])
    places = places[np.argsort(low[places], kind="stable")]
    reach = np.maximum.accumulate(high[places])
    return places, np.append(0, np.cumsum(low[places][1:] > reach[:-1]))


def _gallery(
    embeddings: np.ndarray | None, labels: np.ndarray | None, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """The gallery, checked; its rows are as wide as the queries."""
    for field, value in (("gallery_embeddings", embeddings), ("gallery_labels", labels)):
        if value is None:
            raise UsageError(f"{field} is None; allowed: both arrays of the gallery, or neither")
    embeddings, labels = labelled("gallery_embeddings", embeddings, "gallery_labels", labels)
    if embeddings.shape[1] != width:
        shape = embeddings.shape
        raise UsageError(f"gallery_embeddings has shape {shape}; allowed: [G, {width}]")
    return embeddings, labels
