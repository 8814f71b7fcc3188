"""w4 in skada: its DANN, fitted for many epochs of one batch, 300 points of each domain."""

import numpy as np
import torch
from skada.deep import DANN
from sklearn.datasets import make_moons
from torch import nn

from benchmarks.peers import report
from benchmarks.peers.pytorch import mlp


class Net(nn.Module):
    """Features 2-64-64 and a label head; skada finds the features by the layer's name."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(mlp(2, 64, 64), nn.ReLU())
        self.label_head = nn.Linear(64, 2)

    def forward(self, x, sample_weight=None):
        """Points to class logits."""
        return self.label_head(self.features(x))


class DomainHead(nn.Module):
    """Features to the probability of the target, `[B]`."""

    def __init__(self):
        super().__init__()
        self.net = mlp(64, 64, 1)

    def forward(self, z, sample_weight=None):
        """Features to a probability."""
        return torch.sigmoid(self.net(z))[:, 0]


def w4(points: int = 300) -> dict[str, float]:
    """Its fit, an epoch a step; what it costs to begin a fit is in it, a hundredth."""
    x, label = make_moons(points, noise=0.05, random_state=0)
    turned = x @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    both = np.concatenate([x, turned]).astype(np.float32)
    labels = np.concatenate([label, np.full(points, -1)])
    domains = np.repeat([1, -2], points)

    def run(steps):
        net = DANN(
            Net(),
            layer_name="features",
            domain_classifier=DomainHead(),
            reg=1.0,
            batch_size=points,
            max_epochs=steps,
            optimizer=torch.optim.Adam,
            lr=1e-3,
            train_split=None,
            verbose=0,
        )
        net.fit(both, labels, sample_domain=domains)

    return {"step_ms": report.step_ms(run, 100)}


if __name__ == "__main__":
    report.main("skada", {"w4": w4})
