"""The matrix products of a traced program, and how a CPU had best compute them."""

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax

# XLA gives products to YNNPACK, which computes one as small as this on a single core, and many of
# them one after the other; its older kernels use all. A larger one is YNNPACK's; see BENCHMARKS.md.
SMALL_PRODUCT = 2**25
WITHOUT_YNNPACK = {"xla_cpu_experimental_ynn_fusion_type": ""}


class Product(NamedTuple):
    """A product of two matrices, or a convolution: how often, and the operations of each."""

    count: int
    flops: int


def products(jaxpr: Any) -> Iterator[Product]:
    """The products of a program, in every function and loop that it calls.

    Of branches, such as those for several platforms, the first counts; of a loop of unknown length
    one turn.
    """
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        name, parameters = equation.primitive.name, equation.params
        if name == "dot_general":
            (inner, _), (batch, _) = parameters["dimension_numbers"]
            shape, size = equation.invars[0].aval.shape, equation.outvars[0].aval.size
            count = math.prod(shape[axis] for axis in batch)
            flops = 2 * size * math.prod(shape[axis] for axis in inner)
            yield Product(count, flops // max(count, 1))
        elif name == "conv_general_dilated":
            kernel, size = equation.invars[1].aval, equation.outvars[0].aval.size
            features = kernel.shape[parameters["dimension_numbers"].rhs_spec[0]]
            yield Product(1, 2 * size * kernel.size // features)
        elif name == "cond":
            yield from products(parameters["branches"][0])
        else:
            turns = parameters["length"] if name == "scan" else 1
            for called in parameters.values():
                if hasattr(called, "eqns") or hasattr(called, "jaxpr"):
                    for count, flops in products(called):
                        yield Product(turns * count, flops)


def compiler_options(jaxpr: Any) -> dict[str, str]:
    """XLA's options for a program: without YNNPACK on a CPU where every product is small."""
    if jax.default_backend() != "cpu" or not _is_known():
        return {}
    largest = max((product.flops for product in products(jaxpr)), default=0)
    return WITHOUT_YNNPACK if largest < SMALL_PRODUCT else {}


@functools.cache
def _is_known() -> bool:
    """Whether this version of XLA has the option, which is one of its experiments."""
    try:
        jax.jit(lambda: 0, compiler_options=WITHOUT_YNNPACK).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
