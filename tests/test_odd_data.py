"""Data unlike the stock sets: arrays in memory, odd shapes, few examples, missing labels."""

import json

import numpy as np
import pytest
from conftest import labelled_images, tiny

import reprlearn
from reprlearn.errors import UsageError


def test_arrays_in_memory(tmp_path):
    x, y = labelled_images()
    config = tiny("vae.py", data__batch_size=10, figures="on")
    run = reprlearn.train(config, tmp_path / "run", data=(x, y))
    assert run.encode(x[:3, :, :, None]).shape == (3, 2)
    assert config.data.name == "digits"  # the caller's
    restored = reprlearn.restore(tmp_path / "run", data=(x, y))
    assert restored.evaluate() == run.evaluate()
    with pytest.raises(UsageError, match="given in Python; give them again"):
        reprlearn.restore(tmp_path / "run").evaluate()
    given = {split: {"x": x / 255.0, "y": y} for split in ("train", "test")}
    run = reprlearn.train(tiny("vae.py", data__batch_size=10), tmp_path / "given", data=given)
    assert len(run.load("test")["x"]) == 60
    described = json.loads((tmp_path / "given" / "environment.json").read_text())["data"]
    assert described["sizes"]["train"] + described["sizes"]["validation"] == 60
    run = reprlearn.train(
        tiny("vae.py", data__batch_size=10), tmp_path / "x", data=x.reshape(60, -1)
    )
    assert run.column.kind == "vector"


def test_unlabelled_examples_are_left_out_of_what_needs_labels_and_counted(tmp_path, capsys):
    x, y = labelled_images(count=240)
    y[::8] = -1
    fields = {"data__batch_size": 10, "scores": ("retrieval",)}
    run = reprlearn.train(
        tiny("siamese.py", **fields, data__classes=()), tmp_path / "s", data=(x, y)
    )
    assert "30 examples have no label" in capsys.readouterr().err
    assert 0 <= run.summary["retrieval/recall_at_1"] <= 1
    run = reprlearn.train(
        tiny("vae.py", data__batch_size=10, figures="on"), tmp_path / "v", data=(x, y)
    )
    sizes = [len(run.load(split)["x"]) for split in ("train", "validation", "test")]
    assert sum(sizes) == 240
    assert (tmp_path / "v" / "figures" / "latent_map.png").is_file()


@pytest.mark.parametrize(
    "shape", [(6, 5), (6, 5, 1), (6, 5, 3), (6, 5, 2), (12, 12, 5), (1, 1), (27, 33), (3, 50)]
)
def test_images_of_odd_shapes(shape, tmp_path):
    x, y = labelled_images(count=30, shape=shape)
    run = reprlearn.train(
        tiny("vae.py", data__batch_size=5, training__steps=2, figures="on"),
        tmp_path / "run",
        data=(x, y),
    )
    assert run.column.shape == (*shape, 1)[:3] if len(shape) == 2 else shape
    assert (tmp_path / "run" / "figures" / "reconstructions.png").is_file()


@pytest.mark.parametrize("count", [3, 5, 12])
def test_few_examples(count, tmp_path, capsys):
    x = labelled_images(count=count)[0]
    fields = {"data__batch_size": 1, "training__steps": 2}
    run = reprlearn.train(tiny("vae.py", **fields, figures="on"), tmp_path / "run", data=x)
    assert "test/elbo" in run.summary
    assert "warning" not in capsys.readouterr().err


def test_a_set_sorted_by_class_has_every_class_in_every_split(tmp_path):
    x, y = labelled_images(count=60)
    order = np.argsort(y, kind="stable")
    given = (x[order], y[order])
    run = reprlearn.train(tiny("vae.py", data__batch_size=10), tmp_path / "run", data=given)
    for split in ("train", "validation", "test"):
        assert set(run.load(split)["y"]) == {0, 1, 2}


def test_many_classes(tmp_path):
    x, y = labelled_images(count=1_500, classes=250)
    fields = {"data__batch_size": 10, "training__steps": 2}
    run = reprlearn.train(tiny("vae.py", **fields), tmp_path / "run", data=(x, y * 3 - 7))
    assert len(run.class_names) == 250
    assert run.class_names[:2] == ("-7", "-4")


def test_a_bernoulli_model_is_for_the_unit_interval(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3))
    fields = {"data__batch_size": 10, "model__likelihood": "bernoulli"}
    with pytest.raises(
        UsageError, match=r"'bernoulli' on vectors that leave \[0, 1\]; allowed: 'gau"
    ):
        reprlearn.train(tiny("vae.py", **fields), tmp_path / "no", data=x)
    fields["data__scaling"] = "none"
    run = reprlearn.train(tiny("vae.py", **fields), tmp_path / "yes", data=(x > 0) * 1.0)
    assert np.isin(run.sample(reprlearn.keys.root(0), 5), (0, 1)).all()
    with pytest.raises(UsageError, match="network is 'conv' on vectors"):
        reprlearn.train(tiny("vae_conv.py", data__batch_size=10), tmp_path / "conv", data=x)
