"""Who corrects misspelled words best? A run of siamese_typos, and the usual ways, on equal terms.

python benchmarks/typos.py [runs/siamese_typos] [1000]

Each gets so many of the misspelled words of the test, and all known words, and gives its first
choice and its first five. Words of the test have families that training never saw. The usual ways:
edit distance (optimal string alignment), ties by Jaro-Winkler, of rapidfuzz; SymSpell;
pyspellchecker. Those that are not installed are left out: pip install -e '.[bench]'.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

import reprlearn
from reprlearn import data, evaluation
from reprlearn.columns import to_texts
from reprlearn.index import index, search

Ranked = Iterator[Sequence[str]]  # for each query the words, the best first


def main(workdir: str = "runs/siamese_typos", count: str = "1000") -> None:
    """Prints a row for each way."""
    run = reprlearn.restore(workdir)
    arrays = run.load("test")
    chosen = np.random.default_rng(0).permutation(len(arrays["similar"]))[: int(count)]
    asked, meant = (to_texts(arrays[f"{side}/x"][chosen]) for side in ("left", "right"))
    words = to_texts(data.whole(run.examples().open("all"))["x"])
    among = index(run)
    print(f"{len(asked):,} misspelled words, {len(words):,} known words\n")
    print(f"{'':<34}{'first':>8}{'of five':>10}")
    for name, needs, rank in WAYS:
        if needs and importlib.util.find_spec(needs) is None:
            print(f"{name:<34}  not installed")
            continue
        _print(name, meant, [list(ranked[:5]) for ranked in rank(asked, words)])
    codes = evaluation.nearest(run.encode(asked), among.z, k=5).places
    both = search(run, among, asked, 5).place
    for name, places in (("the code", codes), ("the code and the edit distance", both)):
        _print(name, meant, [[str(word) for word in among.name[row]] for row in places])


def _print(name: str, meant: Sequence[str], found: Sequence[Sequence[str]]) -> None:
    first = np.mean([word in few[:1] for word, few in zip(meant, found, strict=True)])
    five = np.mean([word in few for word, few in zip(meant, found, strict=True)])
    print(f"{name:<34}{first:>8.4f}{five:>10.4f}", flush=True)


def by_edits(asked: Sequence[str], words: Sequence[str]) -> Ranked:
    """By optimal string alignment, then by Jaro-Winkler."""
    from rapidfuzz.distance import OSA, JaroWinkler
    from rapidfuzz.process import cdist

    for query in asked:
        edits = cdist([query], words, scorer=OSA.distance)[0]
        near = np.argsort(edits, kind="stable")[:200]
        alike = cdist([query], [words[i] for i in near], scorer=JaroWinkler.similarity)[0]
        yield [words[i] for i in near[np.lexsort((-alike, edits[near]))]]


def by_symspell(asked: Sequence[str], words: Sequence[str]) -> Ranked:
    """By SymSpell, up to three edits, all words as frequent."""
    from symspellpy import SymSpell, Verbosity

    checker = SymSpell(max_dictionary_edit_distance=3, prefix_length=7)
    for word in words:
        checker.create_dictionary_entry(word, 1)
    for query in asked:
        found = checker.lookup(query, Verbosity.ALL, max_edit_distance=3)
        yield [suggestion.term for suggestion in found]


def by_pyspellchecker(asked: Sequence[str], words: Sequence[str]) -> Ranked:
    """By pyspellchecker, up to two edits, all words as frequent."""
    from spellchecker import SpellChecker

    checker = SpellChecker(language=None, distance=2, case_sensitive=True)
    checker.word_frequency.load_words(words)
    for query in asked:
        best = checker.correction(query)
        others = sorted((checker.candidates(query) or set()) - {best})
        yield [word for word in (best, *others) if word is not None]


WAYS: Sequence[tuple[str, str, Callable[[Sequence[str], Sequence[str]], Ranked]]] = (
    ("edit distance, then Jaro-Winkler", "", by_edits),
    ("SymSpell", "symspellpy", by_symspell),
    ("pyspellchecker", "spellchecker", by_pyspellchecker),
)

if __name__ == "__main__":
    main(*sys.argv[1:])
