"""Pairs and triplets of examples, drawn by class inside the compiled step."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reprlearn import keys
from reprlearn.data.permutation import batch_indices
from reprlearn.errors import UsageError, check_above, check_choice

Arrays = Mapping[str, Any]
Made = tuple[dict[str, Any], Callable[[Arrays, jax.Array, jax.Array], dict[str, jax.Array]]]


def class_table(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Where each class lies when examples are sorted by class: what pairs are drawn from.

    Args:
      labels: `[N]`, integers from 0.

    Returns:
      "label" and "place" `[N]`, each example's class and its place in the order; "order" `[N]`, the
      example at each place; "start" and "count" `[classes]`; and "share" `[2, classes]`, of all
      dissimilar and of all similar pairs those whose anchor is of this class or one before it.

    Raises:
      UsageError: fewer than two classes, or a class of one example, which is similar to none.
    """
    count = np.bincount(labels)
    if (count > 0).sum() < 2:
        raise UsageError(
            f"the data hold {(count > 0).sum()} class, so no dissimilar pair; allowed: two or more"
        )
    if (count == 1).any():
        raise UsageError(
            f"class {int(np.argmax(count == 1))} has one example, so no similar pair; allowed: two "
            "or more of each class"
        )
    times = count.astype(np.float64)
    share = np.cumsum([times * (len(labels) - times), times * (times - 1)], axis=1)
    return block_table(labels) | {"share": (share / share[:, -1:]).astype(np.float32)}


def block_table(labels: np.ndarray) -> dict[str, np.ndarray]:
    """`class_table` without "share", of any classes: what `partners` draws from."""
    count = np.bincount(labels)
    order = np.argsort(labels, kind="stable")
    place = np.empty(len(labels), np.int32)
    place[order] = np.arange(len(labels), dtype=np.int32)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    table = {"label": labels, "place": place, "order": order, "start": start, "count": count}
    return {name: array.astype(np.int32) for name, array in table.items()}


def groups_of(left: np.ndarray, right: np.ndarray, count: int) -> np.ndarray:
    """The group of each of `count` examples, int `[count]`: chains of pairs link those of one.

    Args:
      left, right: integers `[P]`, the two of each pair.
      count: of the examples.
    """
    links = coo_matrix((np.ones(len(left)), (left, right)), shape=(count, count))
    return connected_components(links, directed=False)[1]


def alone(labels: np.ndarray) -> np.ndarray:
    """The classes that have one example, which is similar to no other: int `[A]`."""
    return np.flatnonzero(np.bincount(labels) == 1)


def paired(arrays: Arrays) -> dict[str, Any]:
    """The examples of a set of "x" and "y" that have another of their class."""
    kept = ~np.isin(arrays["y"], alone(arrays["y"]))
    return {role: array[kept] for role, array in arrays.items()}


def anchors(table: Mapping[str, jax.Array], key: jax.Array, similar: jax.Array) -> jax.Array:
    """Anchors which, with `partners`, make every similar, or dissimilar, pair as likely.

    A class of n of N examples has n (n - 1) similar pairs and n (N - n) dissimilar ones, so its
    examples are drawn more often the more partners they have.

    Args:
      table: of `class_table`.
      key: a typed key.
      similar: bool `[B]`.

    Returns:
      int32 `[B]`, examples.
    """
    class_key, place_key = jax.random.split(key)
    shares = table["share"][similar.astype(jnp.int32)]  # [B, classes]
    drawn = jax.random.uniform(class_key, similar.shape)
    label = jax.vmap(lambda share, u: jnp.searchsorted(share, u, side="right"))(shares, drawn)
    place = jax.random.randint(place_key, similar.shape, 0, table["count"][label])
    return table["order"][table["start"][label] + place]


def partners(
    table: Mapping[str, jax.Array], key: jax.Array, anchors: jax.Array, similar: jax.Array
) -> jax.Array:
    """For each anchor an example of its class, not itself, or one of another; each as likely.

    Args:
      table: of `class_table`.
      key: a typed key.
      anchors: integer `[B]`, examples.
      similar: bool `[B]`.

    Returns:
      int32 `[B]`, examples.
    """
    label, place = table["label"][anchors], table["place"][anchors]
    start, count = table["start"][label], table["count"][label]
    total = table["label"].shape[0]
    draw = jax.random.randint(key, anchors.shape, 0, jnp.where(similar, count - 1, total - count))
    inside = start + (place - start + 1 + draw) % count
    outside = (start + count + draw) % total  # a class is one block of the order; go on behind it
    return table["order"][jnp.where(similar, inside, outside)]


def similar_rows(rows: int, dissimilar_ratio: float) -> np.ndarray:
    """Which rows of a batch are similar pairs, evenly spread: bool `[rows]`.

    Raises:
      UsageError: a ratio that is not positive, or under which a batch holds one kind only.
    """
    check_above("data.dissimilar_ratio", dissimilar_ratio, 0.0)
    count = round(rows / (1.0 + dissimilar_ratio))
    if not 0 < count < rows:
        raise UsageError(
            f"data.dissimilar_ratio is {dissimilar_ratio}, of {rows} pairs; allowed: a ratio and a "
            "batch that hold at least one pair of each kind"
        )
    ends = np.arange(rows + 1) * count // rows
    return ends[1:] > ends[:-1]


def sampled(
    kind: str, arrays: Arrays, rows: int, dissimilar_ratio: float, way: str = "sampled"
) -> Made:
    """Batches whose anchors run through the examples and whose partners are drawn by class.

    "pairs": left, right, similar, with `dissimilar_ratio` dissimilar pairs for a similar one.
    "positives": left, right, all similar. "triplets": anchor, positive, negative.

    So each example is an anchor once an epoch, and a pair of a small class comes more often than
    one of a large class. Where the way is "uniform", anchors are drawn so that similar pairs come
    equally often, and so do dissimilar ones.

    Returns:
      the arrays for the device, and `batch_at` for a Feed.
    """
    length = len(arrays["y"])
    similar = similar_rows(rows, dissimilar_ratio) if kind == "pairs" else np.ones(rows, bool)
    kept = {"x": arrays["x"]} | class_table(np.asarray(arrays["y"]))

    def batch_at(arrays, key, step):
        order_key, near_key, far_key = jax.random.split(key, 3)
        if way == "uniform":
            drawn_by = jax.random.fold_in(order_key, step)
            anchor = anchors(arrays, drawn_by, jnp.asarray(similar))
        else:
            anchor = batch_indices(order_key, step, rows, length)

        def drawn(key, similar):
            return partners(arrays, jax.random.fold_in(key, step), anchor, jnp.asarray(similar))

        chosen = {"left": anchor, "right": drawn(near_key, similar)}
        if kind == "triplets":
            far = drawn(far_key, ~similar)
            chosen = {"anchor": anchor, "positive": chosen["right"], "negative": far}
        batch = {part: arrays["x"][rows] for part, rows in chosen.items()}
        return batch | ({"similar": jnp.asarray(similar)} if kind == "pairs" else {})

    return kept, batch_at


def draw_pairs(
    labels: np.ndarray,
    similar: np.ndarray,
    seed: int,
    *,
    uniform: str = "anchors",
    stream: str = "pairs",
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of the kinds asked for, drawn with replacement, the same ones for the same seed.

    Args:
      labels: `[N]`, integers from 0.
      similar: bool `[P]`.
      seed: of the draw.
      uniform: "anchors": left is any example, each as likely, and right any that makes such a pair
        with it; "pairs": any pair of the kind, each as likely, so larger classes come more often.
      stream: the name of the draw; draws of other names are independent of it.

    Returns:
      left and right, int `[P]`: examples.

    Raises:
      UsageError: another `uniform`, or labels that make no pairs; see `class_table`.
    """
    check_choice("uniform", uniform, ("anchors", "pairs"))
    anchor_key, key = jax.random.split(keys.stream(keys.root(seed), stream))
    table = {name: jnp.asarray(array) for name, array in class_table(labels).items()}
    similar = jnp.asarray(similar)
    if uniform == "pairs":
        left = anchors(table, anchor_key, similar)
    else:
        left = jax.random.randint(anchor_key, similar.shape, 0, len(labels))
    return np.asarray(left), np.asarray(partners(table, key, left, similar))


def uniform_of(options: Any) -> str:
    """What `draw_pairs` draws uniformly where a run is judged: as `config.data` says to train."""
    return "pairs" if getattr(options, "pairs", None) == "uniform" else "anchors"


def fixed_pairs(
    arrays: Arrays, dissimilar_ratio: float, seed: int, uniform: str = "anchors"
) -> dict[str, np.ndarray]:
    """As many pairs as a set has examples: "left", "right" `[N, ...]` and "similar" `[N]`."""
    arrays = paired(arrays)
    labels = np.asarray(arrays["y"])
    similar = similar_rows(len(labels), dissimilar_ratio)
    left, right = draw_pairs(labels, similar, seed, uniform=uniform, stream="evaluation/pairs")
    x = np.asarray(arrays["x"])
    return {"left": x[left], "right": x[right], "similar": similar}
