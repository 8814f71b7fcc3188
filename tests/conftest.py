"""Shared by all tests: strict JAX, small data prepared once, tiny configs."""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hypothesis
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
WORDS = Path(__file__).parent / "words.csv"  # pairs of texts
SENTENCES = Path(__file__).parent / "sentences.csv"  # texts of two kinds
PEOPLE = Path(__file__).parent / "people.csv"  # a table with a sensitive attribute


FITTED = ("bound", "divergence", "selection", "label_shift")


def pytest_configure(config):
    """One data folder for all workers, with two sets prepared before any starts."""
    # The same inputs every day, as everywhere here; a slow machine is no failure.
    hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None, max_examples=60)
    hypothesis.settings.load_profile("seeded")
    # JAX writes its cache in place: a worker must not read what another has half written.
    cache = ROOT / ".pytest_cache" / "jax" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(cache)
    if hasattr(config, "workerinput"):  # a worker of xdist inherits the environment
        return
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # Most of the suite's time is compilation: without LLVM's optimisation it takes a third less.
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    )
    os.environ["TFDS_DATA_DIR"] = config.reprlearn_data = tempfile.mkdtemp(prefix="reprlearn-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    from reprlearn import data

    for name in ("digits", "mnist_5k"):
        data.load(name, "test")


def pytest_unconfigure(config):
    """Takes the data folder away again."""
    if hasattr(config, "reprlearn_data"):
        shutil.rmtree(config.reprlearn_data, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def strict_jax():
    """Broadcasting two arrays of different rank is an error in every test."""
    import jax

    jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(scope="session")
def digits():
    """The test digits: "x" uint8 [355, 8, 8, 1] and "y"."""
    from reprlearn import data

    return data.load("digits", "test")


def tiny(path: str, **overrides):
    """A config made small: digits for images, few steps; overrides with __ for the dot."""
    from ml_collections import ConfigDict

    from reprlearn import config as configs
    from reprlearn import data, testing
    from reprlearn.models import build

    config = configs.load(str(ROOT / "configs" / path))
    small = dict(testing.SMALL)
    is_of_text = config.model.get("encoder", {}).get("network") in build.OF_TEXT
    is_of_groups = config.method == "fair"
    dataset = None if is_of_text or is_of_groups else data.open_dataset(config.data)
    if is_of_text and config.data.target:
        small |= {"data.name": str(SENTENCES), "data.target": str(SENTENCES)}
        small |= {"data.text": ("text",), "data.label": "kind"}
    elif is_of_text:
        small |= {"data.name": str(WORDS), "data.text": ("typed", "meant")}
    elif is_of_groups:
        small |= {"data.name": str(PEOPLE), "data.label": "repaid", "data.sensitive": "sex"}
        small["data.ignore"] = ()
    elif "style" in dataset.columns:
        small |= {"data.image_size": (24, 24), "data.batch_size": 0}
        small |= {"model.widths": (4, 8), "model.content_layer": "conv2_1"}
    elif not dataset.drawn:
        small["data.name"] = "digits"
        small |= {"data.target": "digits"} if config.data.target else {}
    if config.data.target:  # what fits classifiers costs more than the training
        small["scores"] = tuple(name for name in config.scores if name not in FITTED)
        small["watch"] = ()
    if "latent_dim" in config.model:
        small["model.latent_dim"] = 2
    for name, group in config.model.items():
        is_network = isinstance(group, ConfigDict) and "network" in group
        if is_network and group.network not in ("mirror", "tied"):
            small[f"model.{name}.widths"] = (8,)
    small |= {name.replace("__", "."): value for name, value in overrides.items()}
    for name, value in small.items():
        configs.set_field(config, name, value)
    return config


def labelled_images(count=60, classes=3, shape=(6, 5)):
    """Images and their labels, the number of each in its first pixel."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 256, (count, *shape), np.uint8), np.arange(count) % classes
    x.reshape(count, -1)[:, 0] = np.arange(count) % 256
    return x, y


def image_columns(shape=(8, 8, 1), classes="0123456789"):
    """The columns of labelled images, as those of the digits."""
    from reprlearn import columns

    return {"x": columns.image(shape), "y": columns.classes(classes)}


class Whole:
    """A split of arrays that may differ in length, as those of two domains do."""

    def __init__(self, arrays):
        self.arrays = {role: np.asarray(array) for role, array in arrays.items()}

    def __len__(self):
        return len(next(iter(self.arrays.values())))

    def read(self, places):
        return {role: array[places] for role, array in self.arrays.items()}

    def whole(self, first=None):
        return {role: array[:first] for role, array in self.arrays.items()}


def change_data(monkeypatch, change, **fields):
    """Every split that is opened gives `change(split, arrays, seed)`, and fields of its set."""
    from reprlearn import data

    opened = data.open_dataset

    def other(group, like=None):
        dataset = opened(group, like)

        def open_split(split, seed=0, draw=0):
            arrays = data.whole(dataset.open(split, seed, draw))
            return Whole(change(split, arrays, seed))

        return dataclasses.replace(dataset, open=open_split, **fields)

    monkeypatch.setattr(data, "open_dataset", other)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a file in the working folder, which is empty; returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="t.csv"):
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


def refusal(call, *arguments, **named):
    """The one line in which a call is refused."""
    from reprlearn.errors import UsageError

    with pytest.raises(UsageError) as caught:
        call(*arguments, **named)
    message = str(caught.value)
    assert "\n" not in message and "\r" not in message
    return message


def config_files() -> list[str]:
    """Every experiment in configs/."""
    from reprlearn import config as configs

    return [Path(file).name for file in configs.files(ROOT / "configs")]


def command(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """Runs Python as a user would, from the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
