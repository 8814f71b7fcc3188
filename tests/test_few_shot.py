"""Few shots: classes told by the nearest mean of a few examples, beside scikit-learn."""

import numpy as np
import pytest
from conftest import refusal, tiny
from sklearn.neighbors import KNeighborsClassifier

from reprlearn import experiment
from reprlearn.scores import few_shot
from reprlearn.subject import Subject


def test_a_class_is_the_mean_of_its_known_examples():
    rows = np.array([[0.0], [2.0], [9.0], [3.0], [5.0], [7.0], [4.1], [3.9]], np.float32)
    y = np.array([4, 4, 4, 7, 7, 7, 7, 7])
    # 4 is known by 0 and 2, 7 by 5 and 7: at 1 and 6. Asked: 9, 3, 4.1, 3.9; 3 is nearer to 1.
    known = np.array([[0, 1], [4, 5]])
    assert few_shot.accuracy(rows, y, known) == pytest.approx(2 / 4)


def test_the_score_is_the_mean_over_draws_of_nearest_means(tmp_path):
    fields = {"data__classes": (0, 1, 2), "training__steps": 20}
    run = experiment.train(tiny("siamese.py", scores=("few_shot",), **fields), tmp_path / "run")
    arrays = run.load("test")
    for prefix, classes in (("", (0, 1, 2)), ("unseen_", range(3, 10))):
        kept = np.isin(arrays["y"], list(classes))
        z, y = run.encode(arrays["x"][kept]), arrays["y"][kept]
        for shots in few_shot.SHOTS:
            found = []
            for draw in range(few_shot.DRAWS):
                rng = np.random.default_rng([draw, shots])
                known = np.concatenate(
                    [rng.permutation(np.flatnonzero(y == label))[:shots] for label in np.unique(y)]
                )
                others = np.setdiff1d(np.arange(len(y)), known)
                labels, means = (
                    np.unique(y),
                    z[known].astype(float).reshape(-1, shots, 2).mean(axis=1),
                )
                model = KNeighborsClassifier(1).fit(means, labels)
                found.append(model.score(z[others].astype(float), y[others]))
            value = run.summary[f"few_shot/{prefix}accuracy_{shots}"]
            assert value == pytest.approx(np.mean(found), abs=1e-6)
            assert f"few_shot/{prefix}pca_accuracy_{shots}" in run.summary


def test_shots_of_which_there_are_too_few_are_left_out(monkeypatch):
    class Of:
        spaces, y = ("learned",), np.repeat([0, 1, 2], [2, 6, 7])

        def rows(self, space):
            return np.random.default_rng(0).normal(size=(15, 3))

    monkeypatch.setattr(Subject, "groups", lambda self: {"": Of()})
    values = few_shot.measure(Subject.__new__(Subject)).values
    assert set(values) == {"few_shot/accuracy_1", "few_shot/accuracy_5"}
    assert few_shot._known(Of(), 5, 0).shape == (2, 5)  # the class of two examples is not asked
    assert few_shot._known(Of(), 1, 0).shape == (3, 1)


def test_a_split_without_two_classes_of_two_is_refused():
    config = tiny("siamese.py", data__classes=())
    y = np.array([0, 0, 0, 1, 2])
    told = "the test split has fewer than two classes of two examples; allowed: two"
    arrays = {"x": np.zeros((5, 8, 8, 1)), "y": y}
    assert refusal(few_shot.check, config, lambda split: arrays, "test") == told
    few_shot.check(config, lambda split: {"x": arrays["x"], "y": np.array([0, 0, 1, 1, 1])}, "test")
