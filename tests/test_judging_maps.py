"""Maps in the plane: judged by the same neighbours, against scikit-learn."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from reprlearn import evaluate, experiment, kept, scores
from reprlearn.evaluation import nearest, vote
from reprlearn.subject import Group, Subject

pytestmark = pytest.mark.xdist_group("maps")


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """An auto-encoder of the digits with a code of two numbers."""
    config = tiny("autoencoder.py", training__steps=300)
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def one_map(monkeypatch):
    """One t-SNE of few examples: the others are the same, more slowly."""
    monkeypatch.setattr(scores.load("map"), "PERPLEXITIES", (10,))
    monkeypatch.setattr(scores.load("map"), "LANDMARKS", 300)
    monkeypatch.setattr(scores.load("map"), "TESTED", 200)
    monkeypatch.setattr(scores.load("map").importlib.util, "find_spec", lambda name: None)


def rows(run, split):
    arrays = run.load(split)
    return arrays["x"].reshape(-1, 64) / 255.0, arrays["y"]


def test_all_maps_are_judged_by_the_same_neighbours(flat, one_map, capsys):
    evaluate.main(["evaluate", f"--workdir={flat.workdir}", "--scores=map"])
    assert str(flat.workdir / "figures" / "map.png") in capsys.readouterr().out
    assert (flat.workdir / "figures" / "map.png").is_file()
    found = kept.read(flat.workdir, "map")
    (x, y), (test, wanted) = rows(flat, "train"), rows(flat, "test")
    pca = PCA(2).fit(x[:300])
    seen = flat.load("train")["x"][:300], flat.load("test")["x"][:200]
    maps = {
        "pca": (pca.transform(x[:300]), pca.transform(test[:200])),
        "code": tuple(map(flat.encode, seen)),
    }
    for name, (landmarks, points) in maps.items():
        of_each = found.examples[f"map/knn_{name}"]
        if name == "pca":  # codes of so small a network tie
            theirs = KNeighborsClassifier(5).fit(landmarks, y[:300]).predict(points)
            assert (of_each == (theirs == wanted[:200])).mean() > 0.95  # equal votes go otherwise
        places, _ = nearest(points, landmarks, k=5)
        np.testing.assert_array_equal(of_each, vote(y[places], 5) == wanted[:200])
        quality = trustworthiness(test[:200], points, n_neighbors=12)
        assert found.values[f"map/trustworthiness_{name}"] == pytest.approx(quality, abs=1e-4)
        drawn = found.arrays[f"points_{name}"]
        np.testing.assert_allclose(np.abs(drawn), np.abs(points), atol=1e-3)
    # t-SNE keeps the neighbours of these digits, which no plane of PCA does.
    assert found.values["map/knn_tsne_10"] > found.values["map/knn_pca"] + 0.15
    assert found.values["map/trustworthiness_tsne_10"] > found.values["map/trustworthiness_pca"]
    assert not [name for name in found.values if "umap" in name or "tsne_30" in name]


def test_of_a_wider_code_the_maps_are_of_the_code(one_map, tmp_path):
    config = tiny("autoencoder.py", model__latent_dim=5, training__steps=100)
    run = experiment.train(config, tmp_path / "run")
    measured = scores.measure(Subject(run), ["map"])["map"]
    assert "map/knn_code" not in measured.values
    codes = run.encode(run.load("train")["x"][:300]), run.encode(run.load("test")["x"][:200])
    expected = PCA(2).fit(codes[0]).transform(codes[1])
    np.testing.assert_allclose(
        np.abs(measured.arrays["points_pca"]), np.abs(expected), rtol=1e-2, atol=1e-3
    )
    x = run.load("test")["x"][:200].reshape(200, -1) / 255.0
    quality = trustworthiness(x, expected, n_neighbors=12)  # of the data, not of the code
    assert measured.values["map/trustworthiness_pca"] == pytest.approx(quality, abs=1e-3)
    again = scores.measure(Subject(run), ["map"])["map"]
    np.testing.assert_array_equal(again.arrays["points_tsne_10"], measured.arrays["points_tsne_10"])


def test_it_needs_labels(tmp_path):
    x = np.random.default_rng(0).normal(size=(100, 4))
    config = tiny("autoencoder.py", data__batch_size=10, scores=("map",))
    told = refusal(experiment.train, config, tmp_path / "no", data=x)
    assert "'map', which needs labelled examples" in told


class Fake:
    """What `_maps` asks of a subject, with codes of so many numbers."""

    def __init__(self, numbers):
        self.spaces = {"learned": lambda x: x[:, :numbers]}
        self.run = SimpleNamespace(config=SimpleNamespace(seed=0))

    def flat(self, x):
        return x


@pytest.mark.parametrize(("numbers", "of_code"), [(1, True), (2, True), (3, False)])
def test_which_maps_there_are(monkeypatch, numbers, of_code):
    module, asked = scores.load("map"), []

    def tsne(train, test, perplexity, seed):
        asked.append((train.shape, perplexity))
        return train[:, :2], test[:, :2]

    monkeypatch.setattr(module, "_tsne", tsne)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    x = np.random.default_rng(0).normal(size=(91, 60)).astype("f4")
    for rows, perplexities in ((x, (10, 30)), (x[:90], (10,)), (x[:30], ())):
        asked.clear()
        found = module._maps(Fake(numbers), Group({"x": rows}, {}), Group({"x": x[:20]}, {}))
        assert ("code" in found) == of_code
        width = min(50, len(rows)) if of_code else numbers
        assert asked == [((len(rows), width), p) for p in perplexities]
        if of_code:
            assert found["code"][1].shape == (20, 2)
            np.testing.assert_array_equal(found["code"][1][:, :numbers], x[:20, :numbers])


@pytest.mark.parametrize(("count", "judged"), [(25, True), (24, False)])
def test_trustworthiness_needs_twice_as_many_examples_as_neighbours(
    flat, monkeypatch, count, judged
):
    module = scores.load("map")
    x = np.random.default_rng(0).normal(size=(40, 2))
    monkeypatch.setattr(module, "_maps", lambda *_: {"code": (x, x[:count])})
    monkeypatch.setattr(module, "LANDMARKS", 40)
    monkeypatch.setattr(module, "TESTED", count)
    values = module.measure(Subject(flat)).values
    assert ("map/trustworthiness_code" in values) == judged
    assert values["map/knn_code"].shape == (count,)
