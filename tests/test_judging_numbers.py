"""Data with a number for each example: judged by regression, refused to what needs classes."""

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import reprlearn
from reprlearn import evaluate, experiment, kept

pytestmark = pytest.mark.xdist_group("numbers")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table whose last column is a number that two of the others tell; some are missing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    price = 10 * x[:, 0] - 5 * x[:, 1] + 0.1 * rng.normal(size=300) + 200
    cells = ["" if i % 20 == 0 else f"{v:.4f}" for i, v in enumerate(price)]
    lines = [
        ",".join([*(f"{v:.6f}" for v in row), cell]) for row, cell in zip(x, cells, strict=True)
    ]
    path = tmp_path_factory.mktemp("data") / "t.csv"
    path.write_text("\n".join(["a,b,c,d,price", *lines]))
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    fields = {"data__name": str(table), "data__label": "price", "data__batch_size": 20}
    config = tiny("autoencoder.py", scores=("regression", "geometry"), report="on", **fields)
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


def test_it_is_ridge_regression_with_a_penalty_from_validation(run):
    def of(split):
        arrays = run.load(split)
        known = ~np.isnan(arrays["v"])
        assert not known.all()
        return run.encode(arrays["x"][known]), arrays["v"][known]

    (train, y), (test, wanted) = of("train"), of("test")
    found = kept.read(run.workdir, "regression")
    penalty = float(found.arrays["learned_penalty"])
    theirs = make_pipeline(StandardScaler(), Ridge(alpha=penalty * len(y))).fit(train, y)
    predicted = theirs.predict(test)
    assert run.summary["regression/r2"] == pytest.approx(r2_score(wanted, predicted), abs=1e-3)
    error = mean_absolute_error(wanted, predicted)
    assert run.summary["regression/absolute_error"] == pytest.approx(error, rel=1e-3)
    assert run.summary["regression/pixels_r2"] > 0.99 > run.summary["regression/r2"]
    low, high = (run.summary[f"regression/r2_{end}"] for end in ("low", "high"))
    assert low < run.summary["regression/r2"] < high


def test_the_page_shows_it(run):
    page = (run.workdir / "report.html").read_text()
    assert "does a linear regression of the codes tell the number?" in page
    assert "raw fields" in page and "regression.png" not in page and ">number<" in page
    assert "The data have no labels" not in page


def test_what_needs_classes_is_refused(table, tmp_path, run):
    fields = {"data__name": str(table), "data__label": "price", "data__batch_size": 20}
    for file, scores in (("autoencoder.py", ("knn",)), ("siamese.py", ())):
        extra = {"data__classes": ()} if file == "siamese.py" else {}
        told = refusal(
            experiment.train, tiny(file, scores=scores, **fields, **extra), tmp_path / "no"
        )
        assert "labelled examples" in told or "needs y, classes" in told
    told = refusal(
        evaluate.main, ["x", f"--workdir={run.workdir}", "--scores=regression", "--split=train"]
    )
    assert "it is fitted to the training split" in told


def test_arrays_with_numbers(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 3))
    config = tiny("autoencoder.py", scores=("regression",), data__batch_size=10)
    run = reprlearn.train(config, tmp_path / "run", data=(x, x[:, 0] / 3))
    assert run.summary["regression/pixels_r2"] > 0.99
    assert run.load("test")["v"].dtype == np.float64
    again = reprlearn.restore(run.workdir, data=(x, x[:, 0] / 3))
    np.testing.assert_array_equal(again.load("test")["v"], run.load("test")["v"])


def test_numbers_that_are_all_one_are_refused(tmp_path):
    x = np.random.default_rng(0).normal(size=(90, 3))
    config = tiny("autoencoder.py", scores=("regression",), data__batch_size=10)
    told = refusal(experiment.train, config, tmp_path / "run", data=(x, np.full(90, 0.5)))
    assert told.startswith("scores has 'regression': the validation split has no two numbers")
