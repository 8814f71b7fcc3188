"""Which article does a title belong to? A run of siamese_titles, TF-IDF and BM25, on equal terms.

python benchmarks/titles.py [runs/siamese_titles]

Each gets the titles of the test, of a package that training never saw, and all articles, as long as
the run reads them. BM25 is that of the package rank-bm25: pip install -e '.[bench]'.
"""

import importlib.util
import sys
from collections.abc import Iterator, Sequence

import numpy as np

import reprlearn
from reprlearn.columns import to_texts
from reprlearn.scores import matching
from reprlearn.subject import Subject


def main(workdir: str = "runs/siamese_titles") -> None:
    """Prints a row for each way."""
    subject = Subject(reprlearn.restore(workdir))
    candidates = subject.candidates()
    asked = matching.queries(subject.load(), candidates)
    print(f"{len(asked.x):,} titles, {len(candidates):,} articles\n")
    print(f"{'':<24}{'first':>8}{'of ten':>8}")
    values = subject.run.summary
    for name, space in (("the code", ""), ("TF-IDF", "tfidf_"), ("both", "fused_")):
        _print(name, *(values[f"matching/{space}recall_at_{k}"] for k in (1, 10)))
    if importlib.util.find_spec("rank_bm25") is None:
        print("BM25: not installed")
        return
    scores = _bm25(to_texts(asked.x), to_texts(candidates))
    found = [asked.ranks(row[None], place)[0] for place, row in enumerate(scores)]
    _print("BM25", np.mean(np.array(found) <= 1), np.mean(np.array(found) <= 10))


def _bm25(titles: Sequence[str], articles: Sequence[str]) -> Iterator[np.ndarray]:
    """How well each article answers to a title, `[C]` for each of them."""
    from rank_bm25 import BM25Okapi
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer().build_analyzer()  # the same words as TF-IDF has
    ranked = BM25Okapi([words(article) for article in articles])
    for title in titles:
        yield ranked.get_scores(words(title))


def _print(name: str, first: float, of_ten: float) -> None:
    print(f"{name:<24}{first:>8.4f}{of_ten:>8.4f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
