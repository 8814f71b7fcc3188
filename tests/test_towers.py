"""Two towers: each side of a listed pair has an encoder of its own, all the way to a search."""

import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import WORDS, refusal, tiny
from flax.traverse_util import flatten_dict

from reprlearn import (
    columns,
    data,
    encode,
    evaluation,
    experiment,
    export,
    index,
    keys,
    losses,
)
from reprlearn.errors import UsageError
from reprlearn.scores import matching
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("towers")

FIELDS = {
    "data__name": str(WORDS),
    "data__text": ("typed", "meant"),
    "data__classes": (),
    "model__encoder__network": "n_grams",
    "model__encoder__widths": (16,),
    "model__loss": "symmetric_info_nce",
    "model__latent_dim": 8,
    "scores": ("matching", "verification"),
}


def config(**fields):
    return tiny("siamese.py", **FIELDS | fields)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return experiment.train(config(model__towers="two"), tmp_path_factory.mktemp("runs") / "two")


def first_step(towers):
    method, feed, *_ = experiment.assemble(config(model__towers=towers))
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    state = jax.jit(method.init)(keys.root(0), batch)
    return method, batch, state, *jax.jit(method.update)(state, batch, keys.root(1))


@pytest.mark.parametrize("towers", ["two", "shared_head"])
def test_the_loss_compares_the_left_ones_with_what_the_other_tower_makes_of_the_right_ones(towers):
    method, batch, state, after, metrics = first_step(towers)
    left, right = (method.encode(state, batch[side], f"{side}/x") for side in ("left", "right"))
    known = batch["known"]
    same = (known[:, None] == known[None]).any(axis=-1)
    expected = losses.symmetric_info_nce(left, right, same, temperature=0.1).mean()
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-4)
    assert not np.allclose(method.encode(state, batch["right"]), right)
    moved = jax.tree.map(lambda a, b: bool((a != b).any()), state.params, after.params)
    assert all(jax.tree.leaves(moved)), moved


def test_a_shared_head_is_one_and_the_other_layers_are_two():
    *_, state, _, _ = first_step("shared_head")
    assert set(state.params["encoder"]) == {"n_grams", "head"}
    assert set(state.params["right_encoder"]) == {"n_grams"}
    *_, state, _, _ = first_step("two")
    own, other = state.params["encoder"], state.params["right_encoder"]
    assert set(other) == {"n_grams", "head"}
    for name in ("n_grams/embedding", "head/Dense_0/kernel"):
        a, b = (flatten_dict(tree, sep="/")[name] for tree in (own, other))
        assert (a != b).all(), name


def test_with_one_tower_both_sides_are_encoded_alike():
    method, *_ = first_step("one")
    assert method.by_column == ()


def test_a_run_encodes_by_side(run):
    left, right = run.encode(["recieve"]), run.encode(["recieve"], column="right/x")
    assert left.shape == right.shape == (1, 8) and not np.allclose(left, right)
    np.testing.assert_array_equal(run.encode(["recieve"], "left/x"), left)
    both = [run.encode_dataset(column=column)["z"] for column in (None, "right/x")]
    assert both[0].shape == both[1].shape and not np.allclose(*both)
    with pytest.raises(UsageError, match=r"column is 'middle'. Choices: left/x, right/x"):
        run.encode(["recieve"], "middle")
    told = r"column is 'target/x'; allowed of encode of this run, left/x, right/x"
    with pytest.raises(UsageError, match=told):
        run.encode_dataset(column="target/x")


def test_each_tower_is_exported(run, tmp_path):
    for column, name in (("right/x", "encode_right"), (None, "encode")):
        program, loader = export.write(run, "encode", tmp_path / "export", column)
        assert (program.name, loader.name) == (f"{name}.jax", f"{name}.py")
        tokens = run.load("test")["right/x"][:7]
        spec = importlib.util.spec_from_file_location(name, loader)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        expected = run.encode(tokens, column)
        np.testing.assert_array_equal(getattr(module, name)(tokens), expected)
        texts = columns.to_texts(tokens)
        np.testing.assert_array_equal(getattr(module, name)(texts), expected)


def test_the_commands_take_the_column(run, tmp_path, capsys):
    out, place = tmp_path / "codes.npz", f"--workdir={run.workdir}"
    encode.main(["encode", place, f"--out={out}", "--column=right/x"])
    with np.load(out) as found:
        expected = run.encode_dataset(column="right/x")
        np.testing.assert_array_equal(found["z"], expected["z"])
    export.main(["export", place, "--column=right/x", f"--out={tmp_path}/right"])
    assert sorted(p.name for p in (tmp_path / "right").iterdir()) == [
        "encode_right.jax",
        "encode_right.py",
    ]
    told = "column is 'source/x'; allowed of encode of this run, left/x, right/x"
    wrong = [place, "--column=source/x", f"--out={tmp_path}/no.npz"]
    assert refusal(encode.main, ["encode", *wrong]) == told
    assert refusal(export.main, ["export", *wrong]) == told
    wrong = [place, "--column=left/x", "--function=weights"]
    told = (
        "column is 'left/x'; allowed of weights of this run, which takes all examples alike: none"
    )
    assert refusal(export.main, ["export", *wrong]) == told
    assert not (tmp_path / "no.npz").exists()


def test_a_search_compares_a_query_with_right_ones(run):
    among = index.index(run)
    place = int(np.flatnonzero(among.name == among.name[3])[0])
    np.testing.assert_allclose(among.z[place], run.encode([str(among.name[3])], "right/x")[0])
    words = [str(among.name[0]), str(among.name[5])]
    found = index.search(run, index.index(run, str(WORDS)), words, k=3)
    z = run.encode(words)
    for row, places, distances in zip(z, found.place, found.distance, strict=True):
        expected = np.linalg.norm(among.z[places] - row, axis=1)
        np.testing.assert_allclose(distances, expected, rtol=1e-4, atol=1e-5)


def test_verdicts_and_scores_are_of_left_ones_and_right_ones(run):
    a, b = ["recieve", "speach"], ["receive", "speech"]
    distance = np.linalg.norm(run.encode(a) - run.encode(b, "right/x"), axis=1)
    np.testing.assert_allclose(run.verify(a, b).distance, distance, rtol=1e-4)

    subject = Subject(run)
    candidates = subject.candidates()
    asked = matching.queries(subject.load(), candidates)
    similarity = -np.linalg.norm(
        run.encode(asked.x)[:, None] - run.encode(candidates, "right/x")[None], axis=-1
    )
    first = (asked.ranks(similarity, 0) <= 1).mean()
    assert run.summary["matching/recall_at_1"] == pytest.approx(first)

    group = subject.groups()[""]
    arrays = subject.load()
    z, others = run.encode(arrays["left/x"]), run.encode(arrays["right/x"], "right/x")
    near = np.linalg.norm(z - others, axis=1)
    chosen = data.to_judge(arrays, run.config.seed)
    found = evaluation.pair_distances(
        group.rows("learned"), chosen.left, chosen.right, group.right_rows("learned")
    )
    np.testing.assert_allclose(found[chosen.similar], near, rtol=1e-4, atol=1e-5)
    assert run.summary["verification/auc"] == pytest.approx(
        evaluation.auc(found, chosen.similar), abs=1e-6
    )
    rights = {row.tobytes() for row in arrays["right/x"]}
    assert all(row.tobytes() in rights for row in chosen.x[chosen.right])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"model__loss": "pair_contrastive"},
            "model.towers is 'two' with model.loss 'pair_contrastive'; allowed: 'one', or listed "
            "pairs with model.loss info_nce, symmetric_info_nce, nt_xent, barlow_twins, vicreg",
        ),
        (
            {"data__name": "digits", "data__text": (), "model__encoder__network": "mlp"},
            "model.towers is 'two' with model.loss 'symmetric_info_nce'; allowed: 'one', or listed "
            "pairs with model.loss info_nce, symmetric_info_nce, nt_xent, barlow_twins, vicreg",
        ),
    ],
)
def test_two_towers_need_listed_pairs_and_a_loss_of_similar_ones(fields, says):
    assert refusal(lambda: experiment.assemble(config(model__towers="two", **fields))) == says
