"""Several devices, and several processes, train what one device trains; real processes show it."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, command

SCRIPT = """
import json, sys
sys.path.insert(0, "tests")
import jax, numpy as np
from conftest import tiny
from reprlearn import experiment
workdir, file, fields, processes = sys.argv[1], sys.argv[2], *map(json.loads, sys.argv[3:])
sgd = {"optimizer__name": "sgd", "optimizer__learning_rate": 1e-3, "training__steps": 50}
config = tiny(file, **sgd | fields)
run = experiment.train(config, workdir, processes=processes)
leaves = [np.asarray(leaf).ravel() for leaf in jax.tree.leaves(run.state.params)]
if jax.process_index() == 0:
    print(json.dumps([jax.device_count(), np.concatenate(leaves).tolist(), run.summary]))
"""
METHODS = {"siamese.py": {"scores": []}, "autoencoder.py": {}, "vae.py": {}}


def arguments(workdir, file, fields, processes=None):
    return ["-c", SCRIPT, str(workdir), file, json.dumps(fields), json.dumps(processes)]


def devices(count):
    return f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={count}"


def train(workdir, count, file="vae.py", **fields):
    done = command(*arguments(workdir, file, fields), XLA_FLAGS=devices(count))
    assert done.returncode == 0, done.stderr
    found, params, summary = json.loads(done.stdout.splitlines()[-1])
    assert found == count
    return np.array(params), summary


def close(found, wanted):
    """Equal to float32 rounding, as 50 steps of SGD add it up; a wrong scale is far outside."""
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


slow = pytest.mark.slow


@slow
@pytest.mark.parametrize("file", METHODS)
def test_one_two_and_four_devices_agree_after_50_steps_of_sgd(tmp_path, file):
    """Also with the noise of the VAE: under jit it does not depend on the number of devices."""
    one, summary = train(tmp_path / "1", 1, file, **METHODS[file])
    for count in (2, 4)[file != "vae.py" :]:
        params, found = train(tmp_path / str(count), count, file, **METHODS[file])
        close(params, one)
        for name in (name for name in summary if name.startswith("test/")):
            assert found[name] == pytest.approx(summary[name], rel=1e-4)


OF_BATCHES = {"model__encoder__normalization": "domain", "baselines": {}, "scores": [], "watch": []}


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        pytest.param("siamese.py", METHODS["siamese.py"], marks=slow),
        ("autoencoder.py", {}),
        pytest.param("dann.py", OF_BATCHES, marks=slow),  # of all devices' batches
    ],
)
def test_pmap_on_four_devices_equals_jit_on_one(tmp_path, file, fields):
    one, _ = train(tmp_path / "jit", 1, file, **fields)
    four, _ = train(tmp_path / "pmap", 4, file, training__parallel="pmap", **fields)
    close(four, one)


@pytest.mark.parametrize("count", [2, pytest.param(4, marks=slow)])
def test_a_stream_under_pmap_gives_each_device_its_rows(tmp_path, count):
    file = "autoencoder.py"
    one, _ = train(tmp_path / "jit", 1, file, **METHODS[file])
    streamed = {"data__feed": "stream", "data__workers": 0, "training__parallel": "pmap"}
    found, _ = train(tmp_path / "pmap", count, file, **streamed, **METHODS[file])
    close(found, one)


def test_noise_is_the_same_to_the_bit_on_any_number_of_devices():
    script = """
import hashlib, jax, numpy as np
from reprlearn import keys
from reprlearn.training import parallel
def draw(batch, key):
    return parallel.split({"x": jax.random.normal(key, batch["x"].shape) + 0 * batch["x"]})["x"]
x = parallel.replicate({"x": np.zeros((20, 7), np.float32)})
noise = jax.jit(draw)(x, keys.root(3))
spread = len({str(shard.index) for shard in noise.addressable_shards})
print(spread, hashlib.sha256(np.asarray(noise).tobytes()).hexdigest())
"""
    found = [command("-c", script, XLA_FLAGS=devices(n)).stdout.split() for n in (1, 2, 4)]
    assert [int(spread) for spread, _ in found] == [1, 2, 4]  # each device drew its own rows
    assert len({digest for _, digest in found}) == 1


def test_a_batch_that_the_devices_cannot_share_is_refused(tmp_path):
    fields = {"data__batch_size": 18}
    done = command(*arguments(tmp_path / "run", "vae.py", fields), XLA_FLAGS=devices(4))
    assert "data.batch_size is 18; allowed: a multiple of 4, the number of devices" in done.stderr
    assert not (tmp_path / "run").exists()


@slow
def test_four_devices_go_on_where_one_stopped_and_back(tmp_path):
    straight, _ = train(tmp_path / "straight", 1)
    for count, steps in ((4, 18), (1, 36), (2, 50)):
        moved, _ = train(tmp_path / "moved", count, training__steps=steps)
    close(moved, straight)


def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


def together(workdir, **fields):
    """Two processes of one run, each with one device: what they printed, and said."""
    meet = {"coordinator_address": f"localhost:{free_port()}", "num_processes": 2}
    started = [
        subprocess.Popen(
            [
                sys.executable,
                *arguments(workdir, "vae.py", fields, meet | {"process_id": process}),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in (0, 1)
    ]
    try:
        ends = [process.communicate(timeout=240) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], ends
    return ends


@slow
def test_two_processes_train_one_run(tmp_path):
    """One checkpoint, one log; equal to a single process, which can also resume it."""
    straight, summary = train(tmp_path / "one", 1)
    (printed, _), (silent, _) = together(tmp_path / "two")
    assert "test/" not in silent
    count, params, found = json.loads(printed.splitlines()[-1])
    assert count == 2
    close(np.array(params), straight)
    assert found["test/elbo"] == pytest.approx(summary["test/elbo"], rel=1e-4)
    logs = [(tmp_path / name / "metrics.jsonl").read_text().splitlines() for name in ("one", "two")]
    steps = [[(line["step"], line["split"]) for line in map(json.loads, log)] for log in logs]
    assert steps[0] == steps[1]
    assert len(list((tmp_path / "two" / "tensorboard").iterdir())) == 1

    # Two resume where one stopped, and one where two did.
    train(tmp_path / "moved", 1, training__steps=18)
    together(tmp_path / "moved", training__steps=36)
    moved, _ = train(tmp_path / "moved", 1)
    close(moved, straight)
