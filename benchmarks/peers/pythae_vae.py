"""w1 and w6 in pythae: its own MLP, its trainer's epoch, its estimate of the log-likelihood."""

import functools
import tempfile

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig

from benchmarks.arrays import images
from benchmarks.peers import report

BATCH, SAMPLES, SCORED = 100, 1_000, 50


def model() -> VAE:
    """784-512-(2x16)-512-784 with ReLU, Bernoulli: the architecture that pythae comes with."""
    return VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=16, reconstruction_loss="bce"))


def floats(count: int) -> np.ndarray:
    """Images as pythae takes them: `[N, 1, 28, 28]` float32 in [0, 1], converted once."""
    return images(count)["x"].reshape(-1, 1, 28, 28).astype(np.float32) / 255.0


def w1(epoch: int = 12_000) -> dict[str, float]:
    """Its trainer over epochs of `epoch` images; an epoch's fixed cost is in it, a hundredth."""
    data = floats(epoch)
    dataset = BaseDataset(torch.tensor(data), torch.zeros(len(data)))
    with tempfile.TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder,
            learning_rate=1e-3,
            per_device_train_batch_size=BATCH,
            optimizer_cls="Adam",
        )
        trainer = BaseTrainer(model(), dataset, training_config=settings)
        trainer.prepare_training()
        steps = len(data) // BATCH
        return {"step_ms": report.step_ms(lambda _: trainer.train_step(1), steps)}


def w6() -> dict[str, float]:
    """Images a second, with the faster of two batch sizes: its default and all samples at once."""
    vae, data = model().eval(), torch.tensor(floats(SCORED))
    rates = []
    with torch.no_grad():
        for batch_size in (100, SAMPLES):
            estimate = functools.partial(vae.get_nll, n_samples=SAMPLES, batch_size=batch_size)
            image_ms = report.step_ms(lambda n, estimate=estimate: estimate(data[:n]), len(data))
            rates.append(1e3 / image_ms)
    return {"images_per_s": max(rates)}


if __name__ == "__main__":
    report.main("pythae", {"w1": w1, "w6": w6})
