"""A siamese network on pairs that a person lists: no class anywhere, and one command."""

import csv
import json

import numpy as np
import pytest
from conftest import command, refusal, tiny
from photos import save

import reprlearn
from reprlearn import experiment, kept
from reprlearn.errors import UsageError

SHAPE = (8, 6, 3)
FIELDS = {
    "data__classes": (),
    "data__batch_size": 9,
    "scores": ("verification",),
    "training__steps": 12,
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Grey images in groups of five of about one brightness, and pairs of them in a table."""
    folder, rng = tmp_path_factory.mktemp("pairs"), np.random.default_rng(0)
    for i in range(90):
        save(
            folder / "photos" / f"{i:02d}.png",
            value=8 * (i // 5) + int(rng.integers(4)),
            shape=SHAPE,
        )
    rows = []
    for i in range(90):
        near = i // 5 * 5 + (i + 1) % 5
        rows += [(i, near, 1), (i, int(rng.integers(90)), 0), (i, (i + 45) % 90, 0)]
    rows = [(i, j, near) for i, j, near in rows if near or i // 5 != j // 5]
    with (folder / "pairs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["left", "right", "similar"])
        writer.writerows((f"{i:02d}.png", f"{j:02d}.png", near) for i, j, near in rows)
    with (folder / "similar.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["left", "right"])
        writer.writerows((f"{i:02d}.png", f"{j:02d}.png") for i, j, near in rows if near)
    return folder


def config(photos, pairs="pairs.csv", **fields):
    named = {"data__name": str(photos / "photos"), "data__pairs": str(photos / pairs)}
    return tiny("siamese.py", **named | FIELDS | fields)


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    return experiment.train(config(photos), tmp_path_factory.mktemp("runs") / "pairs")


def test_pairs_without_classes_from_the_command_line(photos, tmp_path):
    arguments = [f"--config=siamese:{photos}/photos", f"--config.data.pairs={photos}/pairs.csv"]
    arguments += ["--config.data.batch_size=9", "--config.scores=verification", "--workdir=run"]
    arguments += ["--config.training.steps=4", "--config.model.encoder.widths=8"]
    done = command("-m", "reprlearn", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "photos: pairs of images of shape 8 x 6 x 3; " in done.stderr
    assert "\npairs left out, as their two are in different splits: " in done.stderr
    assert "verification" in done.stdout
    drawn = {file.stem for file in (tmp_path / "run" / "figures").iterdir()}
    assert {"distances", "roc", "det", "pair_reliability", "examples"} <= drawn


def test_the_score_is_of_the_listed_test_pairs(run):
    arrays = run.load("test")
    left, right = run.encode(arrays["left/x"]), run.encode(arrays["right/x"])
    distances = np.linalg.norm(left - right, axis=1)
    near, far = (distances[arrays["similar"] == kind] for kind in (1, 0))
    order = (near[:, None] < far).mean() + 0.5 * (near[:, None] == far).mean()
    assert run.summary["verification/auc"] == pytest.approx(order, abs=1e-6)
    found = kept.read(run.workdir, "verification")
    np.testing.assert_allclose(found.arrays["learned"], distances, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.arrays["similar"], arrays["similar"])


def test_a_resumed_run_is_the_undisturbed_one_and_a_scan_its_single_steps(photos, run, tmp_path):
    state = run.summary["state_sha256"]
    for steps in (6, 12):
        half = experiment.train(config(photos, training__steps=steps, scores=()), tmp_path / "two")
    assert half.summary["state_sha256"] == state
    single = config(photos, training__steps_per_call=1, scores=())
    assert experiment.train(single, tmp_path / "one").summary["state_sha256"] == state
    seeds = config(photos, training__num_seeds=2, scores=())
    both = experiment.train(seeds, tmp_path / "seeds").seeds
    x = run.load("test")["left/x"]
    apart = np.abs(both[0].encode(x) - both[1].encode(x)).max()
    # Two seeds in one program differ by rounding, which Adam's first steps make larger.
    np.testing.assert_allclose(both[0].encode(x), run.encode(x), atol=0.05 * apart)


def test_examples_of_listed_pairs_are_encoded_one_by_one(photos, run, capsys):
    found = reprlearn.restore(run.workdir).encode_dataset()
    assert found["name"].tolist() == [f"{i:02d}.png" for i in range(90)]
    from reprlearn import encode, search, verify

    query = str(photos / "photos" / "00.png")
    search.main(["", f"--workdir={run.workdir}", "--json=yes", query])
    first = json.loads(capsys.readouterr().out)["found"][0]
    assert (first["name"], first["distance"]) == ("00.png", pytest.approx(0, abs=1e-6))
    verify.main(["", f"--workdir={run.workdir}", query, query])
    assert "similar" in capsys.readouterr().out
    out = run.workdir / "z.npz"
    encode.main(["", f"--workdir={run.workdir}", f"--data={photos}/photos", f"--out={out}"])
    np.testing.assert_allclose(np.load(out)["z"], found["z"])


def test_similar_pairs_alone_are_enough(photos, tmp_path):
    fields = {"training__steps": 4, "model__loss": "pair_contrastive"}
    trained = experiment.train(config(photos, "similar.csv", **fields), tmp_path / "run")
    arrays = kept.read(trained.workdir, "verification").arrays
    assert arrays["similar"].sum() * 2 == len(arrays["similar"])
    for loss in ("info_nce", "triplet"):
        fields = {"model__loss": loss, "scores": (), "training__steps": 4}
        experiment.train(config(photos, "similar.csv", **fields), tmp_path / loss)


def test_the_rows_of_a_known_set_and_of_arrays_are_paired_too(tmp_path):
    (tmp_path / "p.csv").write_text(
        "left,right,similar\n" + "".join(f"{i},{i + 1},{i % 3 == 0}\n" for i in range(0, 900, 2))
    )
    fields = FIELDS | {"data__pairs": str(tmp_path / "p.csv"), "training__steps": 2, "scores": ()}
    trained = experiment.train(tiny("siamese.py", **fields), tmp_path / "known")
    assert trained.column.shape == (8, 8, 1)
    x = np.random.default_rng(0).normal(size=(900, 3))
    given = experiment.train(tiny("siamese.py", **fields), tmp_path / "arrays", data=x)
    assert given.column.shape == (3,)
    again = reprlearn.restore(tmp_path / "arrays", data=x)
    assert again.evaluate() == given.evaluate()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"model__loss": "supervised_contrastive"},
            "'supervised_contrastive'; allowed: a file of pairs with",
        ),
        ({"data__pairs": "batch"}, "needs y, classes"),
        ({"data__pairs": "smapled"}, "data.pairs is 'smapled'; allowed: sampled, uniform, batch"),
        ({"data__pairs": "no.csv"}, "data.pairs is 'no.csv', which does not exist"),
        ({"data__split_by": "pairs"}, "data.split_by is 'pairs'"),
        ({"scores": ("retrieval",)}, "needs labelled examples. Allowed: .*verification"),
        ({"data__batch_size": 900}, "data.batch_size is 900, 300 of them similar pairs"),
        ({"data__per_class": 3}, "data.per_class is 3"),
        ({"data__classes": (1,)}, "data.classes holds 1"),
    ],
)
def test_what_pairs_cannot_have_is_refused_before_anything_is_written(
    photos, fields, message, tmp_path
):
    assert message.split(".*")[0] in refusal(
        experiment.train, config(photos, **fields), tmp_path / "run"
    )
    assert not (tmp_path / "run").exists()


def test_other_pairs_do_not_resume_a_run(photos, run, tmp_path):
    other = tmp_path / "other.csv"
    lines = (photos / "pairs.csv").read_text().splitlines()
    other.write_text("\n".join(lines[:-9]) + "\n")
    changed = (photos / "pairs.csv").read_bytes()
    try:
        (photos / "pairs.csv").write_bytes(other.read_bytes())
        with pytest.raises(UsageError, match="trained on other data: the train split has changed"):
            experiment.train(config(photos, training__steps=14), run.workdir)
    finally:
        (photos / "pairs.csv").write_bytes(changed)


def test_only_methods_that_learn_from_pairs_take_them(photos, tmp_path):
    fields = {"data__name": str(photos / "photos"), "data__pairs": "p.csv"}
    with pytest.raises(KeyError, match="pairs"):
        tiny("vae.py", **fields)
