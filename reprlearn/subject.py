"""What scores and figures are asked of: a trained run, and the split of the data to judge it on."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from reprlearn import data, evaluation, keys, rundir
from reprlearn.columns import UNLABELLED, Columns, to_model
from reprlearn.methods.base import CAPABILITIES, Method
from reprlearn.roles import X_OF_PAIRS, domain, input_role, label_role, single
from reprlearn.runs import Run

FITTED = 60_000  # training examples that are compared with: a set may be larger than the memory

Space = Callable[[np.ndarray], np.ndarray]
Spaces = Mapping[str, Space]
Sets = Mapping[str, data.Arrays]  # by split

# How what is needed is said.
ROLES = {
    "x": "a single data set",
    "y": "labelled examples",
    "similar": "labelled examples, or listed pairs",
    "right/x": "listed pairs",
    "s": "a sensitive attribute (data.sensitive)",
    "v": "a number for each example (data.label)",
    "target/x": "a target domain (data.target)",
}
TRUTHS = {"centres": "a synthetic mixture (ring, grid)"}
KINDS = {"image": "images", "tokens": "texts", "vector": "vectors", "point": "two-dimensional data"}


class Needs(NamedTuple):
    """What a run must have, for a score or a figure of it.

    Attributes:
      can: capabilities of its method.
      columns: roles of its data.
      truth: what must be known of the data, such as the "centres" of a mixture.
      kind: of the examples, "image", "vector", "tokens", or "point", a vector of two; "": any.
    """

    can: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    truth: tuple[str, ...] = ()
    kind: str = ""

    def lacking(self, method: Method, columns: Columns, truth: Any = None) -> list[str]:
        """What a method on data of such columns lacks, in words; [] if nothing."""
        x = columns[input_role(columns)]
        kinds = ("", x.kind, "point" if x.shape == (2,) else "")
        return Needs(
            tuple(name for name in self.can if not getattr(method, name)),
            tuple(role for role in self.columns if not _has(columns, role)),
            tuple(name for name in self.truth if not hasattr(truth, name)),
            "" if self.kind in kinds else self.kind,
        ).in_words()

    def in_words(self) -> list[str]:
        """What is needed, an item each."""
        abilities = " and ".join(CAPABILITIES[name] for name in self.can)
        return [
            *([f"a method that {abilities}"] if abilities else []),
            *(ROLES[role] for role in self.columns),
            *(TRUTHS[name] for name in self.truth),
            *([KINDS[self.kind]] if self.kind else []),
        ]


def _has(columns: Columns, role: str) -> bool:
    """Whether the data have a role; classes also of a source domain, and they make pairs too."""
    return role in columns or (role in ("y", "similar") and label_role(columns) in columns)


def labelled(arrays: data.Arrays) -> data.Arrays:
    """The examples of a set whose class is known."""
    known = arrays["y"] != UNLABELLED
    return arrays if known.all() else {role: array[known] for role, array in arrays.items()}


def subset(arrays: data.Arrays, count: int, seed: int) -> data.Arrays:
    """At most so many examples of a set, in their order; not the first: it may lie by class."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(arrays["x"]))[:count])
    return {role: array[chosen] for role, array in arrays.items()}


def by_training(arrays: data.Arrays, classes: tuple[int, ...]) -> dict[str, data.Arrays]:
    """The labelled examples of the classes that a run learned from, and of the others.

    Without those that have no other of their class; of data without labels all examples, of listed
    pairs the different ones in them. Of two domains these are of the source.

    Args:
      arrays: a split with all its classes.
      classes: `data.classes` of the run; (): all.

    Returns:
      "" and, if there are at least two classes that were left out, "unseen_"; of a target domain
      with labels of at least two classes, "target_".
    """
    if "source/x" in arrays:
        source, target = (domain(arrays, name) for name in ("source", "target"))
        of_target = by_training(target, classes)[""] if "y" in target else {"y": ()}
        several = len(np.unique(of_target["y"])) > 1
        return by_training(source, classes) | ({"target_": of_target} if several else {})
    if "y" not in arrays:
        return {"": single(arrays)}
    arrays = labelled(arrays)
    groups = {"": data.paired(data.select(arrays, classes))}
    unseen = sorted(set(np.unique(arrays["y"]).tolist()) - set(classes)) if classes else []
    others = data.paired(data.select(arrays, unseen)) if unseen else {"y": ()}
    return groups | ({"unseen_": others} if len(np.unique(others["y"])) > 1 else {})


class Group:
    """Some examples, and where they lie in each space; a space is computed once.

    Attributes:
      arrays: by role.
      x, y: the examples `[N, ...]` and their classes `[N]`; None where these are not known.
      column: of which they are, where they are of a target: "target/x".
      spaces: by name, "learned", "pca", "pixels", "untrained", what takes examples there.
      rows: the examples `[N, D]` in a space; with two towers as the left ones of pairs.
      right_rows: the same as the right ones.
    """

    def __init__(
        self,
        arrays: data.Arrays,
        spaces: Spaces,
        column: str | None = None,
        right_spaces: Spaces | None = None,
    ):
        self.arrays, self.spaces, self.column = arrays, spaces, column
        self.x, self.y = arrays["x"], arrays.get("y")
        self.rows = self.right_rows = functools.cache(lambda name: spaces[name](self.x))
        if right_spaces is not None:
            self.right_rows = functools.cache(lambda name: right_spaces[name](self.x))


class Subject:
    """A run and a split to judge it on; what several scores need is loaded and computed once.

    Attributes:
      run: one seed's.
      split: of its data.
    """

    def __init__(self, run: Run, split: str = "test", sets: Sets | None = None):
        self.run, self.split = run, split
        self._sets = dict(sets or {})
        self._grouped = functools.cache(self._group)

    @property
    def loaded(self) -> Sets:
        """The splits that were loaded."""
        return self._sets

    def load(self, split: str | None = None) -> data.Arrays:
        """The arrays of a split by role, with all classes; None: of the one to judge on.

        Of the training split its first 60,000 examples.
        """
        split = split or self.split
        if split not in self._sets:
            self._sets[split] = self.run.load(split, FITTED if split == "train" else None)
        return self._sets[split]

    def examples(self, split: str | None = None) -> np.ndarray:
        """The x `[N, ...]` of a split, of the run's classes; of two domains the source's."""
        return data.select(single(self.load(split)), self.run.config.data.classes)["x"]

    def key(self, stream: str) -> keys.Key:
        """The key of a stream of its own, such as "scores/modes"."""
        return keys.stream(keys.root(self.run.config.seed), stream)

    def ended_baselines(self) -> list[str]:
        """The names of the run's baselines that ended: one that diverged has no summary."""
        names, workdir = self.run.config.baselines, self.run.workdir
        return [name for name in names if rundir.read_summary(rundir.baseline(workdir, name))]

    @property
    def what(self) -> str:
        """What is judged, in a figure's title."""
        config, seeds = self.run.config, len(self.run.seeds)
        of = f", the first of {seeds} seeds" if seeds > 1 else ""
        target = f" to {config.data.target}" if config.data.target else ""
        return f"{config.method}, {config.data.name}{target}{of}"

    def groups(self, split: str | None = None) -> dict[str, Group]:
        """`by_training` of a split; None: of the one to judge on."""
        return self._grouped(split or self.split)

    def _group(self, split: str) -> dict[str, Group]:
        parts = by_training(self.load(split), self.run.config.data.classes)
        right = self.spaces_of("right/x") if "right/x" in self.run.method.by_column else None
        columns = {prefix: "target/x" if prefix == "target_" else None for prefix in parts}
        return {
            prefix: Group(arrays, self.spaces_of(columns[prefix]), columns[prefix], right)
            for prefix, arrays in parts.items()
        }

    def forget(self) -> None:
        """Lets go of what was computed, and of the training split; the others stay."""
        self._grouped.cache_clear()
        self._sets.pop("train", None)
        for name in ("components", "untrained"):
            self.__dict__.pop(name, None)

    @property
    def spaces(self) -> dict[str, Space]:
        """Where distances are taken: what the run learned, and what stands beside it.

        PCA of the training set, of as many components; the pixels, or a vector's fields; and the
        run's own encoder before its first step. Of texts the encoders alone.
        """
        return self.spaces_of(None)

    def spaces_of(self, column: str | None) -> dict[str, Space]:
        """The same for examples of a column, which a run may encode in a way of its own."""
        found = {
            "learned": lambda x: self.run.encode(x, column),
            "pca": self.pca,
            "pixels": self.flat,
            "untrained": lambda x: self.untrained.encode(x, column),
        }
        if self.run.column.kind == "tokens":
            del found["pca"], found["pixels"]
        return found

    def candidates(self) -> np.ndarray:
        """Where the right one of a listed pair is looked for, `[C, ...]`, each once.

        All examples of the data that the pairs are of, of texts all right ones; of arrays those
        that are in pairs.
        """
        if self.run.dataset.name == "memory":
            every = [self.load(split)[side] for split in data.SPLITS for side in X_OF_PAIRS]
        else:
            items = self.run.examples()
            split = "all" if items.names else "train"
            every = [data.whole(items.open(split, self.run.config.seed))["x"]]
        return np.unique(np.concatenate(every), axis=0)

    @functools.cached_property
    def untrained(self) -> Run:
        """The run before its first step."""
        return self.run.untrained()

    def pca(self, x: np.ndarray) -> np.ndarray:
        """Examples `[N, ...]` along the principal components, `[N, C]`."""
        return self.components(self.flat(x))

    @functools.cached_property
    def components(self) -> evaluation.Projection:
        """As many principal components as a code has numbers, or fewer where there are no more.

        Fitted to those of the run's classes among the first 60,000 training examples.
        """
        train = self.flat(self.examples("train"))
        one = jax.ShapeDtypeStruct((1, *self.run.column.shape), np.float32)
        width = jax.eval_shape(self.run.method.encode, self.run.state, one).shape[1]
        return evaluation.principal_components(train, min(width, *train.shape))

    def flat(self, x: np.ndarray) -> np.ndarray:
        """Examples `[N, ...]` to rows of what the model sees of them, `[N, D]`."""
        return to_model(self.run.column, x).reshape(len(x), -1)
