"""Product reviews and whether they are for or against, by kind of product: amazon-books, ...

The multi-domain sentiment set in its processed form, a folder a domain with positive.review and
negative.review, and of each review a line of `word:count ... #label#:positive`. A person has these
files, and names the folder of the domains with data.manual_dir. A word stands in the text as often
as it is counted; two joined by "_" are a pair, which the network `words` reads as one.

Blitzer, Dredze & Pereira 2007, *Biographies, Bollywood, Boom-boxes and Blenders*.
"""

from collections.abc import Iterator
from pathlib import Path

from reprlearn.columns import Columns
from reprlearn.data import texts
from reprlearn.data.dataset import Contents
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

PREFIX = "amazon-"
NAMES = tuple(f"{PREFIX}{domain}" for domain in ("books", "dvd", "electronics", "kitchen"))
USES = frozenset({"manual_dir", "text_length", "split", "split_seed"})
CLASSES = ("negative", "positive")
LABEL = "#label#"


def answers(name: str) -> bool:
    """Whether it is amazon- and the folder of a domain."""
    return name.startswith(PREFIX) and name.removeprefix(PREFIX).isalnum()


def read(options: Options, like: Columns | None = None) -> Contents:
    """Reviews "x" as the words that are counted, and "y", negative or positive."""
    if not options.manual_dir:
        raise UsageError(
            f"data.name is {options.name!r}, which nobody may give away; allowed with "
            "data.manual_dir, the folder that holds its folder of .review files"
        )
    folder = Path(options.manual_dir).expanduser() / options.name.removeprefix(PREFIX)
    reviews = [review for label in CLASSES for review in _reviews(folder / f"{label}.review")]
    if not reviews:
        raise UsageError(f"{folder}: no review in it; allowed: some")
    words, labels = zip(*reviews, strict=True)
    return texts.labelled(words, labels, CLASSES, options, like)


def _reviews(file: Path) -> Iterator[tuple[str, int]]:
    """The words of each line of a file, and its class.

    Raises:
      UsageError: the file cannot be read, or a line is not of this form.
    """
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        words, label = [], None
        for part in line.split():
            word, _, count = part.rpartition(":")
            if word == LABEL:
                label = count
            elif word and count.isdecimal():
                words += int(count) * [word]
            else:
                raise UsageError(f"{file}, line {number}: {part!r}; allowed: word:count")
        if label not in CLASSES:
            raise UsageError(f"{file}, line {number}: no {LABEL}:negative or {LABEL}:positive")
        yield " ".join(words), CLASSES.index(label)
