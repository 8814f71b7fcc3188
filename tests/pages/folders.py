"""Run folders as training leaves them, made by hand."""

import json

import numpy as np

from reprlearn import kept

METRICS = {"accuracy": ["share that is right", "higher"], "error": ["how wrong", "lower"]}
COLUMNS = {"x": {"kind": "vector", "shape": [2], "names": ["a", "b"]}}


def made(folder, examples=None, *, sha="same", steps=10, score="knn", values=None, **config):
    """A finished run: `examples` by metric, whose means are the values of one score."""
    folder.mkdir(parents=True)
    fields = {"method": "vae", "seed": 0, "data": {"name": "set", "classes": []}} | config
    summary = {"test/elbo": -1.5, "steps": steps, "seconds": 2.0, "parameters": 7} | (values or {})
    environment = {
        "method": "Variational auto-encoders.",
        "defaults": {"seed": 1},
        "data": {"name": "set", "columns": COLUMNS, "sizes": {"train": 3}, "sha256": {"test": sha}},
        "versions": {"jax": "1"},
    }
    for name, content in (("config", fields), ("environment", environment), ("summary", summary)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    lines = [
        {"step": s, "split": split, "loss": 1 / s, "elbo": -s, "seconds": 0.1}
        for s in (5, 10)
        for split in ("train", "validation")
    ]
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    if examples is not None:
        given = {f"{score}/{name}": np.asarray(each, float) for name, each in examples.items()}
        found = {name: float(each.mean()) for name, each in given.items()}
        about = {"question": "is it right?", "metrics": METRICS, "sha256": {"": sha}, "step": steps}
        kept.write(folder, score, kept.Measured(found, {}, given), split="test", **about)
    return folder


def right(count, of=200, seed=0):
    """Which of 200 examples are right: the first `count` in an order by the seed."""
    order = np.random.default_rng(seed).permutation(of)
    return order < count
