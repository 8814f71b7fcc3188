"""reprlearn: learned representations in JAX and Flax; every run a pure function of its config.

>>> import reprlearn
>>> run = reprlearn.restore("runs/vae")              # doctest: +SKIP
>>> z = run.encode(images)                           # doctest: +SKIP
"""

import importlib

__version__ = "0.1.0"

# Loaded on first use: `import reprlearn` stays quick.
_HOMES = {
    "Run": "reprlearn.runs",
    "Transformer": "reprlearn.transformer",
    "UsageError": "reprlearn.errors",
    "default_config": "reprlearn.schema",
    "load_config": "reprlearn.config",
    "load_data": "reprlearn.data",
    "restore": "reprlearn.runs",
    "train": "reprlearn.experiment",
}
_NAMES = {"load_config": "load", "load_data": "load"}
_MODULES = ("data", "evaluation", "keys", "losses", "methods", "models", "plots")

__all__ = ["__version__", *_HOMES, *_MODULES]


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"reprlearn.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), _NAMES.get(name, name))
    raise AttributeError(f"module 'reprlearn' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
