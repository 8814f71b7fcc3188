"""w5 with pytorch-metric-learning's contrastive loss, over all pairs of a batch."""

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss

from benchmarks.arrays import images
from benchmarks.peers import report
from benchmarks.peers.pytorch import mlp


def w5(batch: int = 130) -> dict[str, float]:
    """Its loss is linear in the distance where ours is squared; it sees the same pairs."""
    arrays = {name: torch.tensor(array) for name, array in images().items()}
    net = mlp(784, 512, 64)
    compare = ContrastiveLoss(distance=LpDistance(normalize_embeddings=False))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def run(steps):
        for chosen in torch.randperm(len(arrays["y"]))[: steps * batch].split(batch):
            x = arrays["x"][chosen].float().flatten(1) / 255.0
            loss = compare(net(x), arrays["y"][chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 200)}


if __name__ == "__main__":
    report.main("pytorch-metric-learning", {"w5": w5})
