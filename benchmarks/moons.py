"""The moons of configs/dann_moons.py, adapted by this library and by others, on the same points.

pip install -e '.[bench]' pytorch-adapt 'setuptools<81'
python benchmarks/moons.py [seeds] [steps] [skada,pytorch-adapt]

The others' DANN gets the network of benchmarks/peers/skada_dann.py, larger than the config's, and
the config's own; Adam at two rates, two weights of the reversed gradient, a twentieth, a quarter or
all of the steps: the best of these by the target is its row, which nobody could choose without
target labels. Accuracy on 2,000 fresh target points. pytorch-adapt (2022) imports what setuptools
no longer has.
"""

import itertools
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

from benchmarks.seeds import told

PARTS = (20, 4, 1)  # of the steps
RATES, WEIGHTS, WIDTHS = (1e-3, 1e-2), (0.1, 1.0), {"2-15": (15,), "2-64-64": (64, 64)}


class Settings(NamedTuple):
    """Of one training: widths of the features, rate, weight of the reversed gradient."""

    widths: tuple[int, ...]
    rate: float
    weight: float
    seed: int
    steps: int


def main(seeds: str = "3", steps: str = "2000", peers: str = "") -> None:
    """Prints a row for each angle, peer and network."""
    chosen = {name: peer for name, peer in PEERS.items() if name in peers.split(",") or not peers}
    for degrees in (35, 50):
        ours = [_ours(degrees, seed, int(steps)) for seed in range(int(seeds))]
        print(f"{degrees} degrees, this library: {told([a for a, _ in ours])}", flush=True)
        for (peer, train), (name, widths) in itertools.product(chosen.items(), WIDTHS.items()):
            lengths = (int(steps) // part for part in PARTS)
            found = {
                (rate, weight, length): [
                    train(arrays, Settings(widths, rate, weight, seed, length))
                    for seed, (_, arrays) in enumerate(ours)
                ]
                for rate, weight, length in itertools.product(RATES, WEIGHTS, lengths)
            }
            (rate, weight, length), best = max(found.items(), key=lambda item: np.mean(item[1]))
            at_best = f"rate {rate:g}, weight {weight:g}, {length} steps: {told(best)}"
            worst = min(map(np.mean, found.values()))
            print(f"  {peer}, {name}, {at_best}; the worst of all {worst:.3f}", flush=True)


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


def _skada(arrays: dict[str, np.ndarray], chosen: Settings) -> float:
    """The accuracy on the target by skada, an epoch of one batch a step."""
    import torch
    from skada.deep import DANN
    from torch import nn

    from benchmarks.peers.pytorch import mlp

    torch.manual_seed(chosen.seed)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(mlp(2, *chosen.widths), nn.ReLU())
            self.label_head = nn.Linear(chosen.widths[-1], 2)

        def forward(self, x, sample_weight=None):
            return self.label_head(self.features(x))

    class DomainHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp(chosen.widths[-1], 64, 1)

        def forward(self, z, sample_weight=None):
            return torch.sigmoid(self.net(z))[:, 0]

    source, target = arrays["source/x"], arrays["target/x"]
    net = DANN(
        Net(),
        layer_name="features",
        domain_classifier=DomainHead(),
        reg=chosen.weight,
        batch_size=len(source),
        max_epochs=chosen.steps,
        optimizer=torch.optim.Adam,
        lr=chosen.rate,
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


def _pytorch_adapt(arrays: dict[str, np.ndarray], chosen: Settings) -> float:
    """The same by pytorch-adapt."""
    import torch
    from pytorch_adapt.hooks import DANNHook
    from torch import nn

    from benchmarks.peers.pytorch import mlp

    torch.manual_seed(chosen.seed)
    features = nn.Sequential(mlp(2, *chosen.widths), nn.ReLU())
    domain_head = nn.Sequential(mlp(chosen.widths[-1], 64, 1), nn.Flatten(0))
    models = {"G": features, "C": nn.Linear(chosen.widths[-1], 2), "D": domain_head}
    optimizers = [torch.optim.Adam(model.parameters(), lr=chosen.rate) for model in models.values()]
    hook = DANNHook(optimizers, gradient_reversal_weight=chosen.weight)
    source, target = (
        torch.from_numpy(arrays[f"{domain}/x"].astype(np.float32))
        for domain in ("source", "target")
    )
    batch = {
        "src_imgs": source,
        "src_labels": torch.from_numpy(arrays["source/y"].astype(np.int64)),
        "src_domain": torch.zeros(len(source)),
        "target_imgs": target,
        "target_domain": torch.ones(len(target)),
    }
    for _ in range(chosen.steps):
        hook({**models, **batch})
    with torch.no_grad():
        logits = models["C"](features(torch.from_numpy(arrays["test/target/x"].astype(np.float32))))
    return float((logits.argmax(dim=1).numpy() == arrays["test/target/y"]).mean())


PEERS = {"skada": _skada, "pytorch-adapt": _pytorch_adapt}


if __name__ == "__main__":
    main(*sys.argv[1:])
