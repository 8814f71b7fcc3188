"""The scores that every representation gets, against scikit-learn on the codes that a run gives."""

import json

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, balanced_accuracy_score
from sklearn.metrics import normalized_mutual_info_score as nmi
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reprlearn import evaluate, evaluation, experiment, kept, scores, subject
from reprlearn.kept import parsed
from reprlearn.scores import base, clustering, geometry, knn, linear_probe
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("judged")
EVERY = ("clustering", "geometry", "knn", "linear_probe")
SPACES = ("", "pca_", "pixels_", "untrained_")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An auto-encoder of three digits with codes in the plane, scored."""
    config = tiny(
        "autoencoder.py", scores=EVERY, data__classes=(0, 1, 2), training__steps=60, figures="on"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_probe, "FEW", (1, 10))
        return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def split(run):
    """(split) -> the codes and labels of the classes that were trained on."""

    def of(name):
        arrays = run.load(name)
        kept = np.isin(arrays["y"], (0, 1, 2))
        return run.encode(arrays["x"][kept]), arrays["y"][kept]

    return of


def test_neighbours_are_those_of_scikit_learn_with_k_from_validation(run, split, monkeypatch):
    monkeypatch.setattr(knn, "CHOICES", (1, 3, 7))  # which have few ties: those differ
    (train, labels), (held, held_labels), (test, wanted) = map(
        split, ("train", "validation", "test")
    )
    found = {}
    for k in knn.CHOICES:
        theirs = KNeighborsClassifier(k).fit(train, labels)
        found[k] = theirs.score(held, held_labels), theirs.score(test, wanted)
    measured = scores.measure(Subject(run), ["knn"])["knn"]
    k = int(measured.arrays["learned_k"])
    assert found[k][0] > max(found.values())[0] - 0.03
    assert measured.values["knn/accuracy"] == pytest.approx(found[k][1], abs=0.02)
    low, high = measured.values["knn/accuracy_low"], measured.values["knn/accuracy_high"]
    assert low < measured.values["knn/accuracy"] < high < low + 0.2


def test_the_probe_is_that_of_scikit_learn_with_a_penalty_from_validation(run, split):
    (train, labels), (held, held_labels), (test, wanted) = map(
        split, ("train", "validation", "test")
    )
    fitted = [
        make_pipeline(StandardScaler(), LogisticRegression(C=1 / (p * len(train)), max_iter=2_000))
        for p in evaluation.probe.PENALTIES
    ]
    best = max(fitted, key=lambda one: one.fit(train, labels).score(held, held_labels))
    predicted = best.predict(test)
    assert run.summary["linear_probe/accuracy"] == pytest.approx(
        np.mean(predicted == wanted), abs=0.02
    )
    assert run.summary["linear_probe/balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(wanted, predicted), abs=0.02
    )


def test_more_labels_tell_more_and_the_untrained_encoder_less(run):
    summary = run.summary
    assert (
        summary["linear_probe/pixels_accuracy_of_1"] < summary["linear_probe/pixels_accuracy_of_10"]
    )
    assert "linear_probe/accuracy_of_100" not in summary
    assert summary["knn/untrained_accuracy"] < summary["knn/pixels_accuracy"]
    for name in (
        "knn/{}accuracy",
        "linear_probe/{}accuracy",
        "geometry/{}purity",
        "clustering/{}nmi",
    ):
        assert {
            name.format(unseen + space) for unseen in ("", "unseen_") for space in SPACES
        } <= set(summary)


def test_few_labels_are_as_many_of_every_class_and_of_the_seed():
    labels = np.repeat([0, 1, 2], [40, 12, 30])
    found = list(linear_probe._few(labels, np.random.default_rng(1)))
    assert [count for count, _ in found] == 5 * [1] + 5 * [10]
    for count, places in found:
        assert np.bincount(labels[places]).tolist() == 3 * [count]
        assert len(set(places)) == len(places)
    again = list(linear_probe._few(labels, np.random.default_rng(1)))
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(found, again, strict=True))
    assert not np.array_equal(found[5][1], found[6][1])


def test_geometry_is_of_the_codes_and_of_what_stands_beside(run, split):
    codes, labels = split("test")
    summary = run.summary
    assert summary["geometry/distance_ratio"] == pytest.approx(
        evaluation.distance_ratio(codes, labels), rel=1e-6
    )
    flat = run.load("test")["x"].reshape(-1, 64)[np.isin(run.load("test")["y"], (0, 1, 2))] / 255.0
    assert summary["geometry/pixels_effective_rank"] == pytest.approx(
        evaluation.effective_rank(flat), rel=1e-4
    )
    places, _ = evaluation.nearest(codes, k=10)
    assert summary["geometry/purity"] == pytest.approx(
        (labels[places] == labels[:, None]).mean(), abs=1e-9
    )
    quality = evaluation.map_quality(flat, codes)
    assert summary["geometry/trustworthiness"] == pytest.approx(
        quality["trustworthiness"], abs=1e-4
    )
    assert "geometry/pixels_trustworthiness" not in summary


def test_clusters_are_k_means_of_the_codes(run, split):
    codes, labels = split("test")
    clusters = KMeans(3, n_init=10, random_state=0).fit_predict(codes.astype(np.float64))
    assert run.summary["clustering/nmi"] == pytest.approx(nmi(labels, clusters))
    assert run.summary["clustering/ari"] == pytest.approx(adjusted_rand_score(labels, clusters))
    ends = [name for name in run.summary if name.endswith("_low")]
    assert not [n for n in ends if n.startswith("clustering")]  # they would lie above the value


def test_every_interval_holds_its_value(run):
    ends = [name for name in run.summary if name.endswith("_low")]
    assert {name.split("/")[0] for name in ends} == {"knn", "linear_probe"}
    for low in ends:
        name = low.removesuffix("_low")
        assert run.summary[low] <= run.summary[name] <= run.summary[f"{name}_high"], name


def test_few_labels_of_seen_classes_are_drawn_over_their_own_counts(run):
    arrays = kept.read(run.workdir, "linear_probe").arrays
    for group in ("", "unseen_"):
        assert len(arrays[f"{group}counts"]) == len(arrays[f"{group}learned_few"])
    assert (run.workdir / "figures" / "few_labels.png").is_file()


def test_what_is_kept_says_which_examples_were_right(run):
    found = kept.read(run.workdir, "knn")
    right = found.examples["knn/accuracy"]
    assert right.mean() == run.summary["knn/accuracy"]
    assert right.dtype == bool and found.arrays["learned_k"] in knn.CHOICES
    assert set(found.examples) == {
        f"knn/{group}{space}accuracy" for group in ("", "unseen_") for space in SPACES
    }


@pytest.mark.parametrize("name", EVERY)
def test_every_value_says_what_it_is(run, name):
    told = json.loads((run.workdir / "scores" / f"{name}.json").read_text())
    assert told["question"] == scores.load(name).QUESTION
    for value in told["values"]:
        group, space, metric = parsed(value.removesuffix("_low").removesuffix("_high"))
        assert group in ("", "unseen_") and space in ("learned", "pca", "pixels", "untrained")
        about, better = told["metrics"][metric]
        assert about and better in ("", "higher", "lower")


def test_nothing_is_chosen_on_the_test_split(run):
    """Other test labels change what is right, never what was chosen."""
    sets = {name: run.load(name) for name in ("validation", "test")}
    wrong = sets | {"test": sets["test"] | {"y": (sets["test"]["y"] + 1) % 3}}
    one, two = (knn.measure(Subject(run, sets=s)) for s in (sets, wrong))
    roles = [role for role in one.arrays if role.endswith("_k") and "unseen" not in role]
    assert len(roles) == 4 and all(one.arrays[role] == two.arrays[role] for role in roles)
    assert one.values["knn/accuracy"].mean() > two.values["knn/accuracy"].mean()


def test_the_validation_split_itself_is_judged_with_nothing_chosen(run):
    found = knn.measure(Subject(run, "validation"))
    assert found.arrays["learned_k"] == knn.UNCHOSEN
    probe = base.probe(next(base.fitted(Subject(run, "validation"))), "learned")
    assert probe.penalty == base.UNCHOSEN
    told = refusal(
        evaluate.main, ["x", f"--workdir={run.workdir}", "--scores=knn", "--split=train"]
    )
    assert told == (
        "scores has 'knn': it is fitted to the training split; allowed: validation, test"
    )


def test_training_examples_that_are_compared_with_are_limited(run, monkeypatch):
    monkeypatch.setattr(subject, "FITTED", 50)
    one = Subject(run)
    assert len(one.load("train")["x"]) == 50
    assert len(next(base.fitted(one)).train.y) < 50  # three of ten digits


def test_without_labels_geometry_gives_what_needs_none(tmp_path):
    x = np.random.default_rng(0).normal(size=(120, 5)) * [3, 1, 1, 0.1, 0.1]
    config = tiny(
        "autoencoder.py",
        scores=("geometry",),
        data__batch_size=10,
        model__latent_dim=3,
        figures="on",
    )
    run = experiment.train(config, tmp_path / "run", data=x)
    found = {name.removeprefix("geometry/") for name in run.summary if name.startswith("geometry/")}
    metrics = ("uniformity", "effective_rank", "dead_dimensions")
    assert found == {space + metric for space in SPACES for metric in metrics}
    told = refusal(
        experiment.train, tiny("autoencoder.py", scores=("knn",), data__batch_size=10),
        tmp_path / "other", data=x,
    )  # fmt: skip
    assert "needs labelled examples. Allowed: code, geometry" in told


def test_codes_that_are_all_one_point_have_values(run, monkeypatch):
    at_one_point = lambda self, x, column=None: np.zeros((len(x), 2), np.float32)  # noqa: E731
    monkeypatch.setattr(type(run), "encode", at_one_point)
    for score in (geometry, knn, linear_probe, clustering):
        with np.errstate(all="ignore"):
            found = score.measure(Subject(run)).values
        assert all(np.isfinite(value).all() for value in found.values()), found
