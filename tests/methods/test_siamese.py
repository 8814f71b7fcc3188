"""The siamese network: its losses get what they ask for; classes it never saw stay out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import image_columns, tiny

from reprlearn import experiment, keys, losses, methods
from reprlearn.errors import UsageError
from reprlearn.scores import verification


@pytest.mark.parametrize("loss", ["pair_contrastive", "triplet", "info_nce"])
def test_update_minimises_the_loss_of_the_encoded_parts(loss):
    config = tiny("siamese.py", model__loss=loss)
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    parts = ("anchor", "positive", "negative") if loss == "triplet" else ("left", "right")
    encoded = [method.encode(state, batch[part]) for part in parts]
    lengths = [np.linalg.norm(z, axis=1) for z in encoded]
    assert np.allclose(lengths, 1.0, atol=1e-5) == (loss == "info_nce")
    options = {"margin": 1.0} if loss != "info_nce" else {"temperature": 0.1}
    last = [batch["similar"]] if loss == "pair_contrastive" else []
    expected = getattr(losses, loss)(*encoded, *last, **options).mean()
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-5)


@pytest.mark.parametrize("mining", ["all", "semi_hard", "hardest", "distance_weighted"])
def test_update_minimises_the_triplets_that_are_mined_in_a_batch(mining):
    config = tiny("siamese.py", model__loss="triplet", model__mining=mining, model__margin=0.2)
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    assert set(batch) == {"x", "y"}
    state = jax.jit(method.init)(keys.root(0), batch)
    z = method.encode(state, batch["x"])
    lengths = np.linalg.norm(z, axis=1)
    assert np.allclose(lengths, 1.0, atol=1e-5) == (mining == "distance_weighted")
    if mining == "distance_weighted":
        expected = losses.distance_weighted_triplet(keys.root(1), z, batch["y"], margin=0.2)
    else:
        expected = losses.mined_triplet(z, batch["y"], mining=mining, margin=0.2)
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected.mean(), rtol=1e-4)


@pytest.mark.parametrize("loss", ["info_nce", "nt_xent", "supervised_contrastive"])
def test_a_blank_input_moves_the_parameters_no_further_than_another(loss):
    """Of a blank image z is 0, where z / |z| has no slope; SGD shows it as it is."""
    sgd = {"optimizer__name": "sgd", "optimizer__learning_rate": 1.0}
    config = tiny("siamese.py", model__loss=loss, model__encoder__network="linear", **sgd)
    method, feed, *_ = experiment.assemble(config)
    batch = dict(jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0)))
    state = jax.jit(method.init)(keys.root(0), batch)
    params = state.params["encoder"]
    state = state.replace(params={"encoder": jax.tree.map(lambda p: p * (p.ndim > 1), params)})
    update, size = jax.jit(method.update), {}
    for value in (0.5, 0.0):
        for part in ("left", "x"):
            if part in batch:
                batch[part] = batch[part].at[:2].set(value)
        after, _ = update(state, batch, keys.root(1))
        size[value] = max(np.abs(leaf).max() for leaf in jax.tree.leaves(after.params))
    assert size[0.0] < 2 * size[0.5]


def test_unseen_classes_are_not_trained_on_and_their_scores_are_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "PAIRS", 200)
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)
    run = experiment.train(tiny("siamese.py", data__classes=(0, 3, 4)), tmp_path / "run")
    names = set(run.summary)
    for space in ("", "pca_", "pixels_"):
        assert {f"verification/{space}auc", f"verification/unseen_{space}auc"} <= names
        assert {f"retrieval/{space}recall_at_1", f"retrieval/{space}map_at_r"} <= names
    _, feed, *_ = experiment.assemble(run.config)
    assert set(np.unique(feed.arrays["label"])) == {0, 3, 4}


def test_all_classes_leave_none_unseen(tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "PAIRS", 200)
    monkeypatch.setattr(experiment.figures, "draw", lambda *_: None)
    run = experiment.train(tiny("siamese.py", data__classes=()), tmp_path / "run")
    assert not [name for name in run.summary if "unseen" in name]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"model__loss": "contrastive"}, "'contrastive'. Did you mean 'pair_contrastive'?"),
        ({"model__margin": 0.0}, r"model\.margin is 0.0; allowed: a number above 0"),
        ({"model__temperature": -1.0}, r"model\.temperature is -1.0"),
        ({"data__pairs": "batch", "data__batch_size": 1}, "batch_size is 1; allowed: at least 2"),
        ({"data__pairs": "batch", "model__loss": "triplet"}, "allowed: 'sampled', or model.loss"),
        ({"model__mining": "hardest"}, "allowed: 'none', or model.loss 'triplet'"),
        ({"model__loss": "triplet", "model__mining": "hard"}, "model.mining is 'hard'"),
        (
            {"model__loss": "triplet", "model__mining": "all", "data__batch_size": 1},
            "batch_size is 1; allowed: at least 2",
        ),
    ],
)
def test_bad_fields_are_refused(overrides, message):
    with pytest.raises(UsageError, match=message):
        methods.from_config(tiny("siamese.py", **overrides), image_columns())
