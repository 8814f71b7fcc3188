"""What is said of groups: the gaps, who can be told, and how runs stand beside each other."""

import numpy as np
import pytest
from conftest import change_data, refusal, tiny

from reprlearn import evaluation, experiment, kept, plots, scores
from reprlearn.figures import fairness_trade_off
from reprlearn.subject import Subject


def config(**fields):
    return tiny("fair_lending.py", training__steps=40, **fields)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return experiment.train(config(), tmp_path_factory.mktemp("runs") / "run")


def test_gaps_are_of_the_runs_own_predictions(run):
    test = run.load("test")
    predicted, y, s = run.predict(test["x"]).argmax(1), test["y"], test["s"]
    found = {name: run.summary[f"fairness/{name}"] for name in scores.load("fairness").METRICS}
    assert found["accuracy"] == pytest.approx((predicted == y).mean())
    balanced = np.mean([(predicted == y)[y == label].mean() for label in (0, 1)])
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    parity = evaluation.demographic_parity_gap(predicted, s)
    assert found["demographic_parity"] == pytest.approx(parity)
    odds = evaluation.equalized_odds_gap(predicted, y, s)
    assert found["equalized_odds"] == pytest.approx(odds)
    chance = evaluation.gaps_by_chance(predicted, y, s, seed=0)
    names = ("demographic_parity_chance", "equalized_odds_chance")
    assert chance == pytest.approx(tuple(found[name] for name in names))


def test_fresh_classifiers_are_fitted_to_the_training_split_in_both_spaces(run):
    train, test = run.load("train"), run.load("test")
    spaces = {"": run.encode, "pixels_": Subject(run).flat}
    for space, rows in spaces.items():
        for classifier in evaluation.RECOVERING:
            given = rows(train["x"]), train["s"], rows(test["x"]), classifier
            right = evaluation.recovered(*given) == test["s"]
            balanced = np.mean([right[test["s"] == group].mean() for group in (0, 1)])
            name = f"fairness/{space}attribute_{classifier}"
            assert run.summary[name] == pytest.approx(balanced), name


def test_the_figure_of_groups_has_the_shares_of_all_and_of_each_class(run):
    arrays = kept.read(run.workdir, "fairness").arrays
    test = run.load("test")
    predicted, y, s = run.predict(test["x"]).argmax(1), test["y"], test["s"]
    assert arrays["parts"].tolist() == ["all", "class no", "class yes"]
    for part, where in enumerate((y >= 0, y == 0, y == 1)):
        for group in (0, 1):
            chosen = where & (s == group)
            assert arrays["counts"][part, group] == chosen.sum()
            assert arrays["shares"][part, group, 1] == pytest.approx(predicted[chosen].mean())
    assert arrays["groups"].tolist() == ["sex=female", "sex=male"]


def test_baselines_stand_beside_the_run(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "trade_off", lambda *given: drawn.append(given))
    fairness_trade_off.draw(Subject(run))
    ((points, title),) = drawn
    assert set(points) == {"with_attribute", "without_attribute", "reweighed", "fair"}
    assert "Accuracy and fairness (fair, " in title
    value, low, high = points["fair"]["demographic_parity"]
    assert value == run.summary["fairness/demographic_parity"]
    assert (low, high) == tuple(
        run.summary[f"fairness/demographic_parity_{end}"] for end in ("low", "high")
    )
    assert points["reweighed"]["balanced_accuracy"][0] == pytest.approx(
        run.summary["reweighed/fairness_balanced_accuracy"]
    )


def test_the_baselines_are_judged_on_the_same_rows_with_and_without_the_attribute(run):
    among, apart = (run.baseline(name) for name in ("with_attribute", "without_attribute"))
    assert set(among.column.names) - set(apart.column.names) == {"sex=female", "sex=male"}
    for role in "ys":
        np.testing.assert_array_equal(among.load("test")[role], apart.load("test")[role])


def test_a_split_of_one_group_is_refused(monkeypatch, tmp_path):
    def one(split, arrays, seed):
        chosen = arrays["s"] == 1 if split == "test" else slice(None)
        return {role: array[chosen] for role, array in arrays.items()}

    change_data(monkeypatch, one)
    told = refusal(experiment.train, config(), tmp_path / "run")
    assert told.endswith("the test split has examples of one group alone; allowed: two or more")
    assert not (tmp_path / "run").exists()


def test_where_nobody_can_be_told_the_gaps_are_said_all_the_same(run):
    train = dict(run.load("train"))
    train["s"] = np.ones_like(train["s"])
    found = scores.load("fairness").measure(Subject(run, sets={"train": train})).values
    assert "fairness/demographic_parity" in found
    assert not any("attribute" in name for name in found)


def test_data_without_groups_do_not_have_the_score(tmp_path):
    given = tiny("stacked_autoencoder.py", scores=("fairness",))
    told = refusal(experiment.train, given, tmp_path / "run")
    assert "a sensitive attribute (data.sensitive)" in told
