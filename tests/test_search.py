"""Search: the nearest examples by a run's codes, kept beside it, made anew when they are old."""

import base64
import io
import json
import re
import sys

import numpy as np
import pytest
from conftest import refusal, tiny
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from reprlearn import approximate, experiment, index, search
from reprlearn.runs import Run

pytestmark = pytest.mark.xdist_group("search")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        config = tiny("siamese.py", scores=(), data__classes=())
        return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def files(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("queries")
    for place in (0, 1):
        Image.fromarray(digits["x"][place][..., 0]).save(folder / f"{place}.png")
    return [str(folder / f"{place}.png") for place in (0, 1)]


def told(run, capsys, *arguments):
    search.main(["search", f"--workdir={run.workdir}", *arguments])
    return capsys.readouterr().out


def test_the_nearest_are_those_of_scikit_learn(run, digits, files, capsys):
    found = [json.loads(line) for line in told(run, capsys, "--json=yes", *files).splitlines()]
    z = run.encode(digits["x"]).astype(float)
    distances, places = NearestNeighbors(n_neighbors=10).fit(z).kneighbors(z[:2])
    for each, file, near, of_query in zip(found, files, places, distances, strict=True):
        assert each["query"] == file
        assert [row["distance"] for row in each["found"]] == pytest.approx(of_query, abs=1e-6)
        assert {row["name"] for row in each["found"]} == set(map(str, near))
        for row in each["found"]:
            assert row["class"] == str(digits["y"][int(row["name"])])
    lines = told(run, capsys, "--k=3", files[1]).splitlines()
    assert lines[0] == files[1] and lines[1].split() == ["distance", "class", "name"]
    assert [line.split()[2] for line in lines[2:]] == [r["name"] for r in found[1]["found"][:3]]


@pytest.fixture
def folder(digits, tmp_path):
    """A person's own images, of two classes."""
    for place in range(12):
        path = tmp_path / "own" / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits["x"][place][..., 0]).save(path)
    return tmp_path / "own"


def test_an_index_is_made_once_and_again_where_the_data_change(
    run, folder, digits, files, capsys, monkeypatch
):
    encoded, encode = [], Run.encode

    def counted(self, x, column="left/x"):
        encoded.extend([1] if len(x) == 12 else [])  # not of the query
        return encode(self, x, column)

    monkeypatch.setattr(Run, "encode", counted)

    def nearest():
        line = told(run, capsys, f"--index={folder}", "--json=yes", "--k=1", files[1])
        return json.loads(line)["found"][0]

    assert nearest() == {"distance": 0.0, "class": "b", "name": "b/1.png"}
    assert nearest()["name"] == "b/1.png" and len(encoded) == 1
    (folder / "b" / "1.png").rename(folder / "a" / "1.png")  # another class and name, same pixels
    assert nearest() == {"distance": 0.0, "class": "a", "name": "a/1.png"} and len(encoded) == 2
    Image.fromarray(digits["x"][50][..., 0]).save(folder / "a" / "1.png")
    assert nearest()["distance"] > 0 and len(encoded) == 3
    for file in (run.workdir / "index").glob("*.npz"):
        file.write_bytes(b"damaged")
    nearest()
    assert len(encoded) == 4
    many = json.loads(told(run, capsys, f"--index={folder}", "--json=yes", files[0]))["found"]
    assert len(many) == 10
    every = told(run, capsys, f"--index={folder}", "--json=yes", "--k=99", files[0])
    assert len(json.loads(every)["found"]) == 12


def test_examples_without_a_class_have_none(run, digits, tmp_path):
    np.savez(tmp_path / "x.npz", x=digits["x"][:5])
    found = index.index(run, str(tmp_path / "x.npz"))
    assert found.label.tolist() == [""] * 5 and found.name.tolist() == list("01234")
    np.testing.assert_array_equal(found.z, run.encode(digits["x"][:5]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing is named; allowed: one image or text or more"),
        (["0", "--k=0"], "--k is '0'; allowed: an integer of at least 1"),
        (["0", "--k=few"], "--k is 'few'; allowed: an integer of at least 1"),
        (["0", "--json=maybe"], "--json is 'maybe'. Choices: no, yes"),
        (["none.png"], "'none.png' cannot be read: No such file"),
        (["0", "--index=nowhere/"], "nowhere/"),
        (["0", "--index=moons"], "moons"),
        (["0", "--split=all"], "split is 'all'. Choices: train, validation, test"),
    ],
)
def test_what_cannot_be_searched_is_refused(run, files, arguments, message):
    given = [files[int(name)] if name.isdigit() else name for name in arguments]
    assert message in refusal(search.main, ["search", f"--workdir={run.workdir}", *given])


def test_a_page_shows_the_images_that_were_found(run, digits, files, tmp_path, capsys):
    page = tmp_path / "found.html"
    assert "2 queries" in told(run, capsys, f"--html={page}", "--k=3", *files)
    text = page.read_text()
    shown = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert len(shown) == 2 * (1 + 3)
    first = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown[0]))))
    # The query, 12 times as large: 96 pixels high.
    np.testing.assert_array_equal(first, np.kron(digits["x"][0][..., 0], np.ones((12, 12))))
    nearest = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown[1]))))
    np.testing.assert_array_equal(nearest, first)  # itself


def test_an_approximate_search_finds_nearly_the_same_and_says_how_much(run, files, capsys):
    pytest.importorskip("faiss")
    exact = [json.loads(line) for line in told(run, capsys, "--json=yes", *files).splitlines()]
    arguments = ("--json=yes", "--approximate=yes", *files)
    search.main(["search", f"--workdir={run.workdir}", *arguments])
    printed = capsys.readouterr()
    near = [json.loads(line) for line in printed.out.splitlines()]
    of_exact = [{row["name"] for row in each["found"]} for each in exact]
    shared = [
        len(names & {row["name"] for row in each["found"]})
        for names, each in zip(of_exact, near, strict=True)
    ]
    assert min(shared) >= 9
    assert re.fullmatch(
        r"approximate: finds \d+\.\d% of the nearest 10 of 100 codes\n", printed.err
    )
    kept = list((run.workdir / "index").glob("*.faiss"))
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    search.main(["search", f"--workdir={run.workdir}", *arguments])
    assert kept[0].stat().st_mtime_ns == before
    kept[0].write_bytes(b"damaged")
    search.main(["search", f"--workdir={run.workdir}", *arguments])
    assert kept[0].stat().st_size > 100


def test_a_graph_of_other_codes_is_made_anew_and_its_recall_is_measured(tmp_path):
    pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 4)).astype("f4")
    first = approximate.graph(tmp_path / "own.npz", z, 5)
    assert first.recall > 0.99
    places, distances = first.nearest(z[:3], 5)
    assert places[:, 0].tolist() == [0, 1, 2]
    near = np.linalg.norm(z[places] - z[:3, None], axis=-1)
    np.testing.assert_allclose(distances, near, atol=1e-5)
    approximate.graph(tmp_path / "own.npz", z[::-1], 5)
    assert len(list(tmp_path.iterdir())) == 1

    every, _ = first.nearest(z[:2], 300)
    assert [sorted(row) for row in every.tolist()] == 2 * [list(range(300))]

    class Half:  # finds every other of the right ones
        def search(self, asked, k):
            squared = np.square(asked[:, None] - z).sum(axis=-1)
            order = np.argsort(squared, axis=1)[:, : 2 * k : 2]
            return np.take_along_axis(squared, order, axis=1), order

    assert approximate._recall(Half(), z, 6) == pytest.approx(0.5)


def test_an_approximate_search_without_its_package_is_refused(run, files, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    arguments = ["search", f"--workdir={run.workdir}", "--approximate=yes", *files]
    assert refusal(search.main, arguments) == (
        "--approximate is 'yes', and faiss is not installed; allowed after: pip install -e "
        "'.[search]'"
    )
