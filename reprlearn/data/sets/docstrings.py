"""Titles and articles: summaries of docstrings and what follows them, of installed packages.

The test is of a package that training never saw, and so is the validation. What is installed
decides what the articles say: another version of a package has others, and a run notices.
"""

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from reprlearn.columns import Columns
from reprlearn.data import texts
from reprlearn.data.dataset import Contents
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

NAMES = ("docstrings",)
USES = frozenset({"text_length"})
PACKAGES = {
    "train": (
        *("numpy", "scipy", "matplotlib", "jax", "flax", "optax", "orbax"),
        *("tensorflow_datasets", "grain", "absl", "mlxtend", "PIL"),
    ),
    "validation": ("pandas",),
    "test": ("sklearn",),
}
LEFT_OUT = {"test", "tests", "_test", "testing", "externals", "_vendor"}  # folders
ALIKE = 100  # letters at the beginning of two articles that are one
TITLE, ARTICLE = (15, 200), 80  # bytes: the least and the most of a title, the least of an article


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def read(options: Options, like: Columns | None = None) -> Contents:
    """Titles "left/x" and articles "right/x", all similar; of a run's examples alone articles."""
    found = _splits()
    if empty := [split for split, pairs in found.items() if not pairs]:
        raise UsageError(
            f"data.name is 'docstrings': none of {', '.join(PACKAGES[empty[0]])} is installed, the "
            f"{empty[0]} split; allowed where they are"
        )
    if like is not None and "left/x" not in like:
        articles = dict.fromkeys(article for pairs in found.values() for _, article in pairs)
        return texts.examples(list(articles), options, like["x"])
    titles, articles = zip(*(pair for pairs in found.values() for pair in pairs), strict=True)
    made = texts.pairs(titles, articles, options, like)
    given = [split for split, pairs in found.items() for _ in pairs]
    return made._replace(given=given, other_keys=None)


def _splits() -> dict[str, list[tuple[str, str]]]:
    """The different titles and articles of each split; what several say is of the last one alone.

    Packages copy from each other: articles are the same if they begin alike.
    """
    found, seen = {}, set()
    for split in reversed(PACKAGES):
        every = dict.fromkeys(pair for package in PACKAGES[split] for pair in _docstrings(package))
        found[split] = [pair for pair in every if pair[1][:ALIKE] not in seen]
        seen |= {article[:ALIKE] for _, article in every}
    return dict(reversed(found.items()))


@functools.cache
def _docstrings(package: str) -> tuple[tuple[str, str], ...]:
    """Of each docstring in a package's files its first paragraph and the others."""
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    kept = [path for path in files if not set(path.parts) & LEFT_OUT]
    return tuple(pair for path in kept for pair in _in_file(path))


def _in_file(path: Path) -> Iterator[tuple[str, str]]:
    """The titles and articles in a file of Python; nothing where it cannot be read."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        title, _, article = (ast.get_docstring(node) or "").partition("\n\n")
        title, article = " ".join(title.split()), " ".join(article.split())
        if TITLE[0] <= len(title.encode()) <= TITLE[1] and len(article.encode()) >= ARTICLE:
            yield title, article
