"""w5 and w15 with pytorch-metric-learning: all pairs of a batch, and mined triplets."""

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss, TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner

from benchmarks.arrays import images
from benchmarks.peers import report
from benchmarks.peers.pytorch import mlp


def w5(batch: int = 130) -> dict[str, float]:
    """Its loss is linear in the distance where ours is squared; it sees the same pairs."""
    return _trained(ContrastiveLoss(distance=LpDistance(normalize_embeddings=False)), None, batch)


def w15(batch: int = 256) -> dict[str, float]:
    """Its miner keeps all semi-hard triplets, where ours takes the hardest for each pair."""
    distance = LpDistance(normalize_embeddings=False, power=2)
    miner = TripletMarginMiner(margin=0.2, type_of_triplets="semihard", distance=distance)
    return _trained(TripletMarginLoss(margin=0.2, distance=distance), miner, batch)


def _trained(compare: torch.nn.Module, miner: torch.nn.Module | None, batch: int) -> dict:
    arrays = {name: torch.tensor(array) for name, array in images().items()}
    net = mlp(784, 512, 64)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def run(steps):
        for chosen in torch.randperm(len(arrays["y"]))[: steps * batch].split(batch):
            x = arrays["x"][chosen].float().flatten(1) / 255.0
            z, y = net(x), arrays["y"][chosen]
            loss = compare(z, y) if miner is None else compare(z, y, miner(z, y))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 200)}


if __name__ == "__main__":
    report.main("pytorch-metric-learning", {"w5": w5, "w15": w15})
