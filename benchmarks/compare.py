"""This library and the one a user would pick instead, on the same work, in turn: the ratios.

pip install -e '.[bench]'
python benchmarks/compare.py
python benchmarks/compare.py --workload=w1 --rounds=5
python benchmarks/compare.py --against=../before        # another checkout of this library, all work

Each side is a fresh process, first the one and then the other, round after round: on a shared
machine an absolute time means little, a ratio of neighbours in time something. The ratio says how
many times as fast this library is: the median of the rounds, and their range. The goals are those
that the library was built to.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
UNITS = {"step_ms": "ms a step", "images_per_s": "images/s", "seconds": "s"}


class Duel(NamedTuple):
    """A workload, the module in peers/ that does the same, and the ratio to reach."""

    workload: str
    peer: str
    goal: float | None = None


DUELS = [
    Duel("w1", "pythae_vae", 2.6),
    Duel("w2", "pytorch", 1.2),
    Duel("w3", "pytorch", 2.5),
    Duel("w4", "pytorch", 2.5),
    Duel("w4", "skada_dann"),
    Duel("w5", "metric_learning", 4.5),
    Duel("w6", "pythae_vae", 3.0),
    Duel("w10", "pytorch", 1.2),
    Duel("w11", "pillow_pool", 1.0),
    Duel("w11", "pillow_draft"),
    Duel("w13", "pytorch", 0.83),
    Duel("w14", "pytorch", 1.2),
    Duel("w15", "metric_learning", 3.0),
]


def measured(*arguments: str, folder: Path = ROOT) -> dict:
    """The JSON object that a process prints last."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-2_000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ratio(ours: dict, theirs: dict) -> float:
    """How many times as fast as theirs ours is."""
    own, other = value(ours), value(theirs)
    return own / other if "images_per_s" in ours else other / own


def value(measurement: dict) -> float:
    """Milliseconds a step, images a second, or seconds."""
    return next(measurement[unit] for unit in UNITS if unit in measurement)


def fight(duel: Duel, rounds: int, against: Path | None = None) -> str:
    """One line of the table."""
    ours, theirs = [], []
    throughput = ("benchmarks/throughput.py", f"--workload={duel.workload}")
    for _ in range(rounds):
        ours.append(measured(*throughput))
        if against:
            theirs.append(measured(*throughput, folder=against) | {"peer": against.name})
        else:
            theirs.append(measured("-m", f"benchmarks.peers.{duel.peer}", duel.workload))
    ratios = [ratio(*pair) for pair in zip(ours, theirs, strict=True)]
    unit = next(shown for unit, shown in UNITS.items() if unit in ours[0])
    middle = statistics.median(ratios)
    reached = "" if duel.goal is None else f"{duel.goal} {'yes' if middle >= duel.goal else 'no'}"
    own, other = (statistics.median(map(value, side)) for side in (ours, theirs))
    floors = [side["ratio_to_floor"] for side in ours if "ratio_to_floor" in side]
    floor = f"{statistics.median(floors):.2f}" if floors else ""
    return (
        f"| {duel.workload} | {theirs[0]['peer']} | {own:.3g} | {other:.3g} {unit} "
        f"| {middle:.2f} [{min(ratios):.2f}, {max(ratios):.2f}] | {reached} | {floor} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout, in the place of the peers")
    options = parser.parse_args()
    duels = [Duel(f"w{i}", "") for i in range(1, 13)] if options.against else DUELS
    names = list(dict.fromkeys(duel.workload for duel in duels))
    if options.workload not in (None, *names):
        parser.error(f"--workload is {options.workload!r}; choices: {', '.join(names)}")
    print("| work | peer | ours | theirs | times as fast [range] | goal | ours / floor |")
    print("|---|---|---|---|---|---|---|")
    for duel in duels:
        if options.workload in (None, duel.workload):
            print(fight(duel, options.rounds, options.against), flush=True)


if __name__ == "__main__":
    main()
