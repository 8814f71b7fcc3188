"""Which examples have a label: those left out for want of one, and the labels training may see."""

from collections.abc import Mapping

import numpy as np

from reprlearn.columns import UNLABELLED
from reprlearn.errors import UsageError
from reprlearn.roles import LABELLED, Takes, class_roles

Arrays = Mapping[str, np.ndarray]


def labelled(arrays: Arrays, takes: Takes) -> Arrays:
    """The arrays without the examples that lack a label, where the method takes labels.

    Raises:
      UsageError: a role that the method takes and the set lacks; no example has a label.
    """
    if lacking := [role for role in takes.columns if role not in arrays]:
        raise UsageError(
            f"data: {', '.join(arrays)}, without {', '.join(lacking)}; the method takes "
            f"{', '.join(takes.columns)}"
        )
    for role in class_roles(takes.columns):
        known, prefix = arrays[role] != UNLABELLED, role[:-1]
        if not known.any():
            raise UsageError(f"data: no example of {role} has a label; allowed: some that have")
        if not known.all():
            arrays = {
                name: array[known]
                if name.startswith(prefix) and "/" not in name[len(prefix) :]
                else array
                for name, array in arrays.items()
            }
    return arrays


def with_labelled(arrays: Arrays, takes: Takes) -> Arrays:
    """The arrays, and once more as "labelled/..." for a method that takes the labelled ones apart.

    The same arrays: `labelled` leaves out of the second ones who has no label.
    """
    apart = [role for role in takes.columns if role.startswith(LABELLED)]
    own = {role: role.removeprefix(LABELLED) for role in apart}
    return {**arrays, **{role: arrays[name] for role, name in own.items() if name in arrays}}


def forget(arrays: Arrays, takes: Takes, most: int, seed: int) -> Arrays:
    """The arrays with the labels of only so many examples, as many of each class as can be.

    Args:
      arrays: of a training split.
      takes: what the method learns from.
      most: how many keep their label, of two domains in each; 0: all.
      seed: it draws which.

    Raises:
      UsageError: the method takes no labels; fewer than one for each class.
    """
    if not most:
        return arrays
    if not takes.needs_labels:
        raise UsageError(
            f"data.max_labels is {most}; allowed with a method that takes no labels: 0"
        )
    return {**arrays, **{role: _few(arrays[role], most, seed) for role in class_roles(arrays)}}


def few_of_target(arrays: Arrays, each: int, seed: int) -> Arrays:
    """The arrays with so many labels of each of the target's classes.

    Args:
      arrays: of a training split.
      each: how many examples of each class keep their label.
      seed: it draws which.

    Raises:
      UsageError: the target has no classes, or fewer examples of one.
    """
    if "target/y" not in arrays:
        raise UsageError(f"data.target_labels is {each}; allowed of a target without classes: 0")
    y = arrays["target/y"]
    classes, counts = np.unique(y[y != UNLABELLED], return_counts=True)
    if not len(classes) or counts.min() < each:
        most = counts.min() if len(classes) else 0
        raise UsageError(
            f"data.target_labels is {each}; allowed: at most {most}, the labelled training "
            "examples of the target's smallest class"
        )
    return {**arrays, "target/y": _few(y, each * len(classes), seed)}


def filled(arrays: Arrays, rows: int) -> Arrays:
    """The arrays with the labelled examples of their own repeated until they fill a batch.

    Args:
      arrays: by role; those of "labelled/..." are repeated, all equally often.
      rows: of a batch.
    """

    def times(array: np.ndarray) -> int:
        return -(-rows // len(array))

    return {
        role: np.concatenate([array] * times(array))
        if role.startswith(LABELLED) and times(array) > 1
        else array
        for role, array in arrays.items()
    }


def _few(y: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Labels `[N]`, those of all but `most` examples unknown; the classes take turns."""
    places = np.random.default_rng(seed).permutation(np.flatnonzero(y != UNLABELLED))
    classes = np.unique(y[places])
    if most < len(classes):
        raise UsageError(
            f"data.max_labels is {most}; allowed with {len(classes)} classes: 0, or at least "
            f"{len(classes)}"
        )
    turn = np.empty(len(places), int)
    for label in classes:
        of_class = y[places] == label
        turn[of_class] = np.arange(of_class.sum())
    kept = places[np.lexsort((y[places], turn))[:most]]
    few = np.full_like(y, UNLABELLED)
    few[kept] = y[kept]
    return few
