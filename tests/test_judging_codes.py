"""Sparse and contractive codes, and anomalies: as they claim, against oracles."""

import functools

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

from reprlearn import experiment, kept, runs, schema, scores

pytestmark = pytest.mark.xdist_group("codes")


def trained(tmp_path_factory, **fields):
    fields = {"model__latent_dim": 20, "model__loss": "squared_error"} | fields
    config = tiny("autoencoder.py", training__steps=400, scores=("code",), **fields)
    config.model.encoder.widths, config.optimizer.learning_rate = (), 3e-3
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    penalty = {"model__penalty__kind": "kl", "model__penalty__weight": 5.0}
    return trained(tmp_path_factory, model__code_activation="sigmoid", **penalty)


@pytest.fixture(scope="module")
def penalised(tmp_path_factory):
    """The run of a penalty, trained once."""

    @functools.cache
    def run(activation, kind, weight):
        penalty = {"model__penalty__kind": kind, "model__penalty__weight": weight}
        return trained(tmp_path_factory, model__code_activation=activation, **penalty)

    return run


def rows_of(run, split="test"):
    return run.load(split)["x"].reshape(-1, 64) / 255.0


def test_units_are_active_at_the_rate_that_is_asked_for(sparse):
    assert sparse.summary["code/mean"] == pytest.approx(0.05, abs=0.01)  # 5 seeds: .051


@pytest.mark.parametrize(
    ("activation", "kind", "weight", "value", "share"),
    [
        ("relu", "l1", 0.3, "active", 0.75),  # 5 seeds: .41 to .64 of the plain one's
        ("sigmoid", "contractive", 0.3, "jacobian", 0.8),  # 5 seeds: .64 to .67
        ("sigmoid", "contractive", 0.3, "sensitivity", 0.9),  # 5 seeds: .76 to .78
    ],
)
def test_a_penalty_lowers_what_it_weighs(penalised, activation, kind, weight, value, share):
    found = [penalised(activation, kind, of).summary[f"code/{value}"] for of in (weight, 0.0)]
    assert found[0] < share * found[1]


def test_activity_is_that_of_the_codes(sparse):
    z = np.asarray(sparse.encode(sparse.load("test")["x"]), np.float64)
    values = kept.read(sparse.workdir, "code").values
    assert values["code/mean"] == pytest.approx(np.abs(z).mean(), rel=1e-5)
    active = np.abs(z) > 0.1 * np.abs(z).max(axis=0)
    assert values["code/active"] == pytest.approx(active.mean(), rel=1e-6)
    assert values["code/dead"] == np.mean(z.std(axis=0) == 0)
    arrays = kept.read(sparse.workdir, "code").arrays
    np.testing.assert_allclose(arrays["active"], sorted(active.mean(axis=0))[::-1])


def test_the_figure_has_the_code_beside_pca(sparse):
    measured = kept.read(sparse.workdir, "code")
    ((name, figure),) = scores.load("code").draw(measured, "test")
    assert name == "code"
    drawn = [line.get_ydata() for axes in figure.axes for line in axes.lines]
    for role in ("active", "pca_active", "directions", "pca_directions"):
        assert any(np.allclose(np.sort(y), np.sort(measured.arrays[role])) for y in drawn), role


def test_the_jacobian_is_how_far_the_code_moves(sparse):
    """By central differences, of the first examples, in float32."""
    x, step = rows_of(sparse)[:6].astype(np.float32), 1e-2
    moved = []
    for pixel in range(64):
        ends = [np.array(x) for _ in range(2)]
        for end, sign in zip(ends, (1, -1), strict=True):
            end[:, pixel] += sign * step
        codes = [sparse.method.encode(sparse.state, e.reshape(-1, 8, 8, 1)) for e in ends]
        moved.append((np.asarray(codes[0]) - np.asarray(codes[1])) / (2 * step))
    jacobian = np.stack(moved, axis=2).astype(np.float64)
    of_each = kept.read(sparse.workdir, "code").examples["code/jacobian"]
    np.testing.assert_allclose(of_each[:6], np.sqrt((jacobian**2).sum((1, 2))), rtol=0.01)


def test_sensitivity_of_pca_by_its_own_numbers(sparse):
    train, test = rows_of(sparse, "train"), rows_of(sparse)
    z = PCA(20).fit(train).transform(test)
    expected = np.sqrt(20 * test.var(axis=0).mean() / z.var(axis=0).sum())
    values = kept.read(sparse.workdir, "code").values
    assert values["code/pca_sensitivity"] == pytest.approx(expected, rel=1e-4)
    arrays = kept.read(sparse.workdir, "code").arrays
    np.testing.assert_allclose(arrays["pca_directions"] * np.sqrt(20), expected, rtol=1e-4)
    learned = np.square(arrays["directions"]).sum()
    assert values["code/sensitivity"] == pytest.approx(np.sqrt(learned), rel=1e-4)
    assert (np.diff(arrays["directions"]) <= 1e-9).all()


NORMAL = (0, 1, 2, 3, 4, 5, 6, 8, 9)


@pytest.fixture(scope="module")
def without_sevens(tmp_path_factory):
    config = tiny(
        "autoencoder.py",
        training__steps=300,
        scores=("anomaly",),
        data__classes=NORMAL,
        figures="on",
    )
    config.model.encoder.widths, config.model.latent_dim = (32,), 6
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


def test_anomalies_are_told_by_errors_as_scikit_learn_has_them(without_sevens):
    run, train = without_sevens, without_sevens.load("train")
    normal_rows = rows_of(run, "train")[np.isin(train["y"], NORMAL)]
    test, sought = rows_of(run), run.load("test")["y"] == 7
    found = run.reconstruct(run.load("test")["x"]).reshape(-1, 64)
    pca = PCA(6).fit(normal_rows)
    forest = IsolationForest(random_state=run.config.seed).fit(normal_rows.astype(np.float32))
    errors = {
        "": np.square(test - found).mean(axis=1),
        "pca_": np.square(test - pca.inverse_transform(pca.transform(test))).mean(axis=1),
        "forest_": -forest.score_samples(test.astype(np.float32)),
    }
    for space, values in errors.items():
        auc, precision = roc_auc_score(sought, values), average_precision_score(sought, values)
        of_run = run.summary
        assert of_run[f"anomaly/{space}auc"] == pytest.approx(auc, abs=1e-4)
        assert of_run[f"anomaly/{space}average_precision"] == pytest.approx(precision, abs=1e-3)
        low, high = (of_run[f"anomaly/{space}auc_{end}"] for end in ("low", "high"))
        assert low < auc < high
    # 5 seeds: .88 to .95
    assert run.summary["anomaly/auc"] > 0.8


def test_what_the_error_gets_wrong_is_shown(without_sevens):
    run, y = without_sevens, without_sevens.load("test")["y"]
    arrays = kept.read(run.workdir, "anomaly").arrays
    errors, x = arrays["learned"], run.load("test")["x"] / np.float32(255)
    largest = np.argsort(-np.where(y == 7, -1, errors))[:10]
    np.testing.assert_allclose(arrays["normal"], x[largest], atol=1e-6)
    smallest = np.argsort(np.where(y == 7, errors, np.inf))[:10]
    np.testing.assert_allclose(arrays["anomalous"], x[smallest], atol=1e-6)
    np.testing.assert_allclose(
        arrays["anomalous_reconstructed"], run.reconstruct(arrays["anomalous"]), atol=1e-5
    )
    assert {"anomaly.png", "anomaly_examples.png"} <= {
        path.name for path in (run.workdir / "figures").iterdir()
    }


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "scores has 'anomaly': it needs to know what is normal; set data.classes"),
        (
            {"data__classes": tuple(range(10))},
            "scores has 'anomaly': the test split has no anomalies; allowed: some of both",
        ),
        ({"data__classes": ("seven",)}, "data.classes holds 'seven'. Choices: 0, 1, 2, 3"),
        ({"data__classes": (1, "2")}, "data.classes is (1, '2'); allowed: different classes by n"),
    ],
)
def test_what_has_no_anomalies_is_refused(fields, told, tmp_path):
    config = tiny("autoencoder.py", scores=("anomaly",), **fields)
    assert told in refusal(experiment.train, config, tmp_path / "no")


def test_classes_by_name_are_those_by_number(tmp_path):
    digests = set()
    for name, classes in (("names", ("3", "5")), ("numbers", (3, 5))):
        config = tiny("autoencoder.py", data__classes=classes, scores=())
        run = experiment.train(config, tmp_path / name)
        digests.add(run.summary["state_sha256"])
        again = runs.restore(tmp_path / name)
        assert again.config.data.classes == (3, 5)
        assert again.evaluate() == {
            metric.removeprefix("test/"): value
            for metric, value in run.summary.items()
            if metric.startswith("test/")
        }
    assert len(digests) == 1
    stored = schema.complete(config).data.classes
    assert stored == (3, 5)
