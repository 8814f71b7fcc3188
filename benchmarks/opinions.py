"""Sentences for or against, from one domain to another: all twelve ordered pairs, side by side.

python benchmarks/opinions.py [--seeds=5] [--manual_dir=FOLDER]

A row for each pair of films, products, tweets and news: balanced accuracy on the target's test
sentences, in percent, mean and standard error over the seeds. "source only" and "target" are the
same network without adaptation, on the labels of either domain; "TF-IDF" is a logistic regression
of uni- and bigrams of the source, its penalty chosen on the source's validation sentences, the same
for all seeds.
"""

import argparse
import functools
import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

DOMAINS = ("films", "products", "tweets", "news")
WAYS = {"source only": "source", "adversarial": "source_and_target", "target": "target"}
PENALTIES = (1, 3, 10, 30)


def main() -> None:
    """Prints a row for each pair, and the means of the columns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--manual_dir", default=None)
    options = parser.parse_args()
    import numpy as np

    print(f"{'':<22}{'TF-IDF':>8}" + "".join(f"{way:>16}" for way in WAYS), flush=True)
    rows = []
    for source, target in itertools.permutations(DOMAINS, 2):
        lexical = _tfidf(source, target, options.manual_dir)
        found = [_accuracies(source, target, on, options) for on in WAYS.values()]
        rows.append([lexical, *(np.mean(each) for each in found)])
        told = "".join(f"{_told(each):>16}" for each in found)
        print(f"{source + ' -> ' + target:<22}{lexical:>8.1f}{told}", flush=True)
    means = np.mean(rows, axis=0)
    print(f"{'mean':<22}{means[0]:>8.1f}" + "".join(f"{mean:>16.1f}" for mean in means[1:]))


def _config(source: str, target: str, manual_dir: str | None) -> Any:
    from reprlearn import config as configs

    path = Path(__file__).parent.parent / "configs" / "dann_opinions.py"
    config = configs.load(f"{path}:opinions-{source},opinions-{target}").unlock()
    config.data.manual_dir, config.scores = manual_dir, ("classification",)
    config.watch, config.report, config.figures = (), "off", "off"
    config.baselines = type(config)()
    return config


def _accuracies(source: str, target: str, on: str, options: argparse.Namespace) -> list[float]:
    """The balanced accuracy of each seed; what is trained on the target feels no source."""
    source = next(d for d in DOMAINS if d != target) if on == "target" else source
    return _trained(source, target, on, options.manual_dir, options.seeds)


@functools.cache
def _trained(source: str, target: str, on: str, manual_dir: str | None, seeds: int) -> list[float]:
    import reprlearn

    config = _config(source, target, manual_dir)
    config.model.trained_on, config.training.num_seeds = on, seeds
    with tempfile.TemporaryDirectory() as folder:
        run = reprlearn.train(config, f"{folder}/run")
        name = "classification/target_balanced_accuracy"
        values = run.summary[f"{name}/seeds"] if seeds > 1 else [run.summary[name]]
    return [100 * value for value in values]


def _tfidf(source: str, target: str, manual_dir: str | None) -> float:
    """The balanced accuracy of a logistic regression of the source's words."""
    words, model = _fitted(source, manual_dir)
    return 100 * _judged(words, model, _sentences(target, manual_dir)["test"])


@functools.cache
def _fitted(source: str, manual_dir: str | None) -> tuple[Any, Any]:
    """The words of a domain, and the regression that is best on its validation sentences."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    splits = _sentences(source, manual_dir)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    texts, y = splits["train"]
    x = words.fit_transform(texts)
    models = [
        LogisticRegression(C=c, class_weight="balanced", max_iter=1_000).fit(x, y)
        for c in PENALTIES
    ]
    return words, max(models, key=lambda model: _judged(words, model, splits["validation"]))


def _judged(words: Any, model: Any, sentences: tuple[Any, Any]) -> float:
    from sklearn.metrics import balanced_accuracy_score

    texts, y = sentences
    return balanced_accuracy_score(y, model.predict(words.transform(texts)))


@functools.cache
def _sentences(domain: str, manual_dir: str | None) -> dict[str, tuple[Any, Any]]:
    """The texts and the classes of each split of a domain."""
    from reprlearn import data
    from reprlearn.columns import to_texts

    options = _config(domain, domain, manual_dir).data
    options.target = None
    dataset = data.open_dataset(options)
    arrays = {name: data.whole(dataset.open(name)) for name in data.SPLITS}
    return {name: (to_texts(of["x"]), of["y"]) for name, of in arrays.items()}


def _told(values: list[float]) -> str:
    import numpy as np

    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{np.mean(values):.1f} +- {error:.1f}"


if __name__ == "__main__":
    main()
