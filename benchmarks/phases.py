"""A step of stacked and of denoising training beside one of a plain auto-encoder of that size.

python benchmarks/phases.py [rounds]

A phase of a stack trains one layer on the codes of those below, which it computes, too; beside it
stands an auto-encoder of one hidden layer, with examples as wide as these codes. Rounds alternate;
the ratio is the median of the rounds, with their range, below 1 where ours is faster.
"""

import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, from wherever

WIDTHS, CODE, EXAMPLES, STEPS = (1000, 500, 250), 30, 10_000, 100


def work() -> dict:
    """By name: what is timed, what stands beside it, each a function without arguments."""
    from benchmarks import workloads

    def timed(config, state=lambda state: state, shape=(28, 28, 1)):
        training = workloads.training(config, EXAMPLES, shape)
        now = [state(training.state)]

        def call():
            now[0] = training.run(now[0], STEPS)

        return call

    def plain(inputs, code):
        shape = (28, 28, 1) if inputs == 784 else (1, inputs, 1)
        config = workloads.plain_autoencoder(
            model__encoder__widths=(), model__latent_dim=code, model__code_activation="sigmoid"
        )
        return timed(config, shape=shape)

    stack = workloads.stacked()
    each = stack.training.steps // (2 * (len(WIDTHS) + 1))
    found, inputs = {}, (784, *WIDTHS)
    for phase, (width, code) in enumerate(zip(inputs, (*WIDTHS, CODE), strict=True)):
        at = lambda state, phase=phase: state.replace(step=state.step + phase * each)  # noqa: E731
        found[f"stacked, layer {width}-{code}"] = timed(stack, at), plain(width, code)
    last = lambda state: state.replace(step=state.step + len(inputs) * each)  # noqa: E731
    deep = workloads.plain_autoencoder(
        model__encoder__widths=WIDTHS,
        model__encoder__activation="sigmoid",
        model__latent_dim=CODE,
    )
    found["stacked, the whole"] = timed(stack, last), timed(deep)
    for kind in ("masking", "gaussian", "salt_and_pepper"):
        noisy = workloads.denoising(model__corruption__kind=kind)
        clean = workloads.denoising(model__corruption__kind="none")
        found[f"denoising, {kind}"] = timed(noisy), timed(clean)
    return found


def main(rounds: str = "5") -> None:
    """Prints a line for each."""
    from benchmarks.yardsticks import seconds

    print(f"{'':<28}{'ms a step':>10}{'plain':>8}   ratio")
    for name, (ours, other) in work().items():
        ours(), other()  # compiled
        times = [(seconds(ours), seconds(other)) for _ in range(int(rounds))]
        mine, theirs = (1e3 * statistics.median(t) / STEPS for t in zip(*times, strict=True))
        ratios = [a / b for a, b in times]
        told = f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
        print(f"{name:<28}{mine:>10.2f}{theirs:>8.2f}   {told}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
