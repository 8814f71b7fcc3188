"""Texts of a table: one column is the examples, two are pairs; what a run's data are made of."""

import numpy as np
import pytest
from conftest import refusal

from reprlearn import data
from reprlearn.columns import as_given, to_texts, tokens
from reprlearn.data.options import Options
from reprlearn.data.sets import docstrings
from reprlearn.errors import UsageError

REVIEWS = "review,stars\nvery good,good\nawful,bad\nNA,bad\nquite good,good\nbad,bad\n" + "".join(
    f"text number {i},{('good', 'bad')[i % 2]}\n" for i in range(40)
)


def opened(**fields):
    return data.open_dataset(Options(**fields))


def texts_of(dataset, split, role="x"):
    return to_texts(data.whole(dataset.open(split))[role])


def test_a_column_of_texts_and_its_label(write):
    name = write(REVIEWS, "r.csv")
    dataset = opened(name=name, text=("review",), label="stars")
    assert dataset.columns["x"] == tokens(14) and dataset.columns["y"].names == ("bad", "good")
    every = data.whole(dataset.open("all"))
    assert to_texts(every["x"][:5]) == ["very good", "awful", "NA", "quite good", "bad"]
    assert every["y"][:5].tolist() == [1, 0, 0, 1, 0]
    assert list(dataset.names("all"))[:2] == ["very good", "awful"]
    parts = [set(texts_of(dataset, split)) for split in data.SPLITS]
    assert sum(map(len, parts)) == 45 and all(parts)


def test_long_texts_are_cut_and_told(write):
    dataset = opened(name=write(REVIEWS, "r.csv"), text=("review",), text_length=10)
    assert dataset.columns["x"] == tokens(10)
    assert dataset.notes == ("texts longer than 10 bytes, which are cut: 40 of 45",)
    assert "text numbe" in texts_of(dataset, "all")


WORDS = "".join(f"wrod{i},word{i}\n" for i in range(60))


def test_two_columns_are_pairs_that_are_similar(write):
    dataset = opened(name=write("typo,meant\n" + WORDS, "w.csv"), text=("typo", "meant"))
    assert list(dataset.columns) == ["left/x", "right/x", "similar"]
    for split in data.SPLITS:
        left, right = (texts_of(dataset, split, f"{side}/x") for side in ("left", "right"))
        assert [text.replace("wrod", "word") for text in left] == right
        assert (data.whole(dataset.open(split))["similar"] == 1).all()
    assert sum(len(dataset.open(split)) for split in data.SPLITS) == 60
    # Of a run's examples one by one these are the right ones.
    items = data.open_examples(None, Options(dataset.name, text=("typo", "meant")), dataset.columns)
    assert sorted(texts_of(items, "all")) == sorted(f"word{i}" for i in range(60))
    assert items.columns["x"] == dataset.columns["right/x"]


def test_a_column_says_which_pairs_are_similar(write):
    rows = "".join(f"a{i},b{i},{i % 3 == 0}\n" for i in range(60))
    dataset = opened(name=write("a,b,similar\n" + rows, "w.csv"), text=("a", "b"))
    for split in data.SPLITS:
        arrays = data.whole(dataset.open(split))
        numbers = [int(text[1:]) for text in to_texts(arrays["left/x"])]
        assert arrays["similar"].tolist() == [int(i % 3 == 0) for i in numbers]


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        (REVIEWS, {"text": ("reviews",)}, "has no column 'reviews'. Did you mean 'review'?"),
        (REVIEWS, {"text": ("review", "stars", "a")}, "allowed: one column, or two different"),
        (REVIEWS, {"text": ("review", "review")}, "allowed: one column, or two different"),
        (REVIEWS, {"text": ("review",), "label": "star"}, "no column 'star'. Did you mean 'stars'"),
        (REVIEWS, {"text_length": 0}, "data.text_length is 0"),
        (
            "a,b\nx,y\n,z\n",
            {"text": ("a", "b")},
            "1 of 2 rows lack a text of a, b, the first in line 3",
        ),
        ("a,b,similar\nx,y,3\nz,w,1\n", {"text": ("a", "b")}, "similar in line 2 is '3'"),
    ],
)
def test_what_are_no_texts_is_refused(write, content, fields, message):
    assert message in refusal(opened, name=write(content, "t.csv"), **fields)


def test_rows_without_a_text_are_left_out_if_asked(write):
    name = write("a,b\nx,y\n,z\n" + WORDS, "t.csv")
    dataset = opened(name=name, text=("a", "b"), missing="drop")
    assert "1 of 62 rows lack a text" in dataset.notes[0]
    assert sum(len(dataset.open(split)) for split in data.SPLITS) == 61


def test_texts_are_given_as_they_are_or_as_tokens():
    column = tokens(4)
    found = as_given(column, ["ab", "abcdef"])
    assert found.dtype == np.uint16 and found.tolist() == [[97, 98, 0, 0], [97, 98, 99, 100]]
    assert as_given(column, np.array(["ab"])).tolist() == [[97, 98, 0, 0]]
    np.testing.assert_array_equal(as_given(column, found), found)
    for wrong, message in (
        ("ab", "texts are one text, 'ab'; allowed: a list"),
        (np.zeros((2, 3), np.uint16), r"texts are uint16 of shape \(2, 3\); allowed: a list"),
        (np.zeros((2, 4)), "texts are float64"),
        ([1, 2], "texts are int64"),
    ):
        with pytest.raises(UsageError, match=message):
            as_given(column, wrong)


def test_misspelled_words_are_split_by_family():
    dataset = opened(name="codespell")
    families, right = {}, set()
    for split in data.SPLITS:
        meant = texts_of(dataset, split, "right/x")
        families[split] = {word[:5] for word in meant}
        right |= set(meant)
        assert len(meant) > 5_000
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert not families[one] & families[other]
    words = data.open_examples(None, Options("codespell"), dataset.columns)
    known = texts_of(words, "all")
    assert len(known) == len(set(known)) and right < set(known)
    pairs = data.whole(dataset.open("train"), 5)
    assert (pairs["left/x"] != pairs["right/x"]).any(axis=1).all()


def test_docstrings_are_split_by_package(monkeypatch):
    packages = {"train": ("optax", "no_such_package"), "validation": ("absl",), "test": ("flax",)}
    monkeypatch.setattr(docstrings, "PACKAGES", packages)
    dataset = opened(name="docstrings", text_length=300)
    test, train = (set(texts_of(dataset, split, "right/x")) for split in ("test", "train"))
    assert len(test) > 200 and len(train) > 150 and not test & train
    titles = texts_of(dataset, "train", "left/x")
    assert "The AdaBelief optimizer." in titles and len(set(titles)) > 150
    monkeypatch.setitem(packages, "test", ("no_such_package",))
    assert "none of no_such_package is installed, the test split" in refusal(
        opened, name="docstrings"
    )


def test_what_is_said_twice_is_of_the_test_alone(tmp_path, monkeypatch):
    article = "An article that is long enough to be one. " * 3
    for package, titles in {
        "one": ("First of all titles", "Second of them"),
        "two": ("Third one here",),
    }.items():
        (tmp_path / package).mkdir()
        functions = "".join(
            f'def f{i}():\n    """{title}.\n\n    {article if i == 0 else title * 9}\n    """\n'
            for i, title in enumerate(titles)
        )
        (tmp_path / package / "__init__.py").write_text(functions + "def g():\n    pass\n")
        (tmp_path / package / "tests").mkdir()
        (tmp_path / package / "tests" / "a.py").write_text("not python (")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(docstrings, "PACKAGES", {"train": ("one",), "test": ("two",)})
    found = docstrings._splits()
    assert [title for title, _ in found["train"]] == ["Second of them."]
    assert found["test"] == [("Third one here.", " ".join(article.split()))]
