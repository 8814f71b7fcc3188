"""The documents keep what they say: doctests run, links lead somewhere, commands exist."""

import doctest
import importlib
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import ROOT

from reprlearn import figures, scores

WITH_EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted(ROOT.glob("reprlearn/**/*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_doctest_runs(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"jax": jax, "jnp": jnp, "np": np})
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    "document", ["README.md", "BENCHMARKS.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md"]
)
def test_links_and_paths_exist(document):
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\((?!http)([^)#]+)", text)
    paths = re.findall(r"`((?:reprlearn|configs|tests|notebooks|benchmarks|docs)/[\w./-]*)`", text)
    for target in links:
        assert ((ROOT / document).parent / target).exists(), target
    for target in (path for path in paths if "mine" not in path):  # the README's example
        assert (ROOT / target).exists(), target


def test_no_placeholder_is_left():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("configs/*.py")]:
        assert "@@" not in path.read_text(), path


def test_no_code_outside_data_asks_what_a_set_is_called():
    """Columns say what the data are: no names of sets or of their arrays, no second / 255."""
    asked = r"is_synthetic|has_domains|are_images|INPUTS|/ ?255|data\.name ==|\[.label.\]"
    own = {"columns.py"}  # the one place that says what a model sees
    for path in ROOT.glob("reprlearn/**/*.py"):
        if path.name not in own and "data" not in path.relative_to(ROOT / "reprlearn").parts:
            assert not re.search(asked, path.read_text()), path


def test_files_stay_readable():
    """Under 300 lines each: a file that grows past it holds two ideas."""
    for path in [*ROOT.glob("reprlearn/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        assert len(path.read_text().splitlines()) <= 300, path


def table(head, rows):
    """A table as the README has it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def test_the_readmes_tables_are_what_scores_and_figures_say():
    of_scores = [
        (f"`{name}`", scores.load(name).QUESTION, needs(scores.load(name)))
        for name in scores.names()
    ]
    of_figures = [
        (f"`{name}`", figures.load(name).__doc__.splitlines()[0][:-1], needs(figures.load(name)))
        for name in figures.names()
    ]
    text = (ROOT / "README.md").read_text()
    assert table(("score", "question", "needs"), of_scores) in text
    assert table(("figure", "shows", "needs"), of_figures) in text


def needs(module):
    return ", ".join(module.NEEDS.in_words()) or "any run"
