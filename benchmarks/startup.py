"""How long until something happens: the import, the first training step, reading 70,000 images.

python benchmarks/startup.py

Each is a fresh process, five times, with prepared data and a warm compilation cache (the first,
uncounted round makes both). Fashion-MNIST needs its files: Debian's package dataset-fashion-mnist,
or a network.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 5


def run(*arguments: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begin


def import_library() -> float:
    return run("-c", "import reprlearn")


def import_everything() -> float:
    return run("-c", "import reprlearn.experiment")


def first_step() -> float:
    """From starting train.py to the first line of metrics.jsonl, written after one step."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "run" / "metrics.jsonl"
        flags = ["--config=configs/vae.py", f"--workdir={folder}/run"]
        flags += ["--config.training.steps_per_call=1", "--config.training.log_every=1"]
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "train.py", *flags], cwd=ROOT)
        while not (log.is_file() and log.stat().st_size):
            if process.poll() is not None:
                raise SystemExit("train.py ended before its first step")
            time.sleep(0.005)
        elapsed = time.perf_counter() - begin
        process.kill()
        process.wait()
        return elapsed


def read_fashion_mnist() -> float:
    script = (
        "import time; from reprlearn import data; data.load('digits', 'test'); t = time.time();"
        "[data.load('fashion_mnist', s) for s in data.SPLITS]; print(time.time() - t)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def report(name: str, measure: Callable[[], float]) -> None:
    measure()
    times = [measure() for _ in range(ROUNDS)]
    print(f"{name:<34} median {statistics.median(times):5.2f} s   max {max(times):5.2f} s")


if __name__ == "__main__":
    report("import reprlearn", import_library)
    report("import reprlearn.experiment", import_everything)
    report("train.py to the first step", first_step)
    report("read 70,000 images of 28 x 28", read_fashion_mnist)
