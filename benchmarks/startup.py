"""How long until something happens: the import, the first training step, reading 70,000 images.

python benchmarks/startup.py

Each is a fresh process, five times, with prepared data and a warm compilation cache (the first,
uncounted round makes both). Fashion-MNIST needs its files: Debian's package dataset-fashion-mnist,
or a network.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, from wherever
ROUNDS = 5

# What train.py does until its first step, and when each part of it was done.
PARTS = """
import json, time
begin = time.perf_counter()
done = {}
def mark(part):
    global begin
    now = time.perf_counter()
    done[part], begin = now - begin, now
import jax
mark("import jax")
from reprlearn import config, experiment
from reprlearn import keys
from reprlearn.training import parallel
mark("import the rest")
parallel.use_compilation_cache("auto")
settings = config.load("configs/vae.py")
method, feed, *_ = experiment.assemble(settings)
mark("read the data, build the method")
key, arrays = keys.root(0), parallel.replicate(feed.arrays)
state = parallel.first_state(method, feed, arrays, key)
jax.block_until_ready(state)
mark("initialise")
run_steps = parallel.compile_training(method, feed)
jax.block_until_ready(run_steps(state, arrays, key, 1))
mark("trace, load the program, one step")
print(json.dumps(done))
"""


def run(*arguments: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begin


def import_library() -> float:
    return run("-c", "import reprlearn")


def import_everything() -> float:
    return run("-c", "import reprlearn.experiment")


def read_fashion_mnist() -> float:
    script = (
        "import time; from reprlearn import data; data.load('digits', 'test'); t = time.time();"
        "[data.load('fashion_mnist', s) for s in data.SPLITS]; print(time.time() - t)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def parts() -> dict[str, float]:
    """Seconds of each part, the medians of fresh processes."""
    found = []
    for _ in range(1 + ROUNDS):
        command = [sys.executable, "-c", PARTS]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))
    return {part: statistics.median(one[part] for one in found[1:]) for part in found[0]}


def report(name: str, measure: Callable[[], float]) -> None:
    measure()
    times = [measure() for _ in range(ROUNDS)]
    print(f"{name:<34} median {statistics.median(times):5.2f} s   max {max(times):5.2f} s")


if __name__ == "__main__":
    from benchmarks.throughput import first_step

    report("import reprlearn", import_library)
    report("import reprlearn.experiment", import_everything)
    report("train.py to the first step", first_step)
    for part, seconds in parts().items():
        print(f"  {part:<32} median {seconds:5.2f} s")
    report("read 70,000 images of 28 x 28", read_fashion_mnist)
