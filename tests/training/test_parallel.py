"""Several devices train what one device trains; a real process of four CPU devices shows it."""

import json

from conftest import command

SCRIPT = """
import json, sys
sys.path.insert(0, "tests")
import jax
from conftest import tiny
from reprlearn import experiment
config = tiny("vae.py", optimizer__name="sgd", optimizer__learning_rate=1e-3, training__steps=50)
run = experiment.train(config, sys.argv[1])
leaves = [float(abs(leaf).sum()) for leaf in jax.tree.leaves(run.state.params)]
print(json.dumps([jax.device_count(), run.summary["test/elbo"], leaves]))
"""


def train(workdir, devices, *, batch_size=None):
    script = SCRIPT
    if batch_size:
        script = script.replace("training__steps=50", f"data__batch_size={batch_size}")
    flags = f"--xla_force_host_platform_device_count={devices}"
    return command("-c", script, str(workdir), XLA_FLAGS=flags)


def test_four_devices_equal_one_after_50_steps_of_sgd(tmp_path):
    one, four = (
        json.loads(train(tmp_path / str(count), count).stdout.splitlines()[-1]) for count in (1, 4)
    )
    assert (one[0], four[0]) == (1, 4)
    assert abs(one[1] - four[1]) < 1e-3 * abs(one[1])
    for a, b in zip(one[2], four[2], strict=True):
        assert abs(a - b) <= 1e-4 * abs(a) + 1e-5


def test_a_batch_that_the_devices_cannot_share_is_refused(tmp_path):
    done = train(tmp_path / "run", 4, batch_size=18)
    assert "data.batch_size is 18; allowed: a multiple of 4, the number of devices" in done.stderr
    assert not (tmp_path / "run").exists()
