"""Whether a pair is similar: what a run says of it, by the numbers that its score keeps."""

import re

import numpy as np
import pytest
from conftest import refusal, tiny
from PIL import Image
from sklearn.metrics import brier_score_loss

from reprlearn import evaluation, experiment, kept, verify
from reprlearn.scores import verification
from reprlearn.subject import Subject

pytestmark = pytest.mark.xdist_group("verify")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two runs at once, which learned from three digits."""
    fields = {"training__num_seeds": 2, "training__steps": 60, "data__classes": (0, 1, 2)}
    config = tiny("siamese.py", scores=("verification",), **fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        patch.setattr(verification, "PAIRS", 300)
        return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


@pytest.mark.parametrize("place", [0, 1])
def test_distance_probability_and_decision_of_each_seed(run, digits, place, monkeypatch):
    monkeypatch.setattr(verification, "PAIRS", 300)
    one = run.seeds[place]
    a, b = digits["x"][:40], digits["x"][40:80]
    found = one.verify(a, b)
    distance = np.linalg.norm(one.encode(a).astype(float) - one.encode(b), axis=1)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-6)
    values = verification.measure(Subject(one)).values
    slope, offset, threshold = (
        values[f"verification/{name}"] for name in ("slope", "offset", "threshold")
    )
    assert slope > 0
    np.testing.assert_allclose(
        found.probability, 1 / (1 + np.exp(slope * distance - offset)), rtol=1e-5
    )
    np.testing.assert_array_equal(found.similar, distance <= threshold)
    assert 0 < found.similar.sum() < 40
    rare = one.verify(a, b, prior=0.1)
    odds = found.probability / (1 - found.probability) / 9
    np.testing.assert_allclose(rare.probability, odds / (1 + odds), rtol=1e-6)
    np.testing.assert_array_equal(rare.similar, found.similar)


def test_the_score_calibrates_on_validation_and_judges_unseen_classes_too(run, monkeypatch):
    monkeypatch.setattr(verification, "PAIRS", 300)
    one = run.seeds[0]
    measured = verification.measure(Subject(one))
    values, arrays = measured.values, measured.arrays
    subject, similar = Subject(one), arrays["similar"]
    held_out = subject.groups("validation")[""]
    left, right, truth = verification._pairs(subject, held_out, "validation")
    np.testing.assert_array_equal(truth, similar)
    distances = evaluation.pair_distances(held_out.rows("learned"), left, right)
    sigmoid = evaluation.platt(distances, similar)
    assert values["verification/slope"] == sigmoid.slope
    assert values["verification/offset"] == sigmoid.offset
    for group in ("", "unseen_"):
        p = sigmoid.probability(arrays[f"{group}learned"])
        expected = brier_score_loss(similar, p)
        assert values[f"verification/{group}brier"] == pytest.approx(expected)
        gap = evaluation.gap(evaluation.event_reliability(p, similar))
        assert values[f"verification/{group}ece"] == gap
        accuracy = evaluation.balanced_accuracy(
            arrays[f"{group}learned"], similar, values["verification/threshold"]
        )
        assert values[f"verification/{group}accuracy"] == accuracy
        for name, rate in (("fnmr_at_01", 0.01), ("fnmr_at_001", 0.001)):
            value = evaluation.false_non_match_rate(arrays[f"{group}pca"], similar, rate)
            assert values[f"verification/{group}pca_{name}"] == value
    low, high = (values[f"verification/fnmr_at_01_{end}"] for end in ("low", "high"))
    assert low <= values["verification/fnmr_at_01"] <= high and low < high
    judged = verification.measure(Subject(one, "validation")).values
    assert not {f"verification/{name}" for name in ("slope", "brier", "accuracy")} & set(judged)


def test_the_figures_of_verification_are_those_that_have_captions(run):
    measured = kept.read(run.workdir, "verification")
    names = [name for name, _ in verification.draw(measured, "test")]
    assert names == list(verification.CAPTIONS)
    calibrated = measured.values.pop("verification/threshold")
    assert calibrated and "pair_reliability" not in dict(verification.draw(measured, "test"))


@pytest.fixture(scope="module")
def files(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for place in (0, 1, 2):
        Image.fromarray(digits["x"][place][..., 0]).save(folder / f"{place}.png")
    return [str(folder / f"{place}.png") for place in (0, 1, 2)]


def test_files_are_compared_on_the_command_line(run, digits, files, capsys):
    verify.main(["verify", f"--workdir={run.workdir}", *files])
    first, head, *lines = capsys.readouterr().out.splitlines()
    assert first == files[0] and head.split() == ["distance", "probability"]
    found = run.verify(digits["x"][[0, 0]], digits["x"][[1, 2]])
    assert len(lines) == 2
    for line, file, distance, probability, similar in zip(lines, files[1:], *found, strict=True):
        name, *numbers, decision = re.split(r" +", line)
        assert name == file and decision == ("similar" if similar else "different")
        assert [float(number) for number in numbers] == pytest.approx(
            [distance, probability], rel=1e-3, abs=6e-4
        )
    verify.main(["verify", f"--workdir={run.workdir}", *files[:2], "--prior=0.01"])
    rare = float(capsys.readouterr().out.split()[-2])
    assert rare == pytest.approx(
        run.verify(*digits["x"][:2, None], prior=0.01).probability, 1e-2, 1e-3
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["0"], "1 images or texts are named; allowed: two or more"),
        (["0", "no.png"], "'no.png' cannot be read: No such file"),
        (["0", "1", "--prior=often"], "--prior is 'often'; allowed: above 0 and below 1"),
        (["0", "1", "--prior=1"], "prior is 1.0; allowed: above 0 and below 1"),
        (["0", "1", "--threshold=1"], "--threshold is not a flag."),
    ],
)
def test_what_cannot_be_compared_is_refused(run, files, arguments, told):
    given = [files[int(name)] if name.isdigit() else name for name in arguments]
    assert told in refusal(verify.main, ["verify", f"--workdir={run.workdir}", *given])


def test_a_run_says_nothing_of_distances_that_were_not_calibrated(run, digits):
    x = digits["x"][:3]
    told = "keeps no score 'verification' of this step, which says what a distance means; allowed"
    early = run.at(min(run.saved_steps))
    assert told in refusal(early.verify, x, x)
    assert refusal(run.verify, x, x[:2]) == "a has 3 examples and b 2; allowed: as many of both"
    (run.workdir / "scores" / "verification.json").rename(run.workdir / "scores" / "away.json")
    try:
        assert told in refusal(run.verify, x, x)
    finally:
        (run.workdir / "scores" / "away.json").rename(run.workdir / "scores" / "verification.json")


def test_a_folder_is_what_is_known_of_one_by_all_its_images(run, digits, files, tmp_path, capsys):
    known = [digits["x"][[3, 4, 5]], digits["x"][[6]], digits["x"][[1, 2]]]
    a = digits["x"][:3]
    found = run.verify_enrolled(a, known)
    z = run.encode(digits["x"][:7]).astype(float)
    distances = [
        np.linalg.norm(z[[3, 4, 5]] - z[0], axis=1).mean(),
        np.linalg.norm(z[6] - z[1]),
        np.linalg.norm(z[[1, 2]] - z[2], axis=1).mean(),
    ]
    np.testing.assert_allclose(found.distance, distances, rtol=1e-6)
    one = run.verify(a[1:2], known[1])
    assert (found.probability[1], found.similar[1]) == (one.probability[0], one.similar[0])

    folder = tmp_path / "alice"
    folder.mkdir()
    for place in (3, 4, 5):
        Image.fromarray(digits["x"][place][..., 0]).save(folder / f"{place}.PNG")
    (folder / "notes.txt").write_text("not an image")
    verify.main(["verify", f"--workdir={run.workdir}", files[0], f"{folder}/", files[1]])
    _, _, first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder}/ (3 images)  ")
    told = float(re.split(r"  +", first)[1])
    assert told == pytest.approx(distances[0], rel=1e-3)
    assert float(re.split(r"  +", second)[1]) == pytest.approx(
        np.linalg.norm(z[0] - z[1]), rel=1e-3
    )


def test_nobody_is_known_by_nothing(run, digits, files, tmp_path):
    x = digits["x"]
    told = "of 2 examples enrolled has none; allowed: of each at least one example"
    assert refusal(run.verify_enrolled, x[:2], [x[:1], x[:0]]) == told
    told = "of 2 examples enrolled has 1 sets; allowed: of each at least one example"
    assert refusal(run.verify_enrolled, x[:2], [x[:1]]) == told
    (tmp_path / "nobody").mkdir()
    arguments = ["verify", f"--workdir={run.workdir}", files[0], str(tmp_path / "nobody")]
    assert "/nobody' is a folder without images; allowed: .png, .jpg, " in refusal(
        verify.main, arguments
    )
