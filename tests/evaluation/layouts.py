"""Rows of every kind that nearest neighbours have been lost on, and the loops that find them."""

from math import comb

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

WIDTHS = (1, 2, 5, 16)


def spread(rng, count, width):
    return rng.normal(size=(count, width))


def integers(rng, count, width):
    return rng.integers(-3, 4, (count, width)).astype("f8")


def copies(rng, count, width):
    rows = np.repeat(rng.normal(size=(-(-count // 3), width)), 3, axis=0)
    return rng.permutation(rows)[:count]


def sentinels(rng, count, width):
    """A number that stands for a missing one, in 40% of the fields."""
    missing = 10.0 ** rng.integers(6, 13) - 1
    return np.where(rng.random((count, width)) < 0.4, missing, rng.normal(size=(count, width)))


def far_and_near(rng, count, width):
    """Gaps from 1e-12 to 1e-2, up to 1e9 from the origin."""
    place = rng.normal(size=width) + 10.0 ** rng.integers(0, 10)
    return place + 10.0 ** -rng.integers(2, 13) * rng.integers(-2, 3, (count, width))


def outliers(rng, count, width):
    """Gaps from 1e-13 to 1e-4 beside a few rows up to 1e12 away."""
    rows = rng.integers(-2, 3, (count, width)) + 0.0
    rows += 10.0 ** -rng.integers(4, 14) * rng.integers(-3, 4, (count, width))
    rows[:: count // 3] = 10.0 ** rng.integers(6, 13)
    return rows


def collapsed(rng, count, width):
    return np.full((count, width), rng.normal())


KINDS = (spread, integers, copies, sentinels, far_and_near, outliers, collapsed)
rows = st.builds(
    lambda kind, seed, count, width, dtype: kind(np.random.default_rng(seed), count, width).astype(
        dtype
    ),
    st.sampled_from(KINDS),
    st.integers(0, 10_000),
    st.sampled_from((12, 40, 300)),
    st.sampled_from(WIDTHS),
    st.sampled_from((np.float64, np.float32, ml_dtypes.bfloat16)),
)


def squared(queries, gallery):
    """All squared distances, of the differences, in float64."""
    return np.square(queries[:, None].astype("f8") - gallery[None].astype("f8")).sum(axis=-1)


def nearest(queries, gallery, k, alone=False):
    """Places and distances of the k nearest, of equally near ones the earlier."""
    distances = squared(queries, gallery)
    if alone:
        np.fill_diagonal(distances, np.inf)
    places = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return places, np.sqrt(np.take_along_axis(distances, places, axis=1))


def retrieval(embeddings, labels, gallery=None, gallery_labels=None, recall_at=(1,)):
    """All values, rank by rank; where some are equally near, of their mean order."""
    alone = gallery is None
    if alone:
        gallery, gallery_labels = embeddings, labels
    every = squared(embeddings, gallery)
    found = []
    for q, (distances, label) in enumerate(zip(every, labels, strict=True)):
        hits = gallery_labels == label
        if alone:
            distances, hits = np.delete(distances, q), np.delete(hits, q)
        if hits.any():
            found.append(_of_query(distances, hits, recall_at))
    names = [*(f"recall_at_{k}" for k in recall_at), "map_at_r", "r_precision", "ndcg_at_r"]
    return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))


def _of_query(distances, hits, recall_at):
    members, precision, found, gain = hits.sum(), 0.0, 0.0, 0.0
    missed, before, hits_before = dict.fromkeys(recall_at, 1.0), 0, 0
    for value in np.unique(distances):
        n, r = int((distances == value).sum()), int(hits[distances == value].sum())
        for j in range(1, n + 1):
            if before + j <= members:
                others = (j - 1) * (r - 1) / (n - 1) if n > 1 else 0
                precision += r / n * (hits_before + 1 + others) / (before + j)
                found += r / n
                gain += r / n / np.log2(before + j + 1)
        for k in recall_at:
            among = min(max(k - before, 0), n)
            missed[k] *= comb(n - r, among) / comb(n, among)
        before, hits_before = before + n, hits_before + r
    best = sum(1 / np.log2(rank + 1) for rank in range(1, members + 1))
    values = precision / members, found / members, gain / best
    return [*(1 - missed[k] for k in recall_at), *values]
