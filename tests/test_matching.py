"""Texts that are pairs: one finds the other, on the command line too, by its code and letters."""

import json

import numpy as np
import pytest
from conftest import WORDS, refusal, tiny
from rapidfuzz.distance import OSA

from reprlearn import experiment, figures, index, kept, search, verify
from reprlearn.columns import to_texts
from reprlearn.scores import matching
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("matching")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    fields = {
        "data__name": str(WORDS),
        "data__text": ("typed", "meant"),
        "data__classes": (),
        "model__encoder__network": "n_grams",
        "model__loss": "info_nce",
        "model__latent_dim": 8,
        "training__num_seeds": 2,
    }
    config = tiny("siamese.py", **fields, scores=("matching", "verification"))
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "words")


def by_brute_force(similarity, partners, itself):
    """The rank of the first partner, those that are as near before it."""
    order = sorted(
        (i for i in range(len(similarity)) if i != itself),
        key=lambda i: (-similarity[i], i in partners),
    )
    return 1 + min(order.index(i) for i in partners)


def test_values_of_ranks_by_hand():
    found = matching._told("", np.array([1.0, 2.0, 10.0, 11.0]))
    expected = {
        "recall_at_1": [1, 0, 0, 0],
        "recall_at_5": [1, 1, 0, 0],
        "recall_at_10": [1, 1, 1, 0],
        "ndcg_at_10": [1, 1 / np.log2(3), 1 / np.log2(11), 0],
        "reciprocal_rank": [1, 1 / 2, 1 / 10, 1 / 11],
    }
    assert {f"matching/{name}" for name in expected} == set(found)
    for name, values in expected.items():
        np.testing.assert_allclose(found[f"matching/{name}"], values)


def test_ranks_are_those_of_sorting():
    rng = np.random.default_rng(1)
    candidates = rng.integers(0, 3, (9, 2)).astype("f4")
    candidates = np.unique(candidates, axis=0)
    similarity = rng.integers(0, 4, (4, len(candidates))).astype(float)
    partners = [np.array([2]), np.array([0, 3]), np.array([4]), np.array([1, 2])]
    itself = [None, 2, None, 5]
    asked = matching.Queries(np.zeros((4, 2)), partners, itself)
    expected = [by_brute_force(*one) for one in zip(similarity, partners, itself, strict=True)]
    assert asked.ranks(similarity, 0).tolist() == expected
    assert asked.ranks(similarity[2:], 2).tolist() == expected[2:]
    assert len(set(expected)) > 1


def test_a_query_is_asked_once_and_any_of_its_partners_is_right():
    x = np.arange(6, dtype="f4")[:, None]
    arrays = {
        "left/x": x[[4, 0, 4, 1]],
        "right/x": x[[2, 3, 5, 3]],
        "similar": np.array([1, 1, 1, 0]),
    }
    asked = matching.queries(arrays, x)
    assert asked.x[:, 0].tolist() == [4, 0]
    assert [list(places) for places in asked.partners] == [[2, 5], [3]]
    assert asked.itself == [4, 0]
    with pytest.raises(ValueError, match="1 of 3 partners are not among the candidates"):
        matching.queries(arrays, x[:5])


def test_the_score_is_that_of_its_pairs(run):
    measured = matching.measure(Subject(run))
    arrays, words = run.load("test"), sorted(set(run.examples().names("all")))
    assert measured.values["matching/candidates"] == len(words) == 90
    typed, meant = (to_texts(arrays[f"{side}/x"]) for side in ("left", "right"))
    z, others = run.encode(typed).astype(float), run.encode(words).astype(float)
    distances = np.linalg.norm(z[:, None] - others[None], axis=-1)
    own = distances[np.arange(len(meant)), [words.index(word) for word in meant]]
    ranks = (distances <= own[:, None] + 1e-9).sum(axis=1)
    found = measured.values["matching/recall_at_5"]
    assert len(found) == len(set(typed))
    assert found.mean() == pytest.approx((ranks <= 5).mean())
    assert measured.values["matching/reciprocal_rank"].mean() == pytest.approx((1 / ranks).mean())
    weight = measured.values["matching/weight"]
    assert weight in matching.WEIGHTS and weight > 0
    fused, letters = (measured.values[f"matching/{s}_recall_at_1"] for s in ("fused", "tfidf"))
    assert fused.mean() > max(0.5, found.mean() - 0.5) and 0 < letters.mean() <= 1
    names = {f"matching/{space}recall_at_1" for space in ("", "untrained_", "tfidf_", "fused_")}
    assert names <= set(measured.values) and "matching/pca_recall_at_1" not in measured.values
    on_validation = matching.measure(Subject(run, "validation")).values
    assert "matching/weight" not in on_validation  # it is chosen there
    assert "matching/tfidf_recall_at_1" in on_validation


def test_letters_rank_the_shortlist_alone(monkeypatch):
    monkeypatch.setattr(matching, "SHORTLIST", 2)
    by_code = np.array([[0.1, 0.9, 0.8, 0.2]])
    both = matching.beside(by_code, ["abcd"], ["abcd", "axcd", "abdc", "zzzz"], None)
    assert both.code.tolist() == [[-np.inf, 0.9, 0.8, -np.inf]]
    expected = [OSA.normalized_similarity("abcd", word) for word in ("axcd", "abdc")]
    np.testing.assert_allclose(both.letters, [[0, *expected, 0]], rtol=1e-6)


def test_words_are_searched_by_code_and_letters(run, capsys):
    word = run.examples().names("all")[7]
    typed = word[1] + word[0] + word[2:]
    search.main(["", f"--workdir={run.workdir}", "--k=3", typed, word])
    lines = capsys.readouterr().out.splitlines()
    values = kept.read_values(run.workdir, "matching")
    weight = values["matching/weight/seeds"][0]
    assert lines[0] == f"ranked by the code and, with a weight of {weight:g}, by the letters"
    assert lines[1] == typed and lines[2].split() == ["distance", "name"]
    assert word in [line.split()[1] for line in lines[3:6]]
    among = index.index(run)
    found = index.search(run, among, [typed], k=90)
    z = run.encode([typed])[0]
    distances = np.linalg.norm(among.z.astype(float) - z, axis=1)
    letters = np.array([OSA.normalized_similarity(typed, str(name)) for name in among.name])
    score = -0.5 * distances**2 + weight * letters
    near = np.argsort(distances)[: matching.SHORTLIST]
    best = near[np.argmax(score[near])]
    assert found.place[0, 0] == best
    np.testing.assert_allclose(found.distance[0], distances[found.place[0]], rtol=1e-5)


def test_a_page_shows_what_was_found(run, tmp_path, capsys):
    page = tmp_path / "found.html"
    search.main(["", f"--workdir={run.workdir}", f"--html={page}", "--k=2", "<abc>"])
    text = page.read_text()
    assert "&lt;abc&gt;" in text and "<abc>" not in text and text.count("<tr>") == 3
    assert "1 query" in capsys.readouterr().out
    line = refusal(search.main, ["", f"--workdir={run.workdir}", "--html=no/where.html", "a"])
    assert "--html" in line


def test_two_texts_are_compared(run, capsys):
    verify.main(["", f"--workdir={run.workdir}", "same", "same", "other"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["same", "other"]
    assert "similar" in lines[2]
    json.dumps(lines)
    line = refusal(verify.main, ["", f"--workdir={run.workdir}", "a", " "])
    assert "a text is empty" in line


def test_texts_need_an_encoder_of_texts(tmp_path):
    fields = {"data__name": str(WORDS), "data__text": ("typed", "meant"), "scores": ()}
    line = refusal(experiment.train, tiny("siamese.py", **fields, data__classes=()), tmp_path / "a")
    assert "model.encoder.network is 'mlp' on texts; allowed: words, bigrams, n_grams, " in line
    fields["data__text"] = ("meant",)
    line = refusal(experiment.train, tiny("vae.py", **fields), tmp_path / "b")
    assert "the data are texts; allowed with model.encoder: images, vectors" in line
    line = refusal(
        experiment.train,
        tiny("siamese.py", model__encoder__network="gru", data__classes=()),
        tmp_path / "c",
    )
    assert "model.encoder.network is 'gru' on images; allowed: linear, mlp, conv" in line


def test_the_figure_shows_what_is_listed_as_similar(run, monkeypatch):
    drawn = {}
    module = figures.load("nearest_texts")
    monkeypatch.setattr(module.plots, "nearest_texts", lambda *given: drawn.update(given=given))
    module.draw(Subject(run))
    rows, right, title = drawn["given"]
    assert title.startswith("Nearest texts (siamese, ")
    candidates = to_texts(Subject(run).candidates())
    arrays = run.load("test")
    pairs = set(
        zip(to_texts(arrays["left/x"]), to_texts(arrays["right/x"]), arrays["similar"], strict=True)
    )
    assert len(rows) == 10 and right.shape == (10, 4)
    codes = run.encode(candidates).astype(float)
    for (query, *found), of_row in zip(rows, right, strict=True):
        assert of_row.tolist() == [(query, text, 1) in pairs for text in found]
        distances = np.linalg.norm(codes - run.encode([query])[0], axis=1)
        others = [i for i in np.argsort(distances, kind="stable") if candidates[i] != query]
        assert [candidates[i] for i in others[:4]] == found


def test_the_figure_of_texts_with_classes_marks_those_of_the_same(tmp_path, monkeypatch):
    rows = [(f"{word} {i}", word) for i in range(60) for word in ("films", "books")]
    (tmp_path / "own.csv").write_text("text,kind\n" + "\n".join(",".join(row) for row in rows))
    fields = {
        "data__name": str(tmp_path / "own.csv"),
        "data__text": ("text",),
        "data__label": "kind",
    }
    fields |= {"data__classes": (), "model__encoder__network": "words", "training__steps": 2}
    config = tiny("siamese.py", **fields, scores=(), figures="on")
    run = experiment.train(config, tmp_path / "run")
    assert (tmp_path / "run" / "figures" / "nearest_texts.png").is_file()
    drawn = {}
    module = figures.load("nearest_texts")
    monkeypatch.setattr(module.plots, "nearest_texts", lambda *given: drawn.update(given=given))
    monkeypatch.setattr(module, "NEAREST", 2)
    module.draw(Subject(run, "train"))
    rows, right, _ = drawn["given"]
    for (query, *found), of_row in zip(rows, right, strict=True):
        assert query not in found
        assert of_row.tolist() == [text[:5] == query[:5] for text in found]
    assert right.any() and {row[0][:5] for row in rows[:2]} == {"films", "books"}
