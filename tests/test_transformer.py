"""The transformer keeps what scikit-learn asks of one, and encodes as its run does."""

import pickle
import warnings

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator

import reprlearn
from reprlearn import experiment
from reprlearn.transformer import Transformer

pytestmark = pytest.mark.xdist_group("transformer")
SMALL = {"steps": 5, "encoder__widths": (8,), "latent_dim": 2}


@pytest.fixture(scope="module")
def flowers():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def fitted(flowers):
    return Transformer("vae", **SMALL).fit(*flowers)


@pytest.mark.slow
def test_it_passes_scikit_learns_checks():
    config = reprlearn.default_config("autoencoder").unlock()
    config.training.steps, config.model.latent_dim, config.model.encoder.widths = 3, 2, (4,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(Transformer(config), on_fail=None, on_skip=None)
    failed = [(one["check_name"], one["exception"]) for one in found if one["status"] == "failed"]
    assert failed == [] and len(found) > 40


def test_in_a_pipeline_and_in_a_grid_search_on_a_table(flowers):
    x, y = flowers
    codes = Transformer("autoencoder", **SMALL | {"encoder__network": "linear"})
    pipeline = Pipeline([("codes", codes), ("classify", LogisticRegression())])
    search = GridSearchCV(pipeline, {"codes__latent_dim": [1, 3]}, cv=2, scoring="accuracy")
    assert search.fit(x, y).best_params_["codes__latent_dim"] in (1, 3)
    best = search.best_estimator_
    assert (
        best.named_steps["codes"].transform(x).shape[1] == search.best_params_["codes__latent_dim"]
    )
    assert len(best.predict(x)) == len(x)


def test_a_linear_auto_encoder_learns_the_plane_of_pca(flowers):
    x = flowers[0]
    fields = {"encoder__network": "tied", "loss": "squared_error", "optimizer__learning_rate": 0.01}
    linear = Transformer("autoencoder", steps=800, latent_dim=2, encoder__widths=(), **fields)
    back = linear.fit(x).inverse_transform(linear.transform(x))
    scale = x.std(axis=0)
    pca = PCA(2).fit(x / scale)
    best = pca.inverse_transform(pca.transform(x / scale)) * scale
    errors = [np.square((x - found) / scale).mean() for found in (back, best)]
    assert errors[1] <= errors[0] < errors[1] + 0.002


def test_all_rows_are_trained_on_and_scaled_by(flowers, fitted):
    x = flowers[0]
    np.testing.assert_allclose(fitted.run_.column.offset, x.mean(axis=0))
    np.testing.assert_allclose(fitted.run_.column.scale, x.std(axis=0))
    np.testing.assert_array_equal(fitted.transform(x), fitted.run_.encode(x))
    assert fitted.transform(x).dtype == np.float32
    assert list(fitted.get_feature_names_out()) == ["transformer0", "transformer1"]


def test_the_same_data_give_the_same_codes_and_a_copy_too(flowers, fitted):
    x, y = flowers
    again = clone(fitted)
    assert not hasattr(again, "run_") and again.get_params() == fitted.get_params()
    codes = fitted.transform(x)
    np.testing.assert_array_equal(again.fit_transform(x, y), codes)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(x), codes)
    assert not np.array_equal(again.set_params(seed=1).fit(x).transform(x), codes)


def test_labels_are_used_where_the_method_learns_from_them(flowers):
    x, y = flowers
    small = {"steps": 5, "encoder__widths": (8,), "latent_dim": 2, "classes": ()}
    by_labels = Transformer("siamese", **small)
    codes = by_labels.fit(x, y).transform(x)
    assert not np.array_equal(codes, clone(by_labels).fit(x, y[::-1]).transform(x))
    assert refusal(by_labels.fit, x) == "y is None; method 'siamese' learns from labels"
    others = Transformer("autoencoder", **SMALL)
    np.testing.assert_array_equal(
        others.fit(x, y / 7).transform(x), clone(others).fit(x).transform(x)
    )


def test_of_a_run_that_is_trained(tmp_path, digits):
    run = experiment.train(tiny("autoencoder.py", scores=()), tmp_path / "run")
    made = Transformer.of(run)
    np.testing.assert_array_equal(made.transform(digits["x"]), run.encode(digits["x"]))
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again.transform(digits["x"]), run.encode(digits["x"]))


def test_images_are_taken_as_they_are(digits):
    made = Transformer("autoencoder", **SMALL).fit(digits["x"][:50])
    assert made.run_.column.kind == "image" and made.transform(digits["x"][:3]).shape == (3, 2)


def test_before_fit_and_of_another_width(flowers, fitted):
    x = flowers[0]
    with pytest.raises(NotFittedError, match="This Transformer instance is not fitted yet"):
        Transformer("vae").transform(x)
    with pytest.raises(ValueError, match="X has 3 features, but Transformer is expecting 4"):
        fitted.transform(x[:, :3])


@pytest.mark.parametrize(
    ("config", "fields", "told"),
    [
        ("vae", {"latent_dimm": 3}, "the config has no field 'latent_dimm'."),
        (
            "autoencoder",
            {"widths": (3,)},
            "'widths' is a field of several groups; allowed: model__decoder__widths, "
            "model__encoder__widths",
        ),
        ("vae", {"latent_dim": 0}, "model.latent_dim is 0; allowed: an integer, at least 1"),
        ("vae", {"latent_dim": "a"}, "latent_dim"),
        ("vae", {"num_seeds": 2}, "training.num_seeds is 2; allowed: 1"),
        ("vea", {}, "--config is 'vea', no such file. Did you mean 'vae'?"),
        ("dann", {}, "method 'dann' needs a source and a target"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(config, fields, told, flowers):
    assert told in refusal(Transformer(config, **fields).fit, *flowers)
