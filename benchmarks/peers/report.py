"""How a peer measures itself: as throughput.py does, the median of 5 after one uncounted round."""

import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable

ROUNDS = 5


def step_ms(run: Callable[[int], None], steps: int) -> float:
    """Milliseconds of one of the `steps` that `run(steps)` takes."""
    run(max(1, steps // 10))
    return 1e3 * statistics.median(_seconds(run, steps) for _ in range(ROUNDS)) / steps


def seconds(run: Callable[[], object]) -> float:
    """Seconds of a call."""
    return 1e-3 * step_ms(lambda steps: run(), 1)


def _seconds(run: Callable[[int], None], steps: int) -> float:
    begin = time.perf_counter()
    run(steps)
    return time.perf_counter() - begin


def main(package: str, workloads: dict[str, Callable[[], dict[str, float]]], way: str = "") -> None:
    """Measures the workload that the command line names; `way` says how the package is used."""
    (name,) = sys.argv[1:] or [None]
    if name not in workloads:
        raise SystemExit(f"workload is {name!r}; allowed: {', '.join(workloads)}")
    peer = f"{package} {importlib.metadata.version(package)} {way}".strip()
    print(json.dumps({"workload": name, "peer": peer} | workloads[name]()))
