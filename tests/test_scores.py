"""Scores: by name for any method that can have them; the same numbers again from a restored run."""

import numpy as np
import pytest
from conftest import command, tiny
from sklearn.metrics import roc_auc_score

from reprlearn import cli, data, experiment, keys, tables
from reprlearn.errors import UsageError
from reprlearn.scores import log_likelihood, verification
from reprlearn.subject import Subject


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An auto-encoder, scored as if it were a siamese network: scores ask for capabilities."""
    config = tiny(
        "autoencoder.py",
        scores=("verification", "retrieval"),
        data__classes=(0, 1, 2),
        figures="on",
    )
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


def test_verification_is_the_auc_of_pairs_of_one_class(run):
    test = data.select(data.load("digits", "test"), (0, 1, 2))
    similar = np.arange(40_000) % 2 == 0
    left, right = data.draw_pairs(test["y"], similar, 0, stream="scores/verification/test")
    for space, rows in {
        "": run.encode(test["x"]),
        "pixels_": test["x"].reshape(len(test["y"]), -1) / 255.0,
    }.items():
        distances = np.linalg.norm(rows[left] - rows[right], axis=1)
        expected = roc_auc_score(similar, -distances)
        assert run.summary[f"verification/{space}auc"] == pytest.approx(expected, abs=1e-5)
    assert 0.5 < run.summary["verification/unseen_pca_auc"] < 1


def test_the_threshold_comes_from_validation_never_from_test(run):
    sets = {split: run.load(split) for split in data.SPLITS}
    noisy = sets | {"test": sets["test"] | {"x": sets["test"]["x"][::-1]}}
    before, after = (verification.measure(Subject(run, sets=s)).values for s in (sets, noisy))
    assert before["verification/threshold"] == after["verification/threshold"]
    assert before["verification/accuracy"] != after["verification/accuracy"]


def test_evaluate_repeats_the_scores_of_the_summary(run):
    done = command("-m", "reprlearn.evaluate", f"--workdir={run.workdir}")
    assert done.returncode == 0, done.stderr
    scored = {name: v for name, v in run.summary.items() if name.startswith(("verif", "retr"))}
    assert len(scored) > 20
    assert tables.table(scored) in done.stdout
    assert (run.workdir / "figures" / "roc.png").is_file()
    assert (run.workdir / "figures" / "distances.png").is_file()


def test_the_log_likelihood_is_of_the_whole_test_split(tmp_path, monkeypatch):
    monkeypatch.setattr(log_likelihood, "SAMPLES", 5)
    run = experiment.train(tiny("vae.py", scores=("log_likelihood",)), tmp_path / "run")
    images = data.load("digits", "test")["x"]
    key = keys.stream(keys.root(run.config.seed), "scores/log_likelihood")
    expected = run.log_likelihood(images, key, 5).mean()
    assert run.summary["log_likelihood"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("file", "names", "message"),
    [
        ("vae.py", ("verifikation",), "Did you mean 'verification'? Choices: adaptation, anomal"),
        ("gan_ring.py", ("log_likelihood",), "a method that has a likelihood. Allowed: clust"),
        (
            "vae.py",
            ("modes",),
            r"'modes', which needs a synthetic mixture \(ring, grid\). Allowed: anomal",
        ),
        ("vae.py", ("adaptation",), "predicts, a target domain \\(data.target\\). Allowed: "),
        ("gan_ring.py", ("adaptation",), "needs a method that predicts, a target domain"),
        ("autoencoder.py", ("",), "scores is ''. Choices: adaptation"),
    ],
)
def test_scores_that_cannot_be_had_are_refused_before_training(file, names, message, tmp_path):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        experiment.train(tiny(file, scores=names), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pairs_that_there_are_not_are_refused_before_training(tmp_path):
    config = tiny("vae.py", scores=("verification",), data__classes=(1,))
    with pytest.raises(UsageError, match="scores has 'verification': the data hold 1 class"):
        experiment.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_scores_are_given_on_the_command_line_as_the_readme_gives_them():
    arguments = ["--config=configs/vae.py:digits", "--config.scores=verification,retrieval"]
    parsed = cli.parse(["train.py", *arguments])
    assert parsed.config.scores == parsed.overrides["scores"] == ("verification", "retrieval")
    assert cli.parse(["train.py", arguments[0], "--config.scores="]).config.scores == ()


def test_the_gan_is_scored_and_drawn_at_every_checkpoint(tmp_path):
    run = experiment.train(tiny("gan_ring.py", figures="on"), tmp_path / "run")
    assert run.saved_steps == [6, 12]
    assert set(run.summary) >= {"modes/covered", "modes/covered_20", "modes/high_quality"}
    drawn = {path.stem for path in (run.workdir / "figures").iterdir()}
    assert drawn == {
        "training_curves",
        "samples_over_training",
        "discriminator_field",
        "latent_map",
    }
    points = data.load("ring", "test")["x"]
    assert run.discriminate(points).shape == (2500,)
    assert int(run.at(6).state.step) == 6
    with pytest.raises(UsageError, match=r"vectors have shape \(3, 3\); the run takes \(N, 2\)"):
        run.discriminate(np.zeros((3, 3)))
    with pytest.raises(
        UsageError, match="has no predict; it has encode, decode, prior, sample, discriminate"
    ):
        run.predict(points)
