"""A run's page says all of it, whatever the run; text from data is text; no JAX, no network."""

import html.parser
import json
import re
import shutil
import time

import numpy as np
import pytest
from conftest import command, refusal, tiny
from folders import made, right

from reprlearn import compare, experiment, figures, kept, notes, report, scores
from reprlearn.pages import record
from reprlearn.pages.html import Markup, element, table

pytestmark = pytest.mark.xdist_group("reports")


class Outline(html.parser.HTMLParser):
    """Headings in their order, elements that are not closed, and what images say."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.images, self.ids, self.links = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "img":
            self.images.append(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append((self.open[-1], data))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An auto-encoder, two seeds."""
    config = tiny(
        "autoencoder.py",
        scores=("knn", "reconstruction"),
        training__num_seeds=2,
        figures="on",
        report="on",
    )
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "digits_run")


@pytest.fixture(scope="module")
def page(run):
    return (run.workdir / "report.html").read_text()


def test_training_writes_it_with_every_score_and_every_figure(run, page):
    outline = Outline(page)
    assert [text for tag, text in outline.headings if tag == "h1"] == ["digits_run"]
    wanted = ["Results", "Scores", "Figures", "Data", "Config", "Make it again"]
    assert [text for tag, text in outline.headings if tag == "h2"] == wanted
    assert {"knn", "reconstruction", "training curves", "latent map"} <= {
        text for tag, text in outline.headings if tag == "h3"
    }
    for name in ("knn", "reconstruction"):
        assert scores.load(name).QUESTION.replace("'", "&#x27;") in page
    drawn = list((run.workdir / "figures").glob("*.png"))
    assert len(outline.images) == len(drawn) > 4
    assert all(len(image["alt"]) > 10 for image in outline.images)
    assert set(outline.links) == {f"#{i}" for i in outline.ids}
    assert f"± {run.summary['knn/accuracy/standard_error']:.4f}" in page
    assert "Each seed" in page and f"{run.summary['knn/accuracy/seeds'][1]:.4f}" in page
    assert run.summary["state_sha256"] in page


def test_it_needs_nothing_else(page):
    """No address but those of XML, no script or style from elsewhere."""
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", page) == []
    assert not re.search(r"https?://|@import|url\(", page)


def test_what_differs_from_the_defaults_is_shown(run, page):
    environment = json.loads((run.workdir / "environment.json").read_text())
    assert environment["defaults"]["training.num_seeds"] == 1
    assert "model.latent_dim" in environment["defaults"] and "seed" not in environment["defaults"]
    assert (
        'scope="row">training.num_seeds</th><td class="text">2</td><td class="text">1</td>' in page
    )


def test_it_is_written_again_quickly_and_without_jax(run):
    script = (
        "import sys\nfrom reprlearn import report\n"
        f"report.main(['x', '--workdir={run.workdir}'])\nsys.exit('jax' in sys.modules)"
    )
    before = (run.workdir / "report.html").read_text()
    (run.workdir / "report.html").unlink()
    begin = time.perf_counter()
    done = command("-c", script)
    assert (done.returncode, done.stdout) == (0, f"{run.workdir}/report.html\n"), done.stderr
    assert time.perf_counter() - begin < 30  # half a second; measured in benchmarks
    assert (run.workdir / "report.html").read_text() == before


def test_every_figure_says_how_to_read_it():
    for name in figures.names():
        assert figures.load(name).CAPTION[-1] in ".?", name
    for name in scores.names():
        score = scores.load(name)
        assert hasattr(score, "draw") == hasattr(score, "CAPTIONS"), name
        assert all(caption.endswith(".") for caption in getattr(score, "CAPTIONS", {}).values())


def test_a_paired_difference_stands_beside_each_baseline(tmp_path):
    folder = made(tmp_path / "run", {"accuracy": right(160), "pca_accuracy": right(100)})
    made(folder / "baselines" / "other", {"accuracy": right(159)})
    page = report.render(record.read(folder))
    assert "better by 0.3000 [" in page and ">PCA<" in page
    assert "no clear difference: 0.0050 [" in page and ">other<" in page


def test_text_from_data_is_text(tmp_path):
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    folder = made(tmp_path / "run", {"accuracy": right(10)})
    path = folder / "environment.json"
    told = json.loads(path.read_text())
    told["data"] |= {"name": nasty, "rows": [{nasty: nasty, "class": nasty}]}
    told["data"]["columns"] = {"x": {"kind": "vector", "shape": [2], "names": [nasty]}}
    told["defaults"] = {"data.name": nasty}
    path.write_text(json.dumps(told))
    (folder / notes.FILE).write_text(f"warning: {nasty}\n{nasty}\n")
    page = report.render(record.read(folder))
    assert page.count("<script>") == 1 and "<img" not in page  # its own
    assert page.count("&lt;script&gt;alert(1)") > 6
    Outline(page)


def test_a_run_without_labels_says_what_labels_would_add(tmp_path):
    x = np.random.default_rng(0).normal(size=(100, 3))
    config = tiny("autoencoder.py", data__batch_size=10, scores=("geometry",), report="on")
    run = experiment.train(config, tmp_path / "run", data=x)
    page = (run.workdir / "report.html").read_text()
    assert "The data have no labels. With them" in page
    assert "The first test examples" in page and f"{run.load('test')['x'][0, 0]:.6g}" in page


def test_a_run_that_is_not_finished_has_a_page_too(tmp_path):
    folder = made(tmp_path / "run")
    (folder / "summary.json").unlink()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 15, "spl')  # it is being written
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"training": {"steps": 1_000}}))
    page = report.render(record.read(folder))
    assert "Not finished: 10 of 1,000 steps on set." in page
    Outline(page)


def test_a_score_of_another_step_is_told(tmp_path):
    folder = made(tmp_path / "run", {"accuracy": right(10)}, steps=10)
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"steps": 20}))
    page = report.render(record.read(folder))
    assert "knn was measured at step 10: left out" in page and "is it right?" not in page


def test_a_figure_of_another_step_is_left_out(run, page, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(run.workdir, folder)
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"steps": 24}))
    later = report.render(record.read(folder))
    assert "the figure latent_map is of another step: left out" in later and "<img" not in later
    twice = compare.render({"a": record.read(run.workdir), "b": record.read(run.workdir)}, [])
    assert "<h3>latent map</h3>" in twice
    once = compare.render({"a": record.read(run.workdir), "b": record.read(folder)}, [])
    assert "<h3>latent map</h3>" not in once
    (folder / "figures" / "roc.png").write_bytes(b"")
    assert refusal(report.write, folder).startswith(f"cannot read {folder}/figures/roc.png")


def test_notes_of_any_bytes_cost_nothing(tmp_path, capsys):
    folder = made(tmp_path / "run")
    notes.begin(folder, ["caf\udce9.npz"])  # as Python has a file name that is not UTF-8
    notes.warn(folder, "caf\udce9.npz is odd")
    assert notes.read(folder) == ["caf\\udce9.npz", "warning: caf\\udce9.npz is odd"]
    (folder / notes.FILE).write_bytes(b"\xff\n")
    notes.warn(folder, "and more")
    assert notes.read(folder)[1] == "warning: and more"
    Outline(report.render(record.read(folder)))


def test_it_can_be_turned_off_and_its_failure_costs_nothing(tmp_path, monkeypatch, capsys):
    config = tiny("autoencoder.py", scores=())
    run = experiment.train(config, tmp_path / "off")
    assert not (run.workdir / "report.html").exists()

    def broken(workdir):
        raise RuntimeError("no page today")

    monkeypatch.setattr(report, "write", broken)
    run = experiment.train(tiny("autoencoder.py", scores=(), report="on"), tmp_path / "broken")
    assert run.summary["steps"] == 12
    told = "warning: report.html could not be written: RuntimeError: no page today"
    assert told in capsys.readouterr().err and notes.read(run.workdir) == [told]


def test_warnings_of_a_run_are_kept_once_and_begin_anew(tmp_path, capsys):
    folder = made(tmp_path / "run")
    notes.begin(folder, ["what was\nread"])
    for _ in range(2):
        notes.warn(folder, "a score\nfailed")
    assert notes.read(folder) == ["what was read", "warning: a score failed"]
    assert capsys.readouterr().err == 2 * "warning: a score failed\n"
    assert "a score failed" in report.render(record.read(folder))
    notes.begin(folder, [])
    assert notes.read(folder) == []
    notes.warn(tmp_path / "nowhere", "told all the same")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--workdir is missing; allowed: the directory of a run"),
        (["--workdir=no"], "'no' is not a run: there is no config.json in it"),
        (["--workdir=run", "--out=no/a.html"], "--out is 'no/a.html': there is no folder 'no'"),
        (["--workdir=run", "--out=a.pdf"], "--out is 'a.pdf'; allowed: a .html file"),
        (
            ["--workdir=run", "--out=d.html"],
            "--out is 'd.html', which is a folder; name another",
        ),
        (["run"], "'run' is not a flag; flags are --workdir, --out"),
    ],
)
def test_bad_input_is_told_in_a_line(arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "run")
    (tmp_path / "d.html").mkdir()
    assert refusal(report.main, ["report", *arguments]) == told


@pytest.mark.parametrize("name", ["config.json", "environment.json", "summary.json"])
def test_a_damaged_file_is_named(name, tmp_path):
    folder = made(tmp_path / "run")
    (folder / name).write_text("[]")
    assert refusal(report.write, folder) == f"cannot read {folder / name}: it holds no JSON object"
    (folder / name).write_text("{")
    assert refusal(report.write, folder).startswith(f"cannot read {folder / name}: Expecting")


def test_elements_escape_what_is_not_markup():
    assert element("p", "a < b", class_='"x"') == '<p class="&quot;x&quot;">a &lt; b</p>'
    assert element("p", Markup("<b>x</b>")) == "<p><b>x</b></p>"
    assert (
        element("td", 5, data_value="5", hidden=True, id=None) == '<td data-value="5" hidden>5</td>'
    )
    made_table = table("numbers", ["", "n"], [["row", "1"]])
    assert '<th scope="row">row</th><td>1</td>' in made_table and "sortable" in made_table


def test_the_config_of_a_run_makes_it_again(run, tmp_path):
    from reprlearn import cli

    parsed = cli.parse(
        ["train.py", f"--config={run.workdir}/config.json", f"--workdir={tmp_path}/a"]
    )
    again = experiment.train(parsed.config, parsed.workdir, overrides=parsed.overrides)
    assert again.summary["state_sha256"] == run.summary["state_sha256"]
    told = refusal(cli.parse, ["x", f"--config={run.workdir}/config.json:digits"])
    assert told.endswith("config.json:digits'; allowed: the config.json of a run, alone")
    (tmp_path / "b.json").write_text("{")
    assert "which is no JSON" in refusal(cli.parse, ["x", f"--config={tmp_path}/b.json"])


def test_every_space_has_a_name_on_the_page():
    assert set(kept.SPACES) - {"pixels"} == set(report.CALLED)  # those are what the data are
