"""Batches of listed pairs, made inside the compiled step; and the pairs that a run is judged on."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import keys
from reprlearn.data.pairs import Arrays, Made, block_table, groups_of, partners, similar_rows
from reprlearn.data.permutation import batch_indices
from reprlearn.errors import UsageError
from reprlearn.roles import SIDES, items


def listed(kind: str, arrays: Arrays, rows: int, dissimilar_ratio: float) -> Made:
    """Batches of listed pairs: similar ones in an order of their own, dissimilar ones in another.

    "pairs": left, right, similar, with `dissimilar_ratio` dissimilar pairs for a similar one.
    "positives": left, right of similar pairs, and "known" `[B, 2]`, numbers of the two.
    "triplets": anchor and positive of similar pairs, and a negative.

    Where no dissimilar pair is listed, and for each negative, another right one is drawn: one that
    no chain of similar pairs links to the left one.

    Args:
      kind: of these.
      arrays: "left/x", "right/x" `[P, ...]` and "similar" `[P]`, 1 or 0.
      rows: of a batch.
      dissimilar_ratio: above 0.

    Returns:
      the arrays for the device, and `batch_at` for a Feed.

    Raises:
      UsageError: no similar pair; a batch of more pairs of a kind than are listed; no dissimilar
        pair that could be drawn.
    """
    found, is_similar = items(arrays), np.asarray(arrays["similar"]) == 1
    pairs = np.stack([found.left, found.right], axis=1).astype(np.int32)
    near, far = pairs[is_similar], pairs[~is_similar]
    similar = similar_rows(rows, dissimilar_ratio) if kind == "pairs" else np.ones(rows, bool)
    count, others = int(similar.sum()), int((~similar).sum()) if kind == "pairs" else rows
    _check_enough(count, near, "similar", rows)
    kept = {"x": found.x, "near": near}
    is_drawn = kind == "triplets" or (kind == "pairs" and not len(far))
    if is_drawn:
        kept |= _linked(near, len(found.x))
    elif kind == "pairs":
        _check_enough(others, far, "dissimilar", rows)
        kept["far"] = far
    # Where each row of a batch is among the similar pairs, and then the dissimilar ones.
    place = np.where(similar, np.cumsum(similar), count + np.cumsum(~similar)) - 1

    def batch_at(arrays, key, step):
        near_key, far_key = jax.random.split(key)
        of_near = arrays["near"][batch_indices(near_key, step, count, len(near))]  # [count, 2]
        columns = of_near
        if is_drawn:
            anchor = of_near[np.arange(others) % count, 0]
            drawn_by = jax.random.fold_in(far_key, step)
            other = partners(arrays, drawn_by, anchor, jnp.zeros(others, bool))
            other = arrays["right_of"][other]
            of_far = jnp.stack([anchor, other], axis=1)
        elif kind == "pairs":
            of_far = arrays["far"][batch_indices(far_key, step, others, len(far))]
        if kind == "pairs":
            columns = jnp.concatenate([of_near, of_far])[place]
        elif kind == "triplets":
            columns = jnp.concatenate([of_near, of_far[:, 1:]], axis=1)
        batch = {role: arrays["x"][columns[:, i]] for i, role in enumerate(SIDES[kind])}
        if kind == "positives":
            batch["known"] = columns
        return batch | ({"similar": jnp.asarray(similar)} if kind == "pairs" else {})

    return kept, batch_at


class Chosen(NamedTuple):
    """Listed pairs, and where none of them is dissimilar drawn ones too.

    Attributes:
      x: the different examples in them, `[M, ...]`.
      left, right: int `[P]`, places in x.
      similar: bool `[P]`.
    """

    x: np.ndarray
    left: np.ndarray
    right: np.ndarray
    similar: np.ndarray


def to_judge(arrays: Arrays, seed: int, each: int = 1) -> Chosen:
    """The listed pairs of a split; where all are similar, with `each` drawn ones for one of these.

    A drawn pair has the left example of a similar one, and the right one of another that no chain
    of similar pairs links to it.

    Args:
      arrays: "left/x", "right/x" `[P, ...]` and "similar" `[P]`, 1 or 0.
      seed: of the draw.
      each: dissimilar pairs for a similar one.

    Raises:
      UsageError: similar pairs that link all examples; no similar pair.
    """
    found, similar = items(arrays), np.asarray(arrays["similar"]) == 1
    if not similar.all():
        return Chosen(*found, similar)
    pairs = np.stack([found.left, found.right], axis=1)
    table = {name: jnp.asarray(a) for name, a in _linked(pairs, len(found.x)).items()}
    anchor = np.tile(found.left, each).astype(np.int32)
    key = keys.stream(keys.root(seed), "evaluation/listed")
    other = partners(table, key, jnp.asarray(anchor), jnp.zeros(len(anchor), bool))
    other = table["right_of"][other]
    left, right = np.concatenate([found.left, anchor]), np.concatenate([found.right, other])
    return Chosen(found.x, left, right, np.arange(len(left)) < len(similar))


def _check_enough(asked: int, pairs: np.ndarray, kind: str, rows: int) -> None:
    """Refuses a batch of more pairs of a kind than the training split has."""
    if not len(pairs):
        raise UsageError(f"the training split has no {kind} pair; allowed: at least one")
    if asked > len(pairs):
        raise UsageError(
            f"data.batch_size is {rows}, {asked} of them {kind} pairs; allowed: at most "
            f"{len(pairs):,} {kind} pairs, those of the training split"
        )


def _linked(near: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """The examples by what similar pairs link, as `partners` takes them.

    Beside them "right_of" `[count]`: of a right one itself, of any other the first it is paired to.
    """
    group = groups_of(*near.T, count)
    if group.max() < 1:
        raise UsageError(
            "the similar pairs of a split link all its examples, so no other two are dissimilar; "
            "allowed: pairs that leave two groups, or dissimilar pairs in the list"
        )
    right_of = np.arange(count, dtype=np.int32)
    left, first = np.unique(near[:, 0], return_index=True)
    right_of[left] = near[first, 1]
    right_of[near[:, 1]] = near[:, 1]
    return block_table(group) | {"right_of": right_of}
