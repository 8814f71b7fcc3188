"""DANN: which gradient reaches whom, and that target labels reach nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import change_data, tiny
from ml_collections import ConfigDict
from updates import PLAIN, check_reversed_and_scaled, close, first_update

from reprlearn import columns, data, experiment, keys, losses, methods
from reprlearn.data import labelling
from reprlearn.errors import UsageError
from reprlearn.parts import alignments
from reprlearn.roles import DOMAINS


def step(trained_on="source_and_target", **overrides):
    """Gradients of one update, as SGD at rate 1 takes them, by group of parameters."""
    config = tiny("dann_moons.py", model__trained_on=trained_on, **PLAIN | overrides)
    return first_update(config).gradients


def test_the_domain_gradient_reaches_the_features_reversed_and_scaled():
    heads = ("label_head", "domain_head")
    check_reversed_and_scaled(lambda scale: step(model__trade_off=scale), heads, "features")


def test_trained_on_the_source_is_no_adaptation_at_all():
    close(step("source", model__trade_off=3.0), step(model__trade_off=0.0))


def test_trained_on_the_target_learns_from_its_labels():
    on_source, on_target = step("source"), step("target")
    close(on_source["domain_head"], on_target["domain_head"])
    difference = (
        on_source["label_head"]["Dense_0"]["bias"] - on_target["label_head"]["Dense_0"]["bias"]
    )
    assert np.abs(difference).max() > 1e-4


def small(**overrides):
    config = tiny("dann_moons.py", **overrides).unlock()
    config.baselines, config.scores = ConfigDict(), ()
    return config.lock()


@pytest.mark.parametrize("alignment", [*alignments.ADVERSARIES, *alignments.DISTANCES])
def test_target_labels_never_reach_training(alignment, tmp_path, monkeypatch):
    config = small(model__alignment=alignment)
    straight = experiment.train(config, tmp_path / "straight")

    def garbled(split, arrays, seed):
        if split == "test":
            return arrays
        return arrays | {"target/y": np.full(300, -(2**31), np.int32)}

    with monkeypatch.context() as patch:
        change_data(patch, garbled)
        other = experiment.train(config, tmp_path / "garbled")
    assert other.summary["state_sha256"] == straight.summary["state_sha256"]
    lines = [
        [{k: v for k, v in line.items() if k != "seconds"} for line in run.history]
        for run in (straight, other)
    ]
    assert lines[0] == lines[1]  # nor validation, by which one would select


def test_trained_on_the_target_feels_its_labels(tmp_path, monkeypatch):
    on_target = small(model__trained_on="target")
    clean = experiment.train(on_target, tmp_path / "clean")
    flipped = lambda split, arrays, seed: {  # noqa: E731
        role: 1 - array if role == "target/y" and split == "train" else array
        for role, array in arrays.items()
    }
    change_data(monkeypatch, flipped)
    other = experiment.train(on_target, tmp_path / "flipped")
    assert clean.summary["state_sha256"] != other.summary["state_sha256"]


def updated(**fields):
    """A first update at a constant lambda of 0.7: method, batch, state before it, metrics."""
    constant = {"model__trade_off": 0.7, "model__trade_off_schedule": "constant"}
    method, batch, state, _, metrics = first_update(small(**constant | fields))
    return method, batch, state, metrics


@pytest.mark.parametrize("alignment", alignments.DISTANCES)
def test_a_distance_is_added_to_the_loss_and_the_domain_head_reaches_nobody(alignment):
    method, batch, state, found = updated(model__alignment=alignment)
    z = [method.encode(state, batch[f"{domain}/x"]) for domain in ("source", "target")]
    logits = method.predict(state, batch["target/x"])
    distance = alignments.DISTANCES[alignment](*z, logits)
    np.testing.assert_allclose(found["alignment"], distance, rtol=1e-4)
    parts = found["source_cross_entropy"] + found["domain_cross_entropy"]
    np.testing.assert_allclose(found["loss"], parts + 0.7 * distance, rtol=1e-5)
    none, some = (step(model__alignment=alignment, model__trade_off=w) for w in (0.0, 1e4))
    close(none["domain_head"], some["domain_head"])
    close(none["features"], step("source")["features"])  # without the distance none is felt
    moved = jax.tree.map(lambda a, b: np.abs(a - b).max(), none["features"], some["features"])
    assert max(jax.tree.leaves(moved)) > 1e-4


def test_without_adaptation_no_distance_is_felt():
    close(step("source", model__alignment="mmd")["features"], step("source")["features"])


def test_a_conditional_domain_head_sees_features_times_classes():
    z, logits = np.float32([[1, 2], [3, 4]]), np.log(np.float32([[0.25, 0.75], [0.5, 0.5]]))
    seen = alignments.with_class(z, logits)
    expected = [[0.25, 0.75, 0.5, 1.5], [1.5, 1.5, 2.0, 2.0]]
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    slope = jax.grad(lambda logits: alignments.with_class(z, logits).sum())(logits)
    np.testing.assert_array_equal(slope, 0.0)
    method, batch, state, found = updated(model__alignment="conditional")
    kernel = jax.tree.leaves(state.params["domain_head"])[1]
    assert kernel.shape[0] == 2 * 2  # latent_dim 2, two moons
    right = [np.asarray(method.discriminate(state, batch[f"{d}/x"]) > 0) for d in DOMAINS]
    accuracy = (right[0].mean() + 1 - right[1].mean()) / 2
    np.testing.assert_allclose(found["domain_accuracy"], accuracy, rtol=1e-5)


def test_mmd_does_not_see_the_scale_of_features():
    rng = np.random.default_rng(0)
    z = [rng.normal(size=(20, 3)).astype("f4") + shift for shift in (0, 1)]
    one, other = (alignments.mmd(scale * z[0], scale * z[1], None) for scale in (1, 50))
    np.testing.assert_allclose(one, other, rtol=1e-4)
    spread = np.square(np.concatenate(z) - np.concatenate(z).mean(0)).sum(1).mean() * 2
    widths = [(spread * factor / 2) ** 0.5 for factor in (0.25, 0.5, 1.0, 2.0, 4.0)]
    expected = losses.mmd(*z, bandwidths=widths) / 5
    np.testing.assert_allclose(one, expected, rtol=1e-4)
    same = alignments.mmd(np.ones((4, 2), "f4"), np.ones((4, 2), "f4"), None)
    assert (
        same == 0.0 and np.isfinite(jax.grad(lambda z: alignments.mmd(z, z[:2], None))(z[0])).all()
    )


def trained_on_few(tmp_path, name, **overrides):
    run = experiment.train(small(data__target_labels=2, **overrides), tmp_path / name)
    return run.summary["state_sha256"]


def test_of_the_target_only_the_few_labels_that_are_asked_for_reach_training(tmp_path, monkeypatch):
    straight = trained_on_few(tmp_path, "straight")
    y = experiment.assemble(small(data__target_labels=2)).feed.arrays["labelled/target/y"]
    assert set(y.tolist()) == {0, 1} and y.mean() == 0.5

    def garbled(keep):
        def change(split, arrays, seed):
            if split != "train":
                return arrays
            few = labelling.few_of_target(arrays, 2, 0)["target/y"]
            changed = np.where(few == -1, -1 if keep else arrays["target/y"], 1 - few)
            return arrays | {"target/y": np.where(few >= 0, few, -1) if keep else changed}

        return change

    for keep in (True, False):
        with monkeypatch.context() as patch:
            change_data(patch, garbled(keep))
            assert (trained_on_few(tmp_path, f"garbled {keep}") == straight) == keep


def test_the_label_loss_is_the_mean_of_both_domains_where_some_target_labels_are_seen():
    method, batch, state, _, found = first_update(small(data__target_labels=2))

    def entropy(x, y):
        log_p = jax.nn.log_softmax(method.predict(state, batch[x]))
        return -log_p[jnp.arange(len(log_p)), batch[y]].mean()

    source = entropy("source/x", "source/y")
    target = entropy("labelled/target/x", "labelled/target/y")
    np.testing.assert_allclose(found["target_cross_entropy"], target, rtol=1e-5)
    label_loss = found["loss"] - found["domain_cross_entropy"]
    np.testing.assert_allclose(label_loss, (source + target) / 2, rtol=1e-5)


def test_few_target_labels_beside_all_of_them_are_refused():
    config = small(data__target_labels=3, model__trained_on="target")
    with pytest.raises(UsageError, match=r"data\.target_labels is 3; allowed with .*: 0"):
        experiment.assemble(config)


def test_few_target_labels_beside_few_of_all_are_refused():
    config = small(data__target_labels=3, data__max_labels=20)
    with pytest.raises(UsageError, match=r"data\.max_labels is 20; allowed with data\.target_l"):
        experiment.assemble(config)


def test_domain_accuracy_is_the_share_that_is_told_apart():
    """With points far apart the domain head, and it alone, comes to tell all of them."""
    config = small(model__trained_on="source", optimizer__learning_rate=1.0)
    method = methods.from_config(config, data.open_dataset(config.data).columns)
    assert method.chance == {"domain_accuracy": 0.5, "source_accuracy": 1 / 2}  # two moons
    points = jnp.linspace(-1.0, 1.0, 20)[:, None] * jnp.ones((1, 2))
    batch = {"source/x": points + 9, "target/x": points - 9}
    batch["source/y"] = jnp.arange(20) % 2
    state, update = jax.jit(method.init)(keys.root(0), batch), jax.jit(method.update)
    for step_ in range(100):
        state, metrics = update(state, batch, keys.at(keys.root(1), step_))
    assert metrics["domain_accuracy"] == 1.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scores": ()}, r"baselines\.b has scores; allowed: any other field"),
        ({"data": {"batch_size": 4000}}, r"baselines\.b: data\.batch_size is 4000; allowed"),
        ({"optimizer": {"learning_rate": "x"}}, r"baselines\.b\.optimizer\.learning_rate is 'x'"),
    ],
)
def test_a_bad_baseline_is_refused_before_anything_is_trained(fields, message, tmp_path):
    config = tiny("dann_moons.py").unlock()
    config.baselines = ConfigDict({"b": fields})
    with pytest.raises(UsageError, match=message):
        experiment.train(config.lock(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_baseline_is_a_run_of_its_own_beside(tmp_path):
    run = experiment.train(tiny("dann_moons.py", figures="on"), tmp_path / "run")
    beside = run.baseline("source_only")
    assert beside.config.model.trained_on == "source"
    assert run.summary["source_only/target_accuracy"] == beside.summary["target/accuracy"]
    assert run.summary["target/accuracy"] != beside.summary["target/accuracy"]
    test = data.load("moons", "test", target="moons-35", seed=run.config.seed)
    right = run.predict(test["target/x"]).argmax(axis=1) == test["target/y"]
    assert run.summary["target/accuracy"] == right.mean()
    assert (tmp_path / "run" / "figures" / "adaptation.png").is_file()
    assert not (beside.workdir / "figures").exists()


def domains(classes):
    """The columns of two domains in the plane."""
    one = {"x": columns.vector(2), "y": columns.classes(classes)}
    return {f"{domain}/{role}": c for domain in ("source", "target") for role, c in one.items()}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"model__trained_on": "sourc"}, "Did you mean 'source'?"),
        ({"model__trade_off": -1.0}, r"model\.trade_off is -1.0"),
        ({"model__encoder__activation": "sigmod"}, "Did you mean 'sigmoid'?"),
        ({"model__discriminator__widths": (0,)}, r"model\.discriminator\.widths is \(0,\)"),
    ],
)
def test_bad_fields_are_refused(overrides, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        methods.from_config(tiny("dann_moons.py", **overrides), domains("ab"))


def test_a_set_without_classes_is_refused():
    with pytest.raises(UsageError, match="needs classes; the labels of the data have no names"):
        methods.from_config(tiny("dann_moons.py"), domains(""))


def test_one_domain_is_refused_where_two_are_needed():
    config = tiny("dann_moons.py", data__name="digits").unlock()
    config.data.target = None
    with pytest.raises(
        UsageError, match=r"needs a source and a target: set data\.target; the data have x, y"
    ):
        experiment.assemble(config)
