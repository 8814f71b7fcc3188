"""The siamese network: its losses get what they ask for; classes it never saw stay out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import image_columns, tiny

from reprlearn import experiment, keys, losses, methods
from reprlearn.errors import UsageError
from reprlearn.parts import augmentations
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


@pytest.mark.parametrize(
    "loss",
    [
        "pair_logistic",
        "symmetric_info_nce",
        "barlow_twins",
        "vicreg",
        "multi_similarity",
        "arcface",
    ],
)
def test_update_minimises_each_other_loss(loss):
    config = tiny("siamese.py", model__loss=loss, model__temperature=0.2, model__margin=1.5)
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    sides = ("x",) if "x" in batch else ("left", "right")
    z = [method.encode(state, batch[side]) for side in sides]
    last = {
        "pair_logistic": {"similar": batch.get("similar"), "margin": 1.5},
        "symmetric_info_nce": {"temperature": 0.2},
        "multi_similarity": {"labels": batch.get("y")},
        "arcface": {"labels": batch.get("y"), "temperature": 0.2},
    }.get(loss, {})
    if loss == "arcface":
        assert state.params["classes"].shape == (10, 2)
        last["class_vectors"] = state.params["classes"]
    expected = getattr(losses, loss)(*z, **last).mean()
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-4)
    assert np.all(after.params.get("classes", 0) != state.params.get("classes", 1))


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
        drawn_by = jax.random.split(keys.root(1))[1]
        expected = losses.distance_weighted_triplet(drawn_by, z, batch["y"], margin=0.2)
    else:
        expected = losses.mined_triplet(z, batch["y"], mining=mining, margin=0.2)
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected.mean(), rtol=1e-4)


def test_views_of_an_example_are_a_pair_and_each_view_is_drawn_anew():
    """Of noise alone; the loss is that of the views, whose noise is cut to [0, 1]."""
    fields = {"model__loss": "nt_xent", "data__pairs": "views", "model__augment__noise": 0.3}
    method, feed, *_ = experiment.assemble(tiny("siamese.py", **fields))
    assert method.takes.columns == ("x",)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    augment = augmentations.from_config(
        tiny("siamese.py", **fields).model.augment, image_columns()["x"]
    )
    views = augment(jax.random.split(keys.root(1))[0], jnp.tile(batch["x"], (2, 1, 1, 1)))
    left, right = jnp.split(views, 2)
    assert (left != right).any(axis=(1, 2, 3)).all() and left.min() >= 0 and left.max() <= 1
    expected = losses.nt_xent(*(method.encode(state, x) for x in (left, right)), temperature=0.1)
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected.mean(), rtol=1e-5)


def test_examples_without_classes_are_judged_by_how_near_their_views_are(tmp_path):
    x = np.random.default_rng(0).random((60, 8, 8, 1)).astype("f4")
    fields = {"model__loss": "nt_xent", "data__pairs": "views", "scores": ()}
    fields |= {"data__classes": (), "model__augment__shift": 0.1}
    run = experiment.train(tiny("siamese.py", **fields), tmp_path / "run", data=x)
    assert 0 < run.summary["test/alignment"] < 4  # between two of length one
    assert run.encode(x).shape == (60, 2)


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
        ({"data__split_by": "pair"}, "data.split_by is 'pair' with model.loss 'pair_contrastive'"),
        ({"data__pairs": "views"}, "'sampled', or model.loss info_nce, symmetric_info_nce"),
        ({"data__pairs": "views", "model__loss": "nt_xent"}, "nothing in model.augment is set"),
        ({"model__augment__shear": 90.0}, "model.augment.shear is 90.0; allowed: below 90"),
        ({"model__augment__cutout": 1.5}, "model.augment.cutout is 1.5; allowed: 0 to 1"),
        ({"model__augment__scale": 1.0}, "model.augment.scale is 1.0"),
        (
            {"data__per_class": 2},
            "data.per_class is 2 with model.loss 'pair_contrastive'; allowed: 0",
        ),
        (
            {"model__loss": "triplet", "model__mining": "all", "data__batch_size": 1},
            "batch_size is 1; allowed: at least 2",
        ),
    ],
)
def test_bad_fields_are_refused(overrides, message):
    with pytest.raises(UsageError, match=message):
        methods.from_config(tiny("siamese.py", **overrides), image_columns())


@pytest.mark.parametrize("loss", ["pair_contrastive", "pair_logistic"])
def test_dissimilar_pairs_count_as_much_as_they_are_told(loss):
    config = tiny("siamese.py", model__loss=loss, model__dissimilar_weight=0.25)
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    z = [method.encode(state, batch[side]) for side in ("left", "right")]
    values = getattr(losses, loss)(*z, batch["similar"], margin=1.0)
    assert 0 < batch["similar"].sum() < len(values)
    _, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    weights = np.where(batch["similar"], 1.0, 0.25)
    np.testing.assert_allclose(metrics["loss"], (values * weights).mean(), rtol=1e-5)


@pytest.mark.parametrize("fields", [{"model__loss": "triplet"}, {"data__pairs": "batch"}])
def test_only_pairs_of_two_kinds_have_weights(fields):
    config = tiny("siamese.py", model__dissimilar_weight=0.25, **fields)
    with pytest.raises(
        UsageError, match=r"model.dissimilar_weight is 0.25 with model.loss '.*'; allowed: 1.0, or"
    ):
        experiment.assemble(config)


def test_the_loss_sees_a_projection_and_encode_what_is_before_it():
    fields = {"data__pairs": "views", "model__augment__noise": 0.1, "model__projection": (5, 3)}
    config = tiny("siamese.py", model__loss="nt_xent", data__classes=(), **fields)
    method, feed, *_ = experiment.assemble(config)
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    layers = state.params["projection"]
    assert layers["Dense_0"]["kernel"].shape == (2, 5)
    assert layers["head"]["Dense_0"]["kernel"].shape == (5, 3)
    assert method.encode(state, batch["x"]).shape[1] == 2

    augment_key, _ = jax.random.split(keys.root(1))
    both = jnp.concatenate([batch["x"], batch["x"]])
    seen = augmentations.from_config(config.model.augment, image_columns()["x"])(augment_key, both)
    z = method.encode(state, seen)  # one unit long, and the encoder's own is not
    no_bias = state.params["encoder"]["head"]["Dense_0"]["kernel"]
    hidden = state.params["encoder"]["Dense_0"]
    flat = seen.reshape(len(seen), -1) @ hidden["kernel"] + hidden["bias"][None]
    raw = jax.nn.relu(flat) @ no_bias
    np.testing.assert_allclose(z, losses.normalize(raw), atol=1e-5)
    h = jax.nn.relu(raw @ layers["Dense_0"]["kernel"] + layers["Dense_0"]["bias"][None])
    expected = losses.nt_xent(
        *jnp.split(h @ layers["head"]["Dense_0"]["kernel"], 2), temperature=0.1
    )
    after, metrics = jax.jit(method.update)(state, batch, keys.root(1))
    np.testing.assert_allclose(metrics["loss"], expected.mean(), rtol=1e-4)
    assert (after.params["projection"]["Dense_0"]["kernel"] != layers["Dense_0"]["kernel"]).any()
