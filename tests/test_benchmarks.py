"""The benchmarks run, and say what they promise; no test asserts a time."""

import importlib.util
import json

import numpy as np
import pytest
from conftest import ROOT, command

from benchmarks import compare
from reprlearn import data
from reprlearn.data.options import Options

TRAINED = {"step_ms", "peak_gflops", "floor_ms", "ratio_to_floor", "mfu"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workload", "flags", "fields"),
    [
        ("w3", ["--steps=2"], TRAINED),
        ("w7", ["--steps=2", "--batch=32"], TRAINED | {"batch"}),
        ("w5", ["--steps=1", "--dtype=bfloat16"], TRAINED),
        ("w6", ["--samples=20"], TRAINED - {"step_ms"} | {"images_per_s"}),
        ("w9", ["--share=0.02"], TRAINED - {"step_ms"} | {"seconds"}),
        ("w10", ["--steps=1", "--batch=2"], TRAINED | {"batch"}),
        ("w11", ["--share=0.01"], {"seconds"}),
        ("w13", ["--steps=1"], TRAINED),
        ("w15", ["--steps=1"], TRAINED),
    ],
)
def test_throughput_prints_one_object_a_line(workload, flags, fields):
    done = command("benchmarks/throughput.py", f"--workload={workload}", *flags)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["workload"] == workload
    assert fields | {"workload", "jax", "dtype"} == set(found)
    assert all(found[field] > 0 for field in fields)


def test_an_unknown_workload_is_refused_with_the_choices():
    done = command("benchmarks/throughput.py", "--workload=w0")
    assert done.returncode == 2
    assert "w1" in done.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs the extra bench")
def test_a_peer_prints_one_too():
    done = command("-m", "benchmarks.peers.pytorch", "w4")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["step_ms"] > 0


def test_both_sides_of_w11_make_the_same_pixels(tmp_path):
    from benchmarks import photographs
    from benchmarks.peers import pillow_draft

    with photographs.folder(9) as folder:
        options = Options(str(folder), data_dir=str(tmp_path), image_size=(64, 64))
        ours = data.whole(data.open_dataset(options).open("all"))["x"]
        theirs = [pillow_draft.pixels(path) for path in sorted(folder.glob("*/*.jpg"))]
        np.testing.assert_array_equal(ours, theirs)


def test_every_duel_is_of_a_workload_and_of_a_peer_that_has_it():
    for duel in compare.DUELS:
        peer = (ROOT / "benchmarks" / "peers" / f"{duel.peer}.py").read_text()
        assert f'"{duel.workload}": {duel.workload}' in peer


def test_a_ratio_above_one_says_that_this_library_is_faster():
    assert compare.ratio({"step_ms": 2.0}, {"step_ms": 6.0}) == 3.0
    assert compare.ratio({"images_per_s": 8.0}, {"images_per_s": 2.0}) == 4.0


def test_the_families_of_good_features_can_be_trained_and_asked_the_same(tmp_path):
    from benchmarks import good_features
    from reprlearn import methods
    from reprlearn.assemble import assemble

    images = data.load("mnist_5k", "train")
    np.savez(tmp_path / "negative.npz", x=255 - images["x"], y=images["y"])
    found = good_features.configs(tmp_path)
    five = {"autoencoder", "siamese", "vae", "gan", "dann"}  # "stacked" is a start of the first
    assert {config.method for config in found.values()} == five <= set(methods.names())
    for config in found.values():
        assert config.scores == good_features.SCORES and len(config.baselines) == 0
        assemble(config.lock())
