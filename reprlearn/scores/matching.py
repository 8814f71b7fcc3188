"""Matching: the left of a listed similar pair asks for its right one, among all there are.

Candidates are all examples of the data, of texts all right ones; equally near ones count as nearer.

Of texts the score also says what their letters tell: TF-IDF, and the codes together with it, or of
short texts with the edit distance, weighed as is best on validation pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from reprlearn import columns, data, evaluation
from reprlearn.errors import UsageError
from reprlearn.kept import Measured, Metric, called
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("encode",), columns=("right/x",))
QUESTION = "does one of a listed pair find the other among all? recall at 1, 5 and 10, mean rank"
RECALL_AT = (1, 5, 10)
METRICS = {
    f"recall_at_{k}": Metric(f"share of queries whose partner is among the {k} nearest", "higher")
    for k in RECALL_AT
} | {
    "ndcg_at_10": Metric("mean of 1 / log2(rank + 1) where the rank is up to 10", "higher"),
    "reciprocal_rank": Metric("mean of one over the partner's rank", "higher"),
    "weight": Metric("of the letters beside the code, from validation"),
    "candidates": Metric("among which a partner is looked for"),
}
WEIGHTS = (  # of the letters' similarity
    *(0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
    *(1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
)
SHORT = 64  # bytes: of texts up to here letters are compared, of longer ones words
SHORTLIST = 100  # nearest by code, which are ranked anew by the edit distance
AT_ONCE = 256  # queries that are ranked at once


class Queries(NamedTuple):
    """What is asked, and what is right.

    Attributes:
      x: the different left examples, `[Q, ...]`.
      partners: of each the places of the right ones among the candidates, `[Q]` arrays.
      itself: of each its own place among the candidates, or None.
    """

    x: np.ndarray
    partners: Sequence[np.ndarray]
    itself: Sequence[int | None]

    def slices(self) -> Iterator[slice]:
        """The queries, some at a time."""
        for start in range(0, len(self.x), AT_ONCE):
            yield slice(start, min(start + AT_ONCE, len(self.x)))

    def ranks(self, similarity: np.ndarray, start: int) -> np.ndarray:
        """The rank of the first partner of some queries, int `[B]` from 1.

        Args:
          similarity: of each query with each candidate, `[B, C]`; a query itself is passed over.
          start: the first of these queries.
        """
        found = []
        for place, row in enumerate(similarity, start):
            partners, itself = self.partners[place], self.itself[place]
            nearer = row >= row[partners].max()
            nearer[partners] = False
            if itself is not None:
                nearer[itself] = False
            found.append(1 + int(nearer.sum()))
        return np.array(found)


def check(config: ConfigDict, load: Any, split: str) -> None:
    """Refuses splits without a similar pair."""
    for of in sorted({"validation", split}):
        if not (load(of)["similar"] == 1).any():
            raise UsageError(f"the {of} split has no similar pair; allowed: at least one")


def measure(subject: Subject) -> Measured:
    """Ranks of the partners, by space; of texts also by letters, and by both."""
    candidates = subject.candidates()
    asked = queries(subject.load(), candidates)
    values: dict[str, Any] = {"matching/candidates": float(len(candidates))}
    codes, right_spaces = {}, subject.spaces_of("right/x")
    for space, encode in subject.spaces.items():
        codes[space] = right_spaces[space](candidates)
        by_code = by_distance(encode(asked.x), codes[space])
        found = [asked.ranks(by_code(some), some.start) for some in asked.slices()]
        values |= _told(called("", space), np.concatenate(found))
    if subject.run.column.kind == "tokens":
        values |= _of_texts(subject, asked, candidates, codes["learned"])
    return Measured(values)


def queries(arrays: data.Arrays, candidates: np.ndarray) -> Queries:
    """The left examples of similar pairs, each once, and where their right ones are.

    Raises:
      UsageError: a right one is not among the candidates.
    """
    near = arrays["similar"] == 1
    place = {row: i for i, row in enumerate(_contents(candidates))}
    x = arrays["left/x"][near]
    left, right = _contents(x), _contents(arrays["right/x"][near])
    if missing := sum(row not in place for row in right):
        raise UsageError(f"{missing} of {len(right)} partners are not among the candidates")
    rows: dict[bytes, list[int]] = {}  # of each left example its pairs
    for row, one in enumerate(left):
        rows.setdefault(one, []).append(row)
    partners = [np.unique([place[right[row]] for row in of_one]) for of_one in rows.values()]
    first = [of_one[0] for of_one in rows.values()]
    return Queries(x[first], partners, [place.get(one) for one in rows])


def _contents(x: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in np.ascontiguousarray(x)]


def by_distance(z: np.ndarray, others: np.ndarray) -> Callable[[slice], np.ndarray]:
    """Minus half the squared distances of codes, but for what is the same for all candidates."""
    z, others = z.astype(np.float64), others.astype(np.float64)
    half = 0.5 * np.square(others).sum(axis=1)
    return lambda some: z[some] @ others.T - half


def _told(name: str, found: np.ndarray) -> dict[str, np.ndarray]:
    """Values of each query."""
    recalls = {f"matching/{name}recall_at_{k}": (found <= k).astype(float) for k in RECALL_AT}
    gain = np.where(found <= 10, 1.0 / np.log2(found + 1.0), 0.0)
    return recalls | {
        f"matching/{name}ndcg_at_10": gain,
        f"matching/{name}reciprocal_rank": 1.0 / found,
    }


# Texts.


def _of_texts(
    subject: Subject, asked: Queries, candidates: np.ndarray, codes: np.ndarray
) -> dict[str, Any]:
    """Ranks by letters alone, and by the code and letters."""
    texts = columns.to_texts(candidates)
    tfidf = evaluation.TfIdf(texts, words=candidates.shape[1] > SHORT)
    words = columns.to_texts(asked.x)
    found = [asked.ranks(tfidf.similarity(words[s]), s.start) for s in asked.slices()]
    values = _told("tfidf_", np.concatenate(found))
    if subject.split == "validation":  # no weight may be chosen on what is judged
        return values

    beside_code = None if are_short(texts) else tfidf

    def fused(of: Queries, weights: Sequence[float]) -> np.ndarray:
        """The ranks for each weight, `[W, Q]`."""
        words, by_code = columns.to_texts(of.x), by_distance(subject.run.encode(of.x), codes)
        found = []
        for some in of.slices():
            both = beside(by_code(some), words[some], texts, beside_code)
            found.append([of.ranks(both.code + w * both.letters, some.start) for w in weights])
        return np.concatenate(found, axis=1)

    held_out = fused(queries(subject.load("validation"), candidates), WEIGHTS)
    weight = WEIGHTS[int(np.argmax((held_out == 1).mean(axis=1)))]
    return values | _told("fused_", fused(asked, [weight])[0]) | {"matching/weight": weight}


class Both(NamedTuple):
    """How near some queries are to all candidates, each `[B, C]`.

    Attributes:
      code: by their codes.
      letters: by their letters or words, from 0 to 1.
    """

    code: np.ndarray
    letters: np.ndarray


def are_short(texts: Sequence[str]) -> bool:
    """Whether letters are compared, or else words."""
    return max(map(len, texts)) <= SHORT


def beside(
    by_code: np.ndarray,
    words: Sequence[str],
    texts: Sequence[str],
    tfidf: evaluation.TfIdf | None,
) -> Both:
    """What the letters of some queries say beside their codes.

    Without TF-IDF the edit distance to the nearest by code; all other candidates are passed over.

    Args:
      by_code: `[B, C]`.
      words: the queries, `[B]`.
      texts: the candidates, `[C]`.
      tfidf: of the candidates, where these are not short.
    """
    if tfidf is not None:
        return Both(by_code, tfidf.similarity(words))
    k = min(SHORTLIST, len(texts))
    chosen = np.argpartition(-by_code, k - 1, axis=1)[:, :k]
    edits = evaluation.edit_similarity(words, [[texts[i] for i in row] for row in chosen])
    letters, code = np.zeros_like(by_code), np.full_like(by_code, -np.inf)
    np.put_along_axis(letters, chosen, edits, axis=1)
    np.put_along_axis(code, chosen, np.take_along_axis(by_code, chosen, 1), axis=1)
    return Both(code, letters)
