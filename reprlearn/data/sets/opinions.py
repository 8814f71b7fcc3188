"""Sentences and whether they are for or against, of four domains: opinions-films, ...

Sentences of film reviews, product reviews, tweets and newspaper editorials that twenty people rated
from -4 to 4 (Hutto & Gilbert 2014, *VADER*). A mean of 0.5 or more is positive, of -0.5 or less
negative; what lies between is left out. From data.manual_dir, or downloaded with a checksum.
"""

import functools
import html
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

from reprlearn.columns import Columns
from reprlearn.data import texts
from reprlearn.data.dataset import Contents
from reprlearn.data.downloads import fetch
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

FILES = {
    "opinions-films": "movieReviewSnippets",
    "opinions-products": "amazonReviewSnippets",
    "opinions-tweets": "tweets",
    "opinions-news": "nytEditorialSnippets",
}
NAMES = tuple(FILES)
USES = frozenset({"manual_dir", "text_length", "split", "split_seed"})
ARCHIVE = "hutto_ICWSM_2014.tar.gz"
URL = f"http://comp.social.gatech.edu/papers/{ARCHIVE}"
SHA256 = "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"
CLASSES = ("negative", "positive")
RATED = 0.5  # of 4: the mean from which on a sentence has a class


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def read(options: Options, like: Columns | None = None) -> Contents:
    """Sentences "x", and "y", negative or positive."""
    sentences, ratings = _rated(options.name, _archive(options))
    labels = [int(rating > 0) for rating in ratings]
    return texts.labelled(sentences, labels, CLASSES, options, like)


def _archive(options: Options) -> Path:
    """The archive: in data.manual_dir, or downloaded into the folder of prepared sets."""
    if options.manual_dir:
        file = Path(options.manual_dir).expanduser() / ARCHIVE
        if not file.is_file():
            raise UsageError(f"data.manual_dir is {options.manual_dir!r}, which lacks {ARCHIVE}")
        return file
    from reprlearn.data import builders  # TFDS loads for a second

    folder = builders.downloads(options.data_dir)
    if not (folder / ARCHIVE).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fetch(options.name, URL, folder / ARCHIVE, SHA256)
    return folder / ARCHIVE


@functools.cache
def _rated(name: str, archive: Path) -> tuple[Sequence[str], Sequence[float]]:
    """The different sentences that have a class, and their mean ratings.

    Raises:
      UsageError: no such archive, or one without the domain's file.
    """
    member = f"hutto_ICWSM_2014/{FILES[name]}_GroundTruth.txt"
    try:
        with tarfile.open(archive) as opened:
            text = io.TextIOWrapper(opened.extractfile(member), "utf-8-sig", "replace").read()
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise UsageError(f"{archive}: it is not the archive that holds {member}") from error
    found: dict[str, float] = {}
    for line in text.splitlines():
        _, rating, sentence = line.split("\t", 2)
        if abs(float(rating)) >= RATED:
            found.setdefault(html.unescape(sentence).strip(), float(rating))
    return list(found), list(found.values())
