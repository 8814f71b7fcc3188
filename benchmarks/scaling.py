"""How cost grows: a step's time with the batch, the width, the data set and the seeds; memory.

python benchmarks/scaling.py --figure=docs/images/scaling.png

Each line is w1's VAE with one thing changed, measured as throughput.py does. Memory is the highest
resident set of a fresh process that trains 50 steps, on the device feed: the data lie there once,
as uint8. Prints a table, and draws it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, from wherever

BATCHES = (25, 100, 400, 1_600)
WIDTHS = (128, 256, 512, 1_024, 2_048)
SIZES = (3_750, 15_000, 60_000, 240_000)
SEEDS = (1, 2, 4, 8)
MIB = 2**20


def step_ms(examples: int = 60_000, rounds: int = 5, **fields) -> float:
    """Milliseconds of a step, the median of some calls that take half a second each."""
    from benchmarks import workloads

    work = workloads.training(workloads.vae(**fields), examples)
    state = work.run(work.state, 3)
    begin = time.perf_counter()
    state = work.run(state, 10)
    steps = max(5, int(5 / (time.perf_counter() - begin)))
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        state = work.run(state, steps)
        times.append(1e3 * (time.perf_counter() - begin) / steps)
    return statistics.median(times)


def peak_memory(examples: int) -> float:
    """MiB of a fresh process that trains on so many images."""
    done = subprocess.run(
        [sys.executable, __file__, f"--memory={examples}"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.strip().splitlines()[-1])


def train_and_tell(examples: int) -> None:
    """What that process does."""
    from benchmarks import workloads

    work = workloads.training(workloads.vae(), examples)
    work.run(work.state, 50)
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory too
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    print(float(line.split()[1]) * 1024 / MIB)


def measure() -> dict[str, dict[int, float]]:
    """Every axis: what it costs at each place."""
    return {
        "batch": {n: step_ms(data__batch_size=n) for n in BATCHES},
        "width": {n: step_ms(model__encoder__widths=(n,)) for n in WIDTHS},
        "examples": {n: step_ms(n) for n in SIZES},
        "seeds": {n: step_ms(training__num_seeds=n) for n in SEEDS},
        "examples, memory": {n: peak_memory(n) for n in SIZES},
    }


TITLES = {
    "batch": ("batch size", "ms a step"),
    "width": ("hidden width", "ms a step"),
    "examples": ("training examples", "ms a step"),
    "seeds": ("seeds at once", "ms a step, of all"),
    "examples, memory": ("training examples", "peak memory, MiB"),
}


def draw(found: dict[str, dict[int, float]], path: Path) -> None:
    """A panel for each axis."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(found), figsize=(15, 3), layout="constrained")
    for axis, (name, costs) in zip(axes, found.items(), strict=True):
        places, values = list(costs), list(costs.values())
        axis.plot(places, values, "o-", color="black", markersize=4)
        axis.set_xscale("log", base=2)
        axis.set_xticks(places, [f"{n:,}" for n in places], rotation=30)
        axis.minorticks_off()
        axis.set_xlabel(TITLES[name][0])
        axis.set_ylabel(TITLES[name][1])
        if name in ("batch", "seeds", "width"):
            line = [values[-1] * n / places[-1] for n in places]
            axis.plot(places, line, ":", color="gray", label="proportional")
            axis.set_yscale("log")
            axis.legend(frameon=False)
        else:
            axis.set_ylim(0, 1.15 * max(values))
        axis.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, default=None)
    parser.add_argument("--memory", type=int, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        return train_and_tell(options.memory)
    found = measure()
    print("| what grows | cost |\n|---|---|")
    for name, costs in found.items():
        what, unit = TITLES[name]
        values = "; ".join(f"{n:,}: {value:.3g}" for n, value in costs.items())
        print(f"| {what} | {unit}: {values} |")
    print(json.dumps(found))
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
