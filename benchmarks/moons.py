"""The moons of configs/dann_moons.py, adapted by this library and by skada, on the same points.

pip install -e '.[bench]'
python benchmarks/moons.py [seeds] [steps]

skada's DANN gets the network of benchmarks/peers/skada_dann.py, larger than the config's, and the
config's own; Adam at two rates, and two weights of the domain loss: the best of these by the target
is its row, which nobody could choose without target labels. Accuracy on 2,000 fresh target points.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

RATES, WEIGHTS, WIDTHS = (1e-3, 1e-2), (0.1, 1.0), {"2-15": (15,), "2-64-64": (64, 64)}


def main(seeds: str = "3", steps: str = "2000") -> None:
    """Prints a row for each angle."""
    for degrees in (35, 50):
        ours = [_ours(degrees, seed, int(steps)) for seed in range(int(seeds))]
        print(f"{degrees} degrees, this library: {told([a for a, _ in ours])}", flush=True)
        for name, widths in WIDTHS.items():
            found = {
                (rate, weight): [
                    _theirs(arrays, widths, rate, weight, seed, int(steps))
                    for seed, (_, arrays) in enumerate(ours)
                ]
                for rate in RATES
                for weight in WEIGHTS
            }
            (rate, weight), best = max(found.items(), key=lambda item: np.mean(item[1]))
            chosen = f"rate {rate:g}, weight {weight:g}: {told(best)}"
            worst = min(map(np.mean, found.values()))
            print(f"  skada, {name}, {chosen}; the worst of four {worst:.3f}", flush=True)


def _ours(degrees: int, seed: int, steps: int) -> tuple[float, dict[str, np.ndarray]]:
    """The accuracy on the target, and the points."""
    import reprlearn

    config = reprlearn.load_config(f"dann_moons:{degrees}").unlock()
    config.baselines = type(config)()
    config.scores, config.watch, config.seed = ("adaptation",), (), seed
    config.report = config.figures = "off"
    config.training.steps = steps
    with tempfile.TemporaryDirectory() as folder:
        run = reprlearn.train(config.lock(), Path(folder) / "run")
        train, test = run.load("train"), run.load("test")
        arrays = {f"test/{role}": array for role, array in test.items()} | train
        return run.summary["target/accuracy"], arrays


def _theirs(
    arrays: dict[str, np.ndarray],
    widths: tuple[int, ...],
    rate: float,
    weight: float,
    seed: int,
    steps: int,
) -> float:
    """The same by skada, an epoch of one batch a step."""
    import torch
    from skada.deep import DANN
    from torch import nn

    from benchmarks.peers.pytorch import mlp

    torch.manual_seed(seed)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(mlp(2, *widths), nn.ReLU())
            self.label_head = nn.Linear(widths[-1], 2)

        def forward(self, x, sample_weight=None):
            return self.label_head(self.features(x))

    class DomainHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp(widths[-1], 64, 1)

        def forward(self, z, sample_weight=None):
            return torch.sigmoid(self.net(z))[:, 0]

    source, target = arrays["source/x"], arrays["target/x"]
    net = DANN(
        Net(),
        layer_name="features",
        domain_classifier=DomainHead(),
        reg=weight,
        batch_size=len(source),
        max_epochs=steps,
        optimizer=torch.optim.Adam,
        lr=rate,
        train_split=None,
        verbose=0,
    )
    x = np.concatenate([source, target]).astype(np.float32)
    y = np.concatenate([arrays["source/y"], np.full(len(target), -1)]).astype(np.int64)
    domains = np.repeat([1, -2], [len(source), len(target)])
    net.fit(x, y, sample_domain=domains)
    test = arrays["test/target/x"].astype(np.float32)
    told = net.predict(test, sample_domain=np.full(len(test), -2))
    return float((told == arrays["test/target/y"]).mean())


if __name__ == "__main__":
    main(*sys.argv[1:])
