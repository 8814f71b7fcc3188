"""A training epoch against its matrix products at this machine's measured matmul peak.

python benchmarks/throughput.py

The work: configs/vae.py:fashion_mnist, one epoch of 60,000 examples (MLP 784-512-16, batch 100,
Adam) through the compiled loop. Everything is measured in this one process, in turn, several times:
absolute numbers on a shared machine mean little, the ratio means something. Three yardsticks:
the peak of a large square product; the same products alone at the net's own shapes; the epoch.
"""

import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import config as configs
from reprlearn import data, methods
from reprlearn.examples import Examples
from reprlearn.training import keys, loop, parallel

ROOT = Path(__file__).parent.parent
EXAMPLES, BATCH, ROUNDS = 60_000, 100, 7

# (rows, inner, columns) of every product of one step: forward, towards the inputs, and towards
# the weights. The first layer needs no product towards its inputs.
LAYERS = [(784, 512), (512, 32), (16, 512), (512, 784)]
PRODUCTS = [
    *((BATCH, i, o) for i, o in LAYERS),
    *((BATCH, o, i) for i, o in LAYERS[1:]),
    *((i, BATCH, o) for i, o in LAYERS),
]
FLOPS = sum(2 * rows * inner * columns for rows, inner, columns in PRODUCTS)


def seconds(function, *arguments) -> float:
    begin = time.perf_counter()
    jax.block_until_ready(function(*arguments))
    return time.perf_counter() - begin


def square_peak() -> float:
    """Floating-point operations a second of one 2048 x 2048 product."""
    a, product = jnp.ones((2048, 2048)), jax.jit(jnp.matmul)
    seconds(product, a, a)
    return 2 * 2048**3 / min(seconds(product, a, a) for _ in range(5))


def products_alone(steps: int = 100) -> float:
    """Seconds of one step's products at their own shapes, in a scan, on operands that change."""
    sides = [(jnp.ones((r, k)), jnp.ones((k, c))) for r, k, c in PRODUCTS]

    @jax.jit
    def run(sides):
        def step(carry, _):
            # Each product feeds one number into the next step, so that none is hoisted or dropped.
            heads = [(a @ b)[0, 0] for a, b in carry]
            moved = [(a, b.at[0, 0].add(1e-9 * h)) for (a, b), h in zip(carry, heads, strict=True)]
            return moved, None

        return jax.lax.scan(step, sides, length=steps)[0]

    seconds(run, sides)
    return min(seconds(run, sides) for _ in range(3)) / steps


def main() -> None:
    config = configs.load(str(ROOT / "configs" / "vae.py:fashion_mnist"))
    rng = np.random.default_rng(0)  # the content does not matter to the speed
    arrays = {
        "image": rng.integers(0, 256, (EXAMPLES, 28, 28, 1), dtype=np.uint8),
        "label": rng.integers(0, 10, EXAMPLES, dtype=np.int32),
    }
    method = methods.from_config(config, Examples((28, 28, 1)))
    key, steps = keys.root(0), EXAMPLES // BATCH
    feed = data.make_feed(method.takes, arrays, config.data, steps=steps * (ROUNDS + 1))
    state = parallel.initial_state(method, key, loop.example_batch(loop.batch_spec(feed)))
    run_steps, arrays = parallel.compile_training(method, feed), parallel.replicate(arrays)
    state, *_ = run_steps(state, arrays, key, 1)
    rows = []
    for _ in range(ROUNDS):
        peak = square_peak()
        begin = time.perf_counter()
        state, sums, _ = run_steps(state, arrays, key, steps)
        jax.block_until_ready(sums)
        epoch = time.perf_counter() - begin
        alone = products_alone() * steps
        rows.append((peak / 1e9, epoch, epoch / (FLOPS * steps / peak), epoch / alone))
    names = ("peak GFLOP/s", "epoch s", "epoch / products at peak", "epoch / products alone")
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        low, middle, high = min(values), float(np.median(values)), max(values)
        print(f"{name:<26} min {low:8.2f}   median {middle:8.2f}   max {high:8.2f}")


if __name__ == "__main__":
    main()
