"""Feeds: training batches as a pure function of (key, step), made inside the compiled step."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import keys
from reprlearn.data import pairs
from reprlearn.data.permutation import batch_indices
from reprlearn.data.synthetic import Sampler
from reprlearn.errors import UsageError, check_choice
from reprlearn.examples import input_name

Arrays = Mapping[str, np.ndarray]
Batch = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Feed:
    """Where a run's batches come from.

    Attributes:
      arrays: what lies on the device, by name; nothing where examples are drawn from the key; of a
        stream the shapes of a chunk, the batches of one call; see data/stream.py.
      batch_at: (arrays, key, step) -> batch, as a method takes it: images float32 in [0, 1].
      batches: of a stream (key, first, last) -> the batches from step first to last - 1, as they
        are stored; None where the data lie on the device.
      stacked: of several seeds at once, the arrays that have one entry a seed; None for one run.
    """

    arrays: Arrays
    batch_at: Callable[[Arrays, jax.Array, jax.Array], Batch]
    batches: Callable[[jax.Array, int, int], Iterator[Arrays]] | None = None
    stacked: frozenset[str] | None = None

    def batch_shapes(self) -> dict[str, jax.ShapeDtypeStruct]:
        """What a batch looks like; of several seeds, one of theirs."""
        one = {
            name: array[0] if name in (self.stacked or ()) else array
            for name, array in self.arrays.items()
        }
        key = keys.root(0)
        return jax.eval_shape(self.batch_at, one, key, jnp.int32(0))


def over_seeds(feeds: Sequence[Feed]) -> Feed:
    """The feed of several runs at once; arrays that are the same for all are kept once."""
    first, differ = feeds[0], set()
    for name, array in first.arrays.items():
        if not all(np.array_equal(array, feed.arrays[name]) for feed in feeds[1:]):
            differ.add(name)
    arrays = {
        name: np.stack([feed.arrays[name] for feed in feeds]) if name in differ else array
        for name, array in first.arrays.items()
    }
    return Feed(arrays, first.batch_at, stacked=frozenset(differ))


def make_feed(
    kind: str,
    arrays: Arrays,
    options: Any,
    *,
    steps: int,
    minibatches: int = 1,
    sampler: Sampler | None = None,
) -> Feed:
    """The feed of batches of a kind.

    Args:
      kind: one of KINDS, what the method's update takes:
        "examples": a set's own arrays, in an order that permutes every epoch;
        "labelled_examples": the same of a set that has labels;
        "pairs", "positives", "triplets": see `data.pairs`;
        "domains": "source/..." and "target/...", each in its own order, without target labels;
        "labelled_domains": the same with them.
      arrays: the training set, each `[N, ...]`.
      options: `config.data`.
      steps: of the run, to check that places in the stream stay countable.
      minibatches: how many minibatches of `batch_size` a batch holds, one after the other.
      sampler: draws examples from a key instead, where the data are a distribution.

    Raises:
      UsageError: a batch larger than the data, a set that lacks what the kind needs.
    """
    check_choice("the kind of batch", kind, KINDS)
    rows = options.batch_size * minibatches
    if sampler is not None and kind in ("examples", "labelled_examples"):
        if options.classes:
            raise UsageError(
                f"data.classes is {options.classes}; allowed where examples are drawn: (), all"
            )
        check_length(options.batch_size, rows, None, steps)
        return Feed({}, lambda _, key, step: sampler(jax.random.fold_in(key, step), rows))
    check_arrays(kind, arrays)
    return KINDS[kind](arrays, rows, options, steps)


def evaluation_set(kind: str, arrays: Arrays, options: Any, seed: int) -> dict[str, np.ndarray]:
    """What a method is evaluated on, from the arrays of a split: rows that belong together.

    Args:
      kind: "examples", the arrays themselves; "source", those of the source domain; "pairs", as
        many pairs as there are examples, the same ones each time.
      arrays: the split, each `[N, ...]`.
      options: `config.data`.
      seed: of the run; it draws the pairs.
    """
    check_choice("the kind of evaluation", kind, ("examples", "source", "pairs"))
    if kind == "source":
        return {name: array for name, array in arrays.items() if name.startswith("source/")}
    if kind == "pairs":
        check_arrays("pairs", arrays)
        uniform = pairs.uniform_of(options)
        return pairs.fixed_pairs(arrays, options.dissimilar_ratio, seed, uniform)
    return dict(arrays)


def check_arrays(kind: str, arrays: Arrays) -> None:
    """Refuses a set that lacks the arrays that a kind of batch is made of."""
    if "domains" in kind:
        if not any(name.startswith("target/") for name in arrays):
            raise UsageError(
                f"data: arrays {', '.join(arrays)}; allowed: two domains, source/... and target/..."
            )
        if "source/label" not in arrays:
            raise UsageError("data: the source domain has no labels; allowed: a labelled source")
        return
    input_name(arrays)
    if kind != "examples" and "label" not in arrays:
        raise UsageError("data: examples without labels; allowed here: a set with labels")


def _examples(arrays: Arrays, rows: int, options: Any, steps: int) -> Feed:
    length = len(next(iter(arrays.values())))
    check_length(options.batch_size, rows, length, steps)

    def batch_at(arrays, key, step):
        return gather(arrays, batch_indices(key, step, rows, length))

    return Feed(arrays, batch_at)


def _pairs(kind: str) -> Callable[[Arrays, int, Any, int], Feed]:
    def make(arrays, rows, options, steps):
        if kind == "pairs" and options.pairs not in pairs.WAYS:
            if options.classes:
                raise UsageError(
                    f"data.classes is {options.classes}; allowed with a file of pairs: (), all"
                )
            kept, batch_at = pairs.listed(arrays, options.pairs, rows)
            check_length(options.batch_size, rows, len(kept["pairs"]), steps)
        else:
            check_length(options.batch_size, rows, len(arrays["label"]), steps)
            ratio = options.dissimilar_ratio
            kept, batch_at = pairs.sampled(kind, arrays, rows, ratio, options.pairs)
        return Feed(kept, lambda *place: as_floats(batch_at(*place)))

    return make


def _domains(keep_target_labels: bool) -> Callable[[Arrays, int, Any, int], Feed]:
    def make(arrays, rows, options, steps):
        kept = {
            name: array
            for name, array in arrays.items()
            if keep_target_labels or name != "target/label"
        }
        lengths = _lengths(kept)
        for length in lengths.values():
            check_length(options.batch_size, rows, length, steps)

        def batch_at(arrays, key, step):
            orders = dict(zip(("source", "target"), jax.random.split(key), strict=True))
            chosen = {
                domain: batch_indices(orders[domain], step, rows, length)
                for domain, length in lengths.items()
            }
            return as_floats({name: a[chosen[name.split("/")[0]]] for name, a in arrays.items()})

        return Feed(kept, batch_at)

    return make


def _lengths(arrays: Arrays) -> dict[str, int]:
    """How many examples each domain has; refuses domains whose examples differ in shape."""
    shapes, lengths = {}, {}
    for name, array in arrays.items():
        domain, _, what = name.partition("/")
        lengths[domain] = len(array)
        if what != "label":
            shapes[domain] = array.shape[1:]
    if shapes["source"] != shapes["target"]:
        raise UsageError(
            f"data: source examples of shape {shapes['source']}, target examples of "
            f"{shapes['target']}; allowed: one shape"
        )
    return lengths


KINDS: dict[str, Callable[[Arrays, int, Any, int], Feed]] = {
    "examples": _examples,
    "labelled_examples": _examples,
    "pairs": _pairs("pairs"),
    "positives": _pairs("positives"),
    "triplets": _pairs("triplets"),
    "domains": _domains(keep_target_labels=False),
    "labelled_domains": _domains(keep_target_labels=True),
}


def check_length(batch_size: int, rows: int, length: int | None, steps: int) -> None:
    """Refuses a batch that is larger than the data, and runs beyond 2^32 examples.

    Raises:
      UsageError: with the field, its value and the bound.
    """
    if length is not None and rows > length:
        times = rows // batch_size
        what = f"{length}, the training examples" if times == 1 else f"{length // times}"
        each = "" if times == 1 else f" ({times} minibatches a step, {length} training examples)"
        raise UsageError(f"data.batch_size is {batch_size}; allowed: at most {what}{each}")
    bound = min(2**31, 2**32 // rows)  # steps are int32, places in the stream uint32
    if steps >= bound:
        raise UsageError(
            f"training.steps is {steps}; allowed with data.batch_size {batch_size}: below {bound}"
        )


def gather(arrays: Mapping[str, jax.Array], indices: jax.Array) -> Batch:
    """The examples at the indices, as a method takes them."""
    return as_floats({name: array[indices] for name, array in arrays.items()})


def as_floats(batch: Mapping[str, jax.Array]) -> Batch:
    """The batch with its uint8 images as float32 in [0, 1]."""
    return {
        name: array.astype(jnp.float32) / 255.0 if array.dtype == jnp.uint8 else array
        for name, array in batch.items()
    }
