"""Packages whose modules are found by themselves: one more file is one more method, score, ..."""

import importlib
import pkgutil
from types import ModuleType

SHARED = "base"  # the module of a package that the others share


def names(package: str) -> list[str]:
    """The modules of a package, in alphabetical order, without what they share."""
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if module.name != SHARED)


def load(package: str, name: str) -> ModuleType:
    """A module of a package."""
    return importlib.import_module(f"{package}.{name}")
