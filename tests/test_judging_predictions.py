"""Reconstruction, classification and robustness, against NumPy and scikit-learn."""

import numpy as np
import pytest
from conftest import tiny
from scipy.special import softmax
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, log_loss

from reprlearn import experiment, kept, scores
from reprlearn.scores import robustness
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("judged_more")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An auto-encoder of the digits."""
    config = tiny(
        "autoencoder.py", scores=("reconstruction", "robustness"), training__steps=60, figures="on"
    )
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def dann(tmp_path_factory):
    """A network with a source and a target domain, the same digits."""
    config = tiny("dann.py:digits,digits", data__target="digits", training__steps=40, figures="on")
    config.scores = ("classification", "knn", "geometry")
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "dann")


def test_errors_are_those_of_the_reconstructions_and_of_pca(run):
    x, train = (run.load(split)["x"].reshape(-1, 64) / 255.0 for split in ("test", "train"))
    found = run.reconstruct(run.load("test")["x"]).reshape(-1, 64)
    of_each = kept.read(run.workdir, "reconstruction").examples["reconstruction/mse"]
    np.testing.assert_allclose(of_each, np.square(x - found).mean(axis=1), rtol=1e-4)
    pca = PCA(2).fit(train)
    expected = np.square(x - pca.inverse_transform(pca.transform(x))).mean()
    assert run.summary["reconstruction/pca_mse"] == pytest.approx(expected, rel=1e-4)
    spread = np.square(x - train.mean(axis=0)).mean()
    explained = run.summary["reconstruction/pca_explained"]
    assert explained == pytest.approx(1 - expected / spread, rel=1e-3)


def test_the_worst_examples_come_first(run):
    arrays = kept.read(run.workdir, "reconstruction").arrays
    of_each = kept.read(run.workdir, "reconstruction").examples["reconstruction/mse"]
    places = arrays["worst_places"]
    assert of_each[places[0]] == of_each.max() and (np.diff(of_each[places]) <= 0).all()
    np.testing.assert_array_equal(arrays["worst"], run.load("test")["x"][places] / np.float32(255))
    again = run.reconstruct(run.load("test")["x"])[places]
    np.testing.assert_allclose(arrays["worst_reconstructed"], again, atol=1e-6)


def test_of_vectors_errors_are_in_units_that_the_model_sees(tmp_path):
    x = np.random.default_rng(0).normal(size=(100, 4)) * [1, 10, 100, 1000] + 5
    config = tiny("autoencoder.py", data__batch_size=10, scores=("reconstruction",), figures="on")
    run = experiment.train(config, tmp_path / "run", data=x)
    column, test = run.column, run.load("test")["x"]
    errors = np.square((test - run.reconstruct(test)) / np.array(column.scale)).mean()
    assert run.summary["reconstruction/mse"] == pytest.approx(errors, rel=1e-4)
    assert (run.workdir / "figures" / "worst_reconstructions.png").is_file()


def test_the_classes_that_a_dann_predicts_are_judged_in_both_domains(dann):
    test = dann.load("test")
    for group, domain in (("", "source"), ("target_", "target")):
        p, y = softmax(dann.predict(test[f"{domain}/x"]).astype(float), axis=1), test[f"{domain}/y"]
        predicted = p.argmax(axis=1)
        expected = {
            "accuracy": accuracy_score(y, predicted),
            "balanced_accuracy": balanced_accuracy_score(y, predicted),
            "cross_entropy": log_loss(y, p, labels=range(10)),
        }
        for name, value in expected.items():
            found = dann.summary[f"classification/{group}{name}"]
            assert found == pytest.approx(value, rel=1e-5), name
        counts = kept.read(dann.workdir, "classification").arrays[f"{group}confusion"]
        np.testing.assert_array_equal(counts, confusion_matrix(y, predicted, labels=range(10)))
    drawn = {path.stem for path in (dann.workdir / "figures").iterdir()}
    assert {"confusion", "reliability"} <= drawn


def test_the_target_is_judged_by_what_is_fitted_to_the_source(dann):
    from sklearn.neighbors import KNeighborsClassifier

    train, test = dann.load("train"), dann.load("test")
    k = int(kept.read(dann.workdir, "knn").arrays["target_learned_k"])
    theirs = KNeighborsClassifier(k).fit(dann.encode(train["source/x"]), train["source/y"])
    expected = theirs.score(dann.encode(test["target/x"]), test["target/y"])
    assert dann.summary["knn/target_accuracy"] == pytest.approx(expected, abs=0.02)
    assert "geometry/target_purity" in dann.summary


def test_a_target_without_labels_is_left_out(dann):
    test = {role: a for role, a in dann.load("test").items() if role != "target/y"}
    found = scores.measure(Subject(dann, sets={"test": test}), ["knn", "classification"])
    names = [name for one in found.values() for name in one.values]
    assert "knn/accuracy" in names and not [name for name in names if "target" in name]


def test_noise_and_blur_are_what_they_are_called(run):
    x = np.random.default_rng(0).integers(60, 196, (200, 8, 8, 1)).astype(np.uint8)
    found = robustness._disturbed(run.column, x, np.random.default_rng(1))
    assert list(found) == [name.removeprefix("accuracy") for name in robustness.METRICS]
    clean = x / np.float32(255)
    np.testing.assert_array_equal(found[""], clean)
    assert (found["_noise_0.1"] - clean).std() == pytest.approx(0.1, rel=0.05)
    assert found["_noise_0.4"].min() == 0 and found["_noise_0.4"].max() == 1
    assert found["_blur_2.0"].std() < found["_blur_0.5"].std() < clean.std()
    # Nothing is blurred over the examples.
    alone = robustness._disturbed(run.column, x[:1], np.random.default_rng(1))
    np.testing.assert_allclose(alone["_blur_1.0"][0], found["_blur_1.0"][0], atol=1e-6)


def test_a_probe_of_clean_examples_is_judged_on_disturbed_ones(run):
    values = kept.read(run.workdir, "robustness").values
    assert values["robustness/pixels_accuracy"] > values["robustness/pixels_accuracy_noise_0.4"]
    again = scores.measure(Subject(run), ["robustness"])["robustness"].values
    assert again == {name: values[name] for name in again}  # the noise has a key of its own


def test_vectors_are_disturbed_in_the_units_that_the_model_sees():
    from reprlearn.columns import vector

    column = vector(2)._replace(offset=(10.0, 0.0), scale=(100.0, 1.0))
    x = np.tile([[10.0, 0.0]], (5_000, 1))
    found = robustness._disturbed(column, x, np.random.default_rng(0))
    assert list(found) == ["", "_noise_0.1", "_noise_0.2", "_noise_0.4"]
    np.testing.assert_allclose(found["_noise_0.2"].std(axis=0), [20.0, 0.2], rtol=0.05)
