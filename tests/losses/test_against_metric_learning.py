"""Losses against pytorch-metric-learning, where it defines the same: it averages over other things.

It is in the extra bench; without it the oracles in float64 beside are the proof.
"""

import numpy as np
import pytest

from reprlearn import losses

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("pytorch_metric_learning.losses")
distances = pytest.importorskip("pytorch_metric_learning.distances")

B, D = 24, 6


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(0)
    return rng.normal(size=(B, D)).astype("f4"), rng.integers(0, 5, B)


def of_torch(z, y):
    return torch.tensor(z), torch.tensor(y)


def test_supervised_contrastive(given):
    z, y = given
    ours = losses.supervised_contrastive(z, y, temperature=0.2)
    wanted = theirs.SupConLoss(temperature=0.2)(*of_torch(z, y))
    assert float(ours.mean()) == pytest.approx(float(wanted), rel=1e-5)


def test_multi_similarity(given):
    z, y = given
    wanted = theirs.MultiSimilarityLoss(alpha=2.0, beta=50.0, base=0.5)(*of_torch(z, y))
    ours = losses.multi_similarity(z, y, attraction=2.0, repulsion=50.0, threshold=0.5)
    assert float(ours.mean()) == pytest.approx(float(wanted), rel=1e-5)


def test_nt_xent_of_two_views(given):
    z, _ = given
    left, right = np.split(z, 2)
    wanted = theirs.NTXentLoss(temperature=0.3)(
        torch.tensor(z), torch.tensor(np.tile(np.arange(B // 2), 2))
    )
    ours = losses.nt_xent(left, right, temperature=0.3)
    assert float(ours.mean()) == pytest.approx(float(wanted), rel=1e-5)


def test_triplets_of_squared_distances(given):
    z, y = given
    distance = distances.LpDistance(normalize_embeddings=False, power=2)
    reducer = pytest.importorskip("pytorch_metric_learning.reducers").DoNothingReducer()
    loss = theirs.TripletMarginLoss(margin=0.7, distance=distance, reducer=reducer)
    found = loss(*of_torch(z, y))["loss"]
    anchor, positive, negative = (places.numpy() for places in found["indices"])
    ours = losses.triplet(z[anchor], z[positive], z[negative], margin=0.7)
    np.testing.assert_allclose(ours, found["losses"].numpy(), rtol=1e-4, atol=1e-5)
    # Ours is the mean over an anchor's triplets; theirs over all triplets that cost something.
    each = losses.mined_triplet(z, y, mining="all", margin=0.7)
    for row in range(B):
        mine = np.asarray(ours)[anchor == row]
        assert float(each[row]) == pytest.approx(mine.mean() if len(mine) else 0.0, rel=1e-4)


def test_vicreg(given):
    """As its authors' code, theirs takes half of the variance's weight in the paper's eq. 6."""
    z, _ = given
    left, right = np.split(z, 2)
    loss = theirs.VICRegLoss(invariance_lambda=25, variance_mu=25, covariance_v=1)
    wanted = loss(torch.tensor(left), ref_emb=torch.tensor(right))
    ours = losses.vicreg(left, right, variance=12.5)
    assert float(ours.mean()) == pytest.approx(float(wanted), rel=1e-3)


def test_pairs_cost_half_the_square_of_what_theirs_cost(given):
    z, y = given
    distance = distances.LpDistance(normalize_embeddings=False)
    reducer = pytest.importorskip("pytorch_metric_learning.reducers").DoNothingReducer()
    loss = theirs.ContrastiveLoss(neg_margin=2.0, distance=distance, reducer=reducer)
    found = loss(*of_torch(z, y))
    for kind, similar in (("pos_loss", True), ("neg_loss", False)):
        left, right = (places.numpy() for places in found[kind]["indices"])
        same = np.full(len(left), similar)
        ours = losses.pair_contrastive(z[left], z[right], same, margin=2.0)
        squared = np.square(found[kind]["losses"].numpy())
        np.testing.assert_allclose(ours, squared / 2, rtol=1e-3, atol=1e-4)
