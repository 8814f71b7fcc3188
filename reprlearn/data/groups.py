"""Batches of some examples of each of some classes, drawn inside the compiled step."""

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn.data.pairs import Arrays, Made, class_table
from reprlearn.data.permutation import batch_indices
from reprlearn.errors import UsageError


def grouped(arrays: Arrays, rows: int, each: int) -> Made:
    """Batches of `each` examples of each of rows / each classes: "x" and "y".

    The classes come in an order that permutes once all have come; the examples of a class are
    different ones, and any of it are as likely.

    Args:
      arrays: "x" `[N, ...]` and "y" `[N]`, integers from 0.
      rows: of a batch.
      each: at least 2.

    Returns:
      the arrays for the device, and `batch_at` for a Feed.

    Raises:
      UsageError: rows that are no whole number of groups, more groups than classes, a class of
        fewer examples.

    References:
      Hermans, Beyer & Leibe 2017, *In Defense of the Triplet Loss for Person Re-Identification*:
      P classes, K examples each.
    """
    labels = np.asarray(arrays["y"])
    counts = np.bincount(labels)
    present = np.flatnonzero(counts).astype(np.int32)
    classes, field = rows // each, f"data.per_class is {each}"
    if each < 2:
        raise UsageError(f"{field}; allowed: 0, or at least 2, so that a class has pairs")
    if rows % each or not 2 <= classes <= len(present):
        raise UsageError(
            f"{field} with data.batch_size {rows}; allowed: a batch of 2 to {len(present)} whole "
            "groups, one a class"
        )
    if (least := counts[present].min()) < each:
        raise UsageError(f"{field}; allowed: at most {least}, the examples of the smallest class")
    table = class_table(labels)
    kept = {"x": arrays["x"], "y": labels, "present": present}
    kept |= {name: table[name] for name in ("order", "start", "count")}

    def batch_at(arrays, key, step):
        order_key, key = jax.random.split(key)
        chosen = arrays["present"][batch_indices(order_key, step, classes, len(present))]
        places = distinct(jax.random.fold_in(key, step), arrays["count"][chosen], each)
        examples = arrays["order"][arrays["start"][chosen][:, None] + places].reshape(-1)
        return {"x": arrays["x"][examples], "y": arrays["y"][examples]}

    return kept, batch_at


def distinct(key: jax.Array, counts: jax.Array, each: int) -> jax.Array:
    """Different places in each of several ranges, every set of them as likely.

    The j-th is drawn from those that are left, and moved past those that are taken.

    Args:
      key: a typed key.
      counts: int `[P]`, each at least `each`: the places are from 0 to below them.
      each: how many.

    Returns:
      int32 `[P, each]`.
    """
    taken = jnp.zeros((len(counts), 0), jnp.int32)
    for j in range(each):
        drawn = jax.random.randint(jax.random.fold_in(key, j), counts.shape, 0, counts - j)
        for smaller in jnp.sort(taken, axis=1).T:
            drawn += drawn >= smaller
        taken = jnp.concatenate([taken, drawn[:, None]], axis=1)
    return taken
