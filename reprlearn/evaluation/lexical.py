"""How alike two texts are by their letters and words alone: what a learned code stands beside."""

from collections.abc import Sequence

import numpy as np

LETTERS, WORDS = (2, 4), (1, 1)  # n-grams that TF-IDF counts


def edit_similarity(queries: Sequence[str], candidates: Sequence[Sequence[str]]) -> np.ndarray:
    """One less the share of a text's letters that change into another's.

    .. math:: s = 1 - \\frac{d(a, b)}{\\max(|a|, |b|)}

    with d the optimal string alignment distance: insertions, deletions, substitutions, and swaps of
    two neighbours.

    Args:
      queries: `[Q]`.
      candidates: for each query as many, `[Q, K]`.

    Returns:
      float32 `[Q, K]`, from 0 to 1.

    References:
      Damerau 1964, *A Technique for Computer Detection and Correction of Spelling Errors*.

    >>> print(edit_similarity(["recieve"], [["receive", "relieve"]]).round(3))  # a swap; a letter
    [[0.857 0.857]]
    """
    from rapidfuzz.distance import OSA

    of = OSA.normalized_similarity
    rows = [
        [of(query, text) for text in row] for query, row in zip(queries, candidates, strict=True)
    ]
    return np.array(rows, np.float32)


class TfIdf:
    """Texts as counts of their n-grams of letters, or words, the rarer the weightier.

    Args:
      texts: that decide how rare an n-gram is.
      words: whether words are counted, or n-grams of two to four letters within words.

    References:
      Salton & Buckley 1988, *Term-weighting approaches in automatic text retrieval*.
    """

    def __init__(self, texts: Sequence[str], *, words: bool):
        from sklearn.feature_extraction.text import TfidfVectorizer

        kind = {"ngram_range": WORDS} if words else {"analyzer": "char_wb", "ngram_range": LETTERS}
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **kind)
        self.rows = self._vectorizer.fit_transform(texts)

    def similarity(self, queries: Sequence[str]) -> np.ndarray:
        """The cosine of each query with each text, float32 `[Q, N]`."""
        return (self._vectorizer.transform(queries) @ self.rows.T).toarray()
