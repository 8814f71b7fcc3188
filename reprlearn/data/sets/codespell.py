"""Misspelled words and what was meant, from the package codespell: pairs of texts.

A word may have many misspellings. Words of the same first five letters are a family, and no family
is in two splits: what is learned of some words is judged on others.
"""

import functools
import hashlib
from importlib import resources

from reprlearn.columns import Columns
from reprlearn.data import texts
from reprlearn.data.dataset import SPLITS, Contents
from reprlearn.data.options import Options
from reprlearn.data.splitting import check_shares, parts

NAMES = ("codespell",)
USES = frozenset({"text_length"})
FAMILY = 5  # first letters that a family has in common
SHARES = (80.0, 10.0, 10.0)  # of the families: training, validation, test


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def read(options: Options, like: Columns | None = None) -> Contents:
    """Misspellings "left/x" of one known word "right/x"; of a run's examples alone all words."""
    misspelled, meant, words = _dictionary()
    if like is not None and "left/x" not in like:
        return texts.examples(words, options, like["x"])
    families = [word[:FAMILY].encode() for word in meant]
    part = parts(families, None, check_shares(SHARES), seed=0).part
    found, given = texts.pairs(misspelled, meant, options, like), [SPLITS[i] for i in part]
    keys = [hashlib.blake2b(family, digest_size=16).digest() for family in families]
    return found._replace(given=given, keys=keys, other_keys=None)


@functools.cache
def _dictionary() -> tuple[list[str], list[str], list[str]]:
    """Misspellings of one word, in their order, that word of each; and all words, sorted.

    Those with a space or of letters beyond ASCII are left out.
    """
    misspelled, meant, words = [], [], set()
    lines = resources.files("codespell_lib").joinpath("data/dictionary.txt").read_text("utf-8")
    for line in lines.splitlines():
        wrong, _, right = line.partition("->")
        candidates = [word.strip() for word in right.split(",") if word.strip()]
        known = [word for word in candidates if _is_plain(word)]
        words.update(known)
        if len(candidates) == 1 and known and _is_plain(wrong):
            misspelled.append(wrong)
            meant.append(known[0])
    return misspelled, meant, sorted(words)


def _is_plain(word: str) -> bool:
    return word.isascii() and " " not in word
