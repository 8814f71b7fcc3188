"""Opinions: the sentences and classes of an archive, the words of review files, as two domains."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, refusal, tiny

from reprlearn import data, experiment
from reprlearn.columns import to_texts
from reprlearn.data.options import Options
from reprlearn.data.sets import opinions

SHARED = ROOT.parent / "shared" / "data"


def archive(folder, **files):
    """An archive of some of the files, with lines of identifier, rating, sentence."""
    with tarfile.open(folder / opinions.ARCHIVE, "w:gz") as made:
        for name, lines in files.items():
            text = "\n".join("\t".join(map(str, line)) for line in lines).encode("utf-8-sig")
            member = tarfile.TarInfo(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
            member.size = len(text)
            made.addfile(member, io.BytesIO(text))
    return str(folder)


def sentences(count, shift=0):
    words, ratings = ("good", "fine", "bad", "poor"), (1.5, 0.5, -0.5, -2)
    return [(i, ratings[i % 4], f"it is {words[i % 4]} {i + shift}") for i in range(count)]


def test_a_sentence_has_a_class_where_its_rating_is_clear(tmp_path):
    lines = [
        ("1", 2.25, "Fine &amp; good."),
        ("2", 0.5, "Good  enough."),
        ("3", 0.45, "So so."),
        ("4", -0.49, "So."),
        ("5", -0.5, "Poor."),
        ("6", -3, "Café closed."),
        ("7", -1, "Poor."),  # once
    ]
    options = Options("opinions-tweets", manual_dir=archive(tmp_path, tweets=lines), text_length=40)
    opinions._rated.cache_clear()
    found = opinions.read(options)
    arrays = found.examples.read(range(4))
    assert to_texts(arrays["x"]) == ["Fine & good.", "Good  enough.", "Poor.", "Café closed."]
    assert found.labels.tolist() == arrays["y"].tolist() == [1, 1, 0, 0]
    assert found.columns["y"].names == ("negative", "positive")


@pytest.mark.parametrize("wrong", ["nothing", "no archive", "no member"])
def test_an_archive_that_is_none_is_refused_in_a_line(tmp_path, wrong):
    opinions._rated.cache_clear()
    if wrong == "no archive":
        (tmp_path / opinions.ARCHIVE).write_bytes(b"not an archive")
    if wrong == "no member":
        archive(tmp_path, tweets=sentences(4))
    told = refusal(data.open_dataset, Options("opinions-films", manual_dir=str(tmp_path)))
    expected = {
        "nothing": f"data.manual_dir is {str(tmp_path)!r}, which lacks {opinions.ARCHIVE}",
    }.get(wrong, "it is not the archive that holds hutto_ICWSM_2014/movieReviewSnippets_Ground")
    assert expected in told


def test_without_a_folder_it_is_downloaded_by_its_checksum(tmp_path, monkeypatch):
    opinions._rated.cache_clear()
    asked = []

    def fetch(name, url, target, sha256):
        asked.append((name, url, sha256))
        archive(Path(target).parent, tweets=sentences(40))

    monkeypatch.setattr(opinions, "fetch", fetch)
    options = Options("opinions-tweets", data_dir=str(tmp_path))
    for _ in range(2):
        opinions._rated.cache_clear()
        assert len(data.whole(data.open_dataset(options).open("all"))["y"]) == 40
    assert asked == [("opinions-tweets", opinions.URL, opinions.SHA256)]


def test_two_domains_of_sentences_are_learned_from(tmp_path):
    opinions._rated.cache_clear()
    folder = archive(
        tmp_path,
        movieReviewSnippets=sentences(160),
        amazonReviewSnippets=[(i, r, f"{s} and much more") for i, r, s in sentences(90, 500)],
    )
    config = tiny("dann_opinions.py", data__name="opinions-films", data__text=(), data__label=None)
    config.data.manual_dir, config.data.target = folder, "opinions-products"
    config.data.batch_size, config.training.steps, config.report = 16, 60, "off"
    config.optimizer.learning_rate, config.model.latent_dim = 0.03, 8
    config.model.trade_off = 0.1
    run = experiment.train(config, tmp_path / "run")
    arrays = run.load("test")
    assert arrays["source/x"].shape[1] == arrays["target/x"].shape[1]  # of the longer texts
    assert run.summary["source/accuracy"] > 0.9
    assert run.predict(["it is good"]).argmax() == 1 and run.predict(["it is bad"]).argmax() == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the customer's data")
def test_the_real_sentences():
    opinions._rated.cache_clear()
    counts = {}
    for name in opinions.NAMES:
        found = opinions.read(Options(name, manual_dir=str(SHARED)))
        counts[name] = np.bincount(found.labels).tolist()
    assert counts == COUNTS


COUNTS = {
    "opinions-films": [5075, 4995],
    "opinions-products": [1233, 1744],
    "opinions-tweets": [1087, 2345],
    "opinions-news": [1756, 1175],
}


def reviews(folder, domain, words, count=30):
    (folder / domain).mkdir()
    for label, own in zip(("negative", "positive"), words, strict=True):
        lines = [f"{own}:2 the_{own}:1 item{i}:1 #label#:{label}" for i in range(count)]
        (folder / domain / f"{label}.review").write_text("\n".join(lines) + "\n")


def test_review_files_are_read_as_their_words(tmp_path):
    reviews(tmp_path, "books", ("bad", "good"))
    dataset = data.open_dataset(Options("amazon-books", manual_dir=str(tmp_path)))
    arrays = data.whole(dataset.open("all"))
    assert len(arrays["y"]) == 60 and arrays["y"].tolist() == 30 * [0] + 30 * [1]
    assert to_texts(arrays["x"])[0] == "bad bad the_bad item0"
    assert to_texts(arrays["x"])[-1] == "good good the_good item29"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("good:1 fine", "positive.review, line 31: 'fine'; allowed: word:count"),
        ("good:1", "positive.review, line 31: no #label#:negative or #label#:positive"),
        ("good:1 #label#:neutral", "line 31: no #label#:negative or #label#:positive"),
        ("good:x #label#:positive", "line 31: 'good:x'; allowed: word:count"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path, line, told):
    reviews(tmp_path, "dvd", ("bad", "good"))
    with (tmp_path / "dvd" / "positive.review").open("a") as file:
        file.write(line + "\n")
    assert told in refusal(data.open_dataset, Options("amazon-dvd", manual_dir=str(tmp_path)))


def test_reviews_that_are_not_there_are_refused(tmp_path):
    assert "allowed with data.manual_dir, the folder" in refusal(
        data.open_dataset, Options("amazon-books")
    )
    told = refusal(data.open_dataset, Options("amazon-books", manual_dir=str(tmp_path)))
    assert told.endswith("books/negative.review: No such file or directory")
    (tmp_path / "books").mkdir()
    for label in ("negative", "positive"):
        (tmp_path / "books" / f"{label}.review").write_text("")
    told = refusal(data.open_dataset, Options("amazon-books", manual_dir=str(tmp_path)))
    assert told.endswith("books: no review in it; allowed: some")
