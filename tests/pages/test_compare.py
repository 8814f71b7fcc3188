"""A comparison marks what is sure, refuses what cannot be compared, and needs no JAX."""

import csv
import time

import numpy as np
import pytest
from conftest import command, refusal
from folders import made, right

from reprlearn import compare
from reprlearn.pages import comparison, values


def compared(*folders, out, flags=()):
    compare.main(["compare", *map(str, folders), f"--out={out}", *flags])
    return out.read_text()


def test_a_run_is_best_only_where_the_paired_interval_supports_it(tmp_path):
    same = {"accuracy": right(160), "error": 1.0 - right(160)}
    runs = {
        "a": {"accuracy": right(120), "error": 1.0 - right(120)},
        "b": same,
        "c": {"accuracy": right(121), "error": 1.0 - right(121)},
    }
    folders = [made(tmp_path / name, examples) for name, examples in runs.items()]
    lines = comparison.lines(comparison.read_runs(list(map(str, folders))))
    assert {line.name: line.best for line in lines if line.score} == {
        "knn/accuracy": "b",
        "knn/error": "b",
    }
    lines = comparison.lines(comparison.read_runs([str(folders[0]), str(folders[2])]))
    assert all(line.best is None for line in lines)  # one example of 200


def test_two_means_that_are_as_far_apart_are_told_apart_where_they_are_paired(tmp_path):
    """By 10 examples of 200, all of them paired; unpaired this would be luck."""
    folders = [made(tmp_path / n, {"accuracy": right(c)}) for n, c in (("a", 100), ("b", 112))]
    line = comparison.lines(comparison.read_runs(list(map(str, folders))))[0]
    assert line.best == "b"


def test_several_seeds_are_compared_over_seeds_too(tmp_path):
    far = np.stack([right(c, seed=0) for c in (100, 101, 102)])
    near = np.stack([right(c, seed=0) for c in (60, 100, 160)])  # as good on average, but by luck
    folders = [made(tmp_path / n, {"accuracy": e}) for n, e in (("a", far), ("b", near))]
    line = comparison.lines(comparison.read_runs(list(map(str, folders))))[0]
    assert line.best is None


def test_several_seeds_that_are_all_better_are_best(tmp_path):
    good = np.stack([right(c, seed=0) for c in (150, 151, 149)])
    bad = np.stack([right(c, seed=0) for c in (60, 61, 62)])
    folders = [made(tmp_path / n, {"accuracy": e}) for n, e in (("a", good), ("b", bad))]
    assert comparison.lines(comparison.read_runs(list(map(str, folders))))[0].best == "a"


def test_nothing_is_best_of_few_examples(tmp_path):
    folders = [
        made(tmp_path / n, {"accuracy": np.full(5, float(v))}) for n, v in (("a", 0), ("b", 1))
    ]
    assert comparison.lines(comparison.read_runs(list(map(str, folders))))[0].best is None


def test_without_target_labels_the_run_of_most_information_is_chosen(tmp_path):
    given = {"a": (0.4, "mmd"), "b": (0.6, "adversarial"), "c": (0.9, "confusion")}
    folders = [
        made(
            tmp_path / n, {"information": np.full(30, v)}, score="selection", model={"alignment": a}
        )
        for n, (v, a) in given.items()
    ]
    folders.append(made(tmp_path / "d", {"accuracy": right(3)}, model={"alignment": "coral"}))
    folders.append(made(tmp_path / "e", {"information": right(3)}, sha="s", score="selection"))
    runs = {path.name: path for path in folders}

    def chosen(names):
        return comparison.chosen(comparison.read_runs([str(runs[name]) for name in names]))

    assert chosen("abc") == chosen("ba") == "b"
    assert chosen("ac") is None  # one alone may be chosen
    assert chosen("abd") is None  # which has no such score
    assert chosen("abe") is None  # which is judged on other data
    page = compared(*folders[:3], out=tmp_path / "page.html")
    assert "Without labels of the target, b would be chosen" in page
    assert "Not to be chosen by that: c, which was trained to raise it." in page
    two = compared(*folders[:2], out=tmp_path / "two.html")
    assert "b would be chosen" in two and "Not to be chosen" not in two
    others = compared(folders[0], folders[2], out=tmp_path / "other.html")
    assert "would be chosen" not in others


def test_targets_that_differ_are_not_compared_though_the_source_is_one():
    one, other = {"": "s", "target_": "t"}, {"": "s", "target_": "u"}
    assert values.same_examples(one, other, "knn/accuracy")
    assert not values.same_examples(one, other, "knn/target_pca_accuracy")
    assert not values.same_examples(one, other, "target/accuracy")
    assert not values.same_examples({}, {}, "knn/accuracy")


def test_the_page_has_scores_curves_and_what_differs(tmp_path):
    folders = [
        made(tmp_path / "one", {"accuracy": right(100)}, seed=0, training={"steps": [1, 2]}),
        made(tmp_path / "two", {"accuracy": right(160)}, seed=7),
    ]
    page = compared(*folders, out=tmp_path / "c.html")
    assert 'class="best">0.8000' in page.replace(' data-value="0.8"', "")
    assert "data:image/png;base64," in page and "Curves of one, two" in page
    assert "training.steps" in page and "1, 2" in page and '<td class="text">7</td>' in page
    assert "elbo" in page  # of one method the own metrics too


def test_the_table_is_what_a_data_frame_reads(tmp_path):
    pca = right(50)
    folders = [
        made(tmp_path / n, {"accuracy": right(c), "pca_accuracy": pca})
        for n, c in (("a", 100), ("b", 160))
    ]
    rows = list(csv.DictReader(compared(*folders, out=tmp_path / "c.csv").splitlines()))
    assert [tuple(row.values()) for row in rows] == [
        ("knn/accuracy", "a", "learned", "0.5", "", "", "", "0"),
        ("knn/accuracy", "a", "pca", "0.25", "", "", "", "0"),
        ("knn/accuracy", "b", "learned", "0.8", "", "", "", "1"),
        ("knn/accuracy", "b", "pca", "0.25", "", "", "", "0"),
        ("test/elbo", "a", "learned", "-1.5", "", "", "", "0"),
        ("test/elbo", "b", "learned", "-1.5", "", "", "", "0"),
    ]


def test_runs_on_other_data_or_of_other_scores_are_refused_or_compared_on_what_they_share(tmp_path):
    a = made(tmp_path / "a", {"accuracy": right(100)})
    b = made(
        tmp_path / "b", {"accuracy": right(160)}, sha="other", data={"name": "b", "classes": [1]}
    )
    c = made(tmp_path / "c", {"accuracy": right(160)}, score="probe")
    out = tmp_path / "out.html"
    assert refusal(compared, a, b, out=out) == (
        "a is judged on set, b on set, classes 1: not the same test examples; allowed: runs on the "
        "same, or --shared"
    )
    assert refusal(compared, a, c, out=out).startswith(
        "a has the scores knn; c has the scores probe"
    )
    assert not out.exists()
    page = compared(a, b, out=out, flags=["--shared"])
    assert "Not all are judged on the same examples" in page and 'class="best"' not in page
    page = compared(a, c, out=out, flags=["--shared"])
    assert "elbo" in page and "probe" not in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{a}"], "1 run to compare; allowed: two or more, such as runs/a runs/b"),
        ([], "0 runs to compare; allowed: two or more, such as runs/a runs/b"),
        (["{a}", "{a}/../a"], "'{a}/../a' is given twice; allowed: different runs"),
        (["{a}", "{a}/nothing"], "'{a}/nothing' is not a run: there is no config.json in it"),
        (
            ["{a}", "{b}", "--out={a}/no/c.html"],
            "--out is '{a}/no/c.html': there is no folder '{a}/no'",
        ),
        (["{a}", "{b}", "--out=c.pdf"], "--out is 'c.pdf'; allowed: a .html or .csv file"),
        (["{a}", "{b}", "--out="], "--out is ''; allowed: a .html or .csv file"),
        (["{a}", "{b}", "--shard"], "--shard is not a flag."),
        (
            ["{a}", "{b}", "--shared", "--out={a}/c.html"],
            "a, b have no score and no metric in common; python -m reprlearn.evaluate measures "
            "scores",
        ),
    ],
)
def test_bad_input_is_told_in_a_line(arguments, told, tmp_path):
    made(tmp_path / "a", {"accuracy": right(10)})
    made(tmp_path / "b", {"accuracy": right(10)}, score="probe", method="gan")
    names = {"a": str(tmp_path / "a"), "b": str(tmp_path / "b")}
    arguments = [argument.format(**names) for argument in arguments]
    if not any(argument.startswith("--out") for argument in arguments):
        arguments.append(f"--out={tmp_path}/c.html")
    assert refusal(compare.main, ["compare", *arguments]) == told.format(**names)
    assert list(tmp_path.glob("*.html")) == []


def test_runs_of_one_name_are_called_by_their_paths(tmp_path):
    folders = [made(tmp_path / place / "vae", {"accuracy": right(10)}) for place in ("x", "y")]
    assert list(comparison.read_runs(list(map(str, folders)))) == list(map(str, folders))


def test_ten_runs_are_compared_quickly_and_without_jax(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(10):
        made(tmp_path / f"r{i}", {"accuracy": rng.random(1_000) < 0.5 + i / 50})
    script = (
        "import sys\nfrom reprlearn import compare\n"
        f"compare.main(['x', *sorted(sys.argv[1:]), '--out={tmp_path}/c.html'])\n"
        "sys.exit('jax' in sys.modules)"
    )
    begin = time.perf_counter()
    done = command("-c", script, *(str(tmp_path / f"r{i}") for i in range(10)))
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - begin < 60  # it takes one second; benchmarks are elsewhere
    assert (tmp_path / "c.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("found", "better", "told"),
    [
        ((0.1, 0.05, 0.2), "higher", "better by 0.1000 [0.0500, 0.2000]"),
        ((0.1, 0.05, 0.2), "lower", "worse by 0.1000 [0.0500, 0.2000]"),
        ((-0.1, -0.2, -0.05), "higher", "worse by 0.1000 [0.0500, 0.2000]"),
        ((-0.1, -0.2, -0.05), "lower", "better by 0.1000 [0.0500, 0.2000]"),
        ((0.1, -0.05, 0.2), "higher", "no clear difference: 0.1000 [-0.0500, 0.2000]"),
        ((0.1, 0.05, 0.2), "", ""),
        (None, "higher", ""),
    ],
)
def test_a_difference_in_words(found, better, told):
    assert told in values.verdict(found, better) and bool(told) == bool(
        values.verdict(found, better)
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.5000"), (-113.625, "-113.62"), (1234.5, "1,234.50"), (0.0, "0"), (7, "7"),
        (12_000, "12,000"), (1e-5, "1e-05"), (7.85e-17, "0"), (3.2e7, "3.2e+07"),
        (None, "not finite"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, shown):
    assert values.number(value) == shown


def test_python_runs_it(tmp_path):
    folders = [str(made(tmp_path / n, {"accuracy": right(10)})) for n in "ab"]
    arguments = ("-m", "reprlearn.compare", f"--out={tmp_path}/c.csv")
    done = command(*arguments, *folders)
    assert done.stdout == f"{tmp_path}/c.csv\n", done.stderr
    done = command(*arguments, folders[0])
    assert done.returncode == 2 and done.stderr.startswith("error: 1 run to compare")
