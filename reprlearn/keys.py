"""Named randomness: every key is a function of (seed, stream, step), and of nothing else."""

import zlib

import jax
import jax.numpy as jnp

from reprlearn.errors import UsageError

Key = jax.Array


def check(key: Key) -> None:
    """Refuses what is not a typed key."""
    if not jax.dtypes.issubdtype(getattr(key, "dtype", None), jax.dtypes.prng_key):
        raise UsageError(f"key is {key!r}; allowed: a typed key, jax.random.key(seed)")


def root(seed: int) -> Key:
    """The one typed key of a run."""
    return jax.random.key(seed, impl="threefry2x32")


def roots(seed: int, count: int) -> Key:
    """The keys of several runs, `[count]`: of seed, seed + 1, ..."""
    return jnp.stack([root(seed + i) for i in range(count)])


def stream(key: Key, name: str) -> Key:
    """The key of a named stream, "init", "shuffle", "update", ...: independent of all others."""
    return jax.random.fold_in(key, zlib.crc32(name.encode()))


def at(key: Key, step: jax.Array | int) -> Key:
    """A stream's key at a step."""
    return jax.random.fold_in(key, step)
