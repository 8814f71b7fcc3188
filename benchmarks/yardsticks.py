"""What the machine can do, and the least that a piece of work asks of it."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from reprlearn.training.products import products

ROUNDS = 5


class Machine(NamedTuple):
    """Measured now: operations a second of a large matrix product, bytes a second of a copy."""

    flops: float
    bandwidth: float

    def floor(self, flops: float, moved: float) -> float:
        """The least seconds that so many operations and so many bytes take."""
        return max(flops / self.flops, moved / self.bandwidth)

    def judge(self, seconds: float, floor: float, flops: float) -> dict[str, float]:
        """The fields that say how near to its floor a measurement is."""
        return {
            "peak_gflops": self.flops / 1e9,
            "floor_ms": 1e3 * floor,
            "ratio_to_floor": seconds / floor,
            "mfu": flops / self.flops / seconds,
        }


def seconds(function: Callable[[], Any]) -> float:
    """The wall-clock time of a call, its result computed."""
    begin = time.perf_counter()
    jax.block_until_ready(function())
    return time.perf_counter() - begin


def measured(function: Callable[[], Any], dtype: str) -> tuple[float, Machine]:
    """The median seconds of 5 calls after one uncounted, and the machine around them at its best.

    The neighbours on a shared machine slow everything at times: its peak is measured on both sides
    of the work, so that a quiet moment is not compared with a busy one only.
    """
    seconds(function)
    before = measure_machine(dtype)
    median = statistics.median(seconds(function) for _ in range(ROUNDS))
    after = measure_machine(dtype)
    return median, Machine(*map(max, before, after))


def measure_machine(dtype: str = "float32") -> Machine:
    """The best of 5 rounds: the peak is what nothing disturbs.

    The product is of 2048 x 2048 on a CPU, of 8192 x 8192 elsewhere; the copy reads and writes
    256 MiB in place.
    """
    side = 2048 if jax.default_backend() == "cpu" else 8192
    a, product = jnp.ones((side, side), dtype), jax.jit(jnp.matmul)
    block, count = jnp.zeros(2**26, jnp.float32), jax.jit(lambda x: x + 1.0, donate_argnums=0)
    products, copies = [], []
    for _ in range(1 + ROUNDS):
        products.append(seconds(lambda: product(a, a)))
        begin = time.perf_counter()
        block = jax.block_until_ready(count(block))
        copies.append(time.perf_counter() - begin)
    return Machine(2 * side**3 / min(products[1:]), 2 * block.nbytes / min(copies[1:]))


def matmul_flops(function: Callable, *arguments: Any) -> int:
    """The operations of all of a function's matrix products and convolutions.

    They are read off the traced program, so none is forgotten. All else, activations, losses, the
    optimizer, random numbers, counts as nothing.
    """
    jaxpr = jax.make_jaxpr(function)(*arguments)
    return sum(product.count * product.flops for product in products(jaxpr))


def state_bytes(tree: Any) -> int:
    """The bytes of a tree's arrays."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(tree))
