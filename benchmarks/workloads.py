"""The work that is measured, as configs of this library; peers/ does the same in others."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from benchmarks.arrays import CLASSES, IMAGES, images
from reprlearn import columns, data, methods
from reprlearn import config as configs
from reprlearn.training import loop, parallel
from reprlearn.training.step import make_step

ROOT = Path(__file__).parent.parent


def _config(path: str, **fields) -> ConfigDict:
    """The config of a file with some fields replaced: group__field=value."""
    config = configs.load(str(ROOT / "configs" / path))
    fields = {"scores": (), "training__steps": 1_000_000} | fields
    return configs.changed(config, {f.replace("__", "."): value for f, value in fields.items()})


def vae(**fields) -> ConfigDict:
    """VAE 784-512-(2x16)-512-784, Bernoulli, Adam 1e-3, batch 100."""
    return _config("vae.py:fashion_mnist", **fields)


def conv_autoencoder(**fields) -> ConfigDict:
    """Auto-encoder of 4x4 convolutions of stride 2, 32 and 64 channels, code 16, batch 128."""
    settings = {
        "data__batch_size": 128,
        "model__encoder__network": "conv",
        "model__encoder__widths": (32, 64),
    }
    return _config("autoencoder.py:fashion_mnist", **settings | fields)


def conv_vae(**fields) -> ConfigDict:
    """VAE of 4x4 convolutions of stride 2, 32 to 256 channels, latent 64, Bernoulli, batch 64."""
    settings = {
        "data__batch_size": 64,
        "model__encoder__widths": (32, 64, 128, 256),
        "model__latent_dim": 64,
    }
    return _config("vae_conv.py:fashion_mnist", **settings | fields)


def gan(**fields) -> ConfigDict:
    """GAN on the ring of 8: two hidden layers of 128 each, z 2, batch 256, non-saturating, Adam."""
    settings = {
        "data__batch_size": 256,
        "model__generator__widths": (128, 128),
        "model__discriminator__widths": (128, 128),
        "model__loss": "nonsaturating",
        "model__penalty": "none",
        "model__data_scale": 1.0,
        "optimizer__schedule": "constant",
        "discriminator_optimizer__schedule": "constant",
        "training__ema_decay": 0.0,
    }
    return _config("gan_ring.py", **settings | fields)


def dann(**fields) -> ConfigDict:
    """DANN on the moons: features 2-64-64, heads 64-2 and 64-64-1, 300 + 300 points, Adam."""
    settings = {
        "model__encoder__widths": (64,),
        "model__latent_dim": 64,
        "model__discriminator__widths": (64,),
        "model__encoder__activation": "relu",
        "model__discriminator__activation": "relu",
        "optimizer__name": "adam",
        "optimizer__momentum": 0.9,
        "optimizer__learning_rate": 1e-3,
        "optimizer__schedule": "constant",
    }
    return _config("dann_moons.py", **settings | fields)


def dann_images(**fields) -> ConfigDict:
    """DANN on images: 4x4 convolutions 32, 64, features 128, domain head 256-256, 32 + 32, Adam."""
    return _config("dann_digits.py", **{"data__batch_size": 32, "baselines": {}} | fields)


def siamese(**fields) -> ConfigDict:
    """Siamese MLP 784-512-64, contrastive loss over all pairs of a batch of 130, Adam."""
    settings = {
        "data__batch_size": 130,
        "data__classes": (),
        "data__pairs": "batch",
        "model__encoder__widths": (512,),
        "model__latent_dim": 64,
    }
    return _config("siamese.py:fashion_mnist", **settings | fields)


def mined_triplets(**fields) -> ConfigDict:
    """w5's network, triplets mined in a batch of 256: for each pair the semi-hard negative."""
    settings = {
        "data__batch_size": 256,
        "data__pairs": "sampled",
        "model__loss": "triplet",
        "model__mining": "semi_hard",
        "model__margin": 0.2,
    }
    return siamese(**settings | fields)


def plain_autoencoder(**fields) -> ConfigDict:
    """Auto-encoder of images, batch 100, Adam; as wide as it is told."""
    return _config("autoencoder.py:fashion_mnist", **fields)


def denoising(**fields) -> ConfigDict:
    """Denoising auto-encoder 784-512-64, batch 100, Adam."""
    return _config("denoising_autoencoder.py:fashion_mnist", **fields)


def stacked(**fields) -> ConfigDict:
    """Stack 784-1000-500-250-30 of sigmoids, batch 100, Adam."""
    return _config("stacked_autoencoder.py:fashion_mnist", **{"baselines": {}} | fields)


def morph(**fields) -> ConfigDict:
    """Morphing at 256x256: VGG of 32 to 256 channels in four blocks of two, all layers' style."""
    return _config("morph.py", **fields)


class Training(NamedTuple):
    """A compiled training: `run(state, steps) -> state`; `step(state)`, one step, to be traced."""

    state: methods.TrainState
    run: Callable
    step: Callable
    batch_bytes: int


def training(
    config: ConfigDict, examples: int = IMAGES, shape: tuple[int, int, int] = (28, 28, 1)
) -> Training:
    """What `config` trains, compiled as every run is; if on images, on `examples` of `shape`."""
    seeds, dataset = config.training.num_seeds, data.open_dataset(config.data)
    if dataset.drawn or "style" in dataset.columns:
        roles, arrays = dataset.columns, data.whole(dataset.open("train"))
    else:
        names = tuple(map(str, range(CLASSES)))
        roles = {"x": columns.image(shape), "y": columns.classes(names)}
        arrays = images(examples, shape)
        if config.data.target:
            sides = [f"{domain}/{role}" for domain in ("source", "target") for role in "xy"]
            roles = {side: roles[side[-1]] for side in sides}
            arrays = {side: arrays[side[-1]] for side in sides}
    method = methods.from_config(config, roles)
    steps, sampler = config.training.steps, dataset.sampler
    feed = data.make_feed(method.takes, arrays, config.data, steps=steps, sampler=sampler)
    specs = loop.batch_spec(feed)
    feed = data.over_seeds([feed] * seeds) if seeds > 1 else feed
    key, arrays = loop.run_key(0, seeds), parallel.replicate(feed.arrays)
    state = parallel.first_state(method, feed, arrays, key)
    compiled = parallel.compile_training(method, feed, strategy=config.training.parallel)
    step = make_step(method, feed)
    size = sum(
        seeds * np.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in specs.values()
    )
    return Training(
        state,
        functools.partial(_run, compiled, arrays, key),
        lambda state: step(state, arrays, key),
        int(size),
    )


def _run(compiled, arrays, key, state, steps):
    return jax.block_until_ready(compiled(state, arrays, key, steps)[0])
