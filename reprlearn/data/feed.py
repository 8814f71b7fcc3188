"""Feeds: training batches as a pure function of (key, step), made inside the compiled step."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reprlearn import keys
from reprlearn.columns import Columns, check_arrays, for_model, unit_floats
from reprlearn.data import groups, pairs
from reprlearn.data.dataset import Sampler, select
from reprlearn.data.labelling import few_of_target, filled, forget, labelled, with_labelled
from reprlearn.data.listed_batches import listed, to_judge
from reprlearn.data.permutation import batch_indices
from reprlearn.data.weighting import weighted
from reprlearn.errors import UsageError, check_choice
from reprlearn.roles import Takes

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
    takes: Takes,
    arrays: Arrays,
    options: Any,
    *,
    steps: int,
    seed: int = 0,
    sampler: Sampler | None = None,
) -> Feed:
    """The feed of the batches that a method takes.

    Args:
      takes: what the method's update takes: a set's own arrays, in an order that permutes every
        epoch, of two domains each in its own; or pairs and the like, drawn by class.
      arrays: the training set by role, each `[N, ...]`.
      options: `config.data`.
      steps: of the run, to check that places in the stream stay countable.
      seed: of the run; it draws whose labels are seen, where `data.max_labels` bounds them.
      sampler: draws examples from a key instead, where the data are a distribution.

    Raises:
      UsageError: a batch larger than the data, a set that lacks what the method takes.
    """
    check_choice("the kind of batch", takes.draw, DRAWS)
    if sampler is None:
        arrays = forget(arrays, takes, options.max_labels, seed)
        if takes.has_few_of_target:
            arrays = few_of_target(arrays, options.target_labels, seed)
        arrays = weighted(with_labelled(arrays, takes), takes)
    elif options.max_labels:
        raise UsageError(
            f"data.max_labels is {options.max_labels}; allowed where examples are drawn: 0, all"
        )
    if not options.batch_size:
        return _whole(takes, arrays, sampler)
    rows = options.batch_size * takes.minibatches
    if sampler is not None and takes.draw == "order":
        if options.classes:
            raise UsageError(
                f"data.classes is {options.classes}; allowed where examples are drawn: (), all"
            )
        check_length(options.batch_size, rows, None, steps)

        def drawn(_, key, step):
            batch = sampler(jax.random.fold_in(key, step), rows)
            return {role: batch[role] for role in takes.columns}

        return Feed({}, drawn)
    arrays = labelled(arrays, takes)
    if takes.draw != "order":
        return _pairs(takes.draw, arrays, rows, options, steps)
    arrays = {role: arrays[role] for role in takes.columns}
    return _ordered(filled(arrays, rows), rows, options, steps)


def evaluation_set(
    takes: Takes,
    arrays: Arrays,
    columns: Columns,
    options: Any,
    seed: int,
    what: str = "the data",
) -> dict[str, np.ndarray]:
    """What a method is evaluated on, of a split with all its classes: rows that belong together.

    Args:
      takes: some of the arrays themselves; or "pairs", those that are listed, or as many as there
        are examples, the same ones each time.
      arrays: the split by role, each `[N, ...]`.
      columns: of a run, which the split must have.
      options: `config.data`; of its classes, if any, are the examples.
      seed: of the run; it draws the pairs.
      what: the split in words.

    Raises:
      UsageError: a split that is not of such columns, or lacks what the method is judged on.
    """
    check_choice("the kind of evaluation", takes.draw, ("order", "pairs"))
    arrays = for_model(arrays, columns)
    check_arrays(arrays, columns, what)
    arrays = labelled(select(arrays, options.classes), takes)
    if "similar" in takes.columns:
        each = max(1, round(options.dissimilar_ratio))
        chosen = to_judge(arrays, seed, each)
        sides = {"left": chosen.x[chosen.left], "right": chosen.x[chosen.right]}
        return sides | {"similar": chosen.similar}
    if takes.draw == "pairs":
        uniform = pairs.uniform_of(options)
        return pairs.fixed_pairs(arrays, options.dissimilar_ratio, seed, uniform)
    return {role: arrays[role] for role in takes.columns}


def _whole(takes: Takes, arrays: Arrays, sampler: Sampler | None) -> Feed:
    """The whole training split in every step, in its own order."""
    domains = set(map(_domain, takes.columns))
    is_one_set = takes.draw == "order" and takes.minibatches == 1 and len(domains) == 1
    if sampler is not None or not is_one_set:
        what = "examples are drawn" if sampler is not None else "a batch is not one set of examples"
        raise UsageError(f"data.batch_size is 0; allowed where {what}: at least 1")
    arrays = labelled(arrays, takes)
    return Feed(
        {role: arrays[role] for role in takes.columns},
        lambda arrays, key, step: as_floats(dict(arrays)),
    )


def _domain(role: str) -> str:
    return role.rpartition("/")[0]


def _ordered(arrays: Arrays, rows: int, options: Any, steps: int) -> Feed:
    """Examples in an order that permutes every epoch; of two domains each in its own."""
    lengths = {_domain(role): len(array) for role, array in arrays.items()}
    for length in lengths.values():
        check_length(options.batch_size, rows, length, steps)

    def batch_at(arrays, key, step):
        # One order takes the key itself; those of several never equal it.
        orders = [key] if len(lengths) == 1 else jax.random.split(key, len(lengths))
        chosen = {
            domain: batch_indices(order, step, rows, length)
            for order, (domain, length) in zip(orders, lengths.items(), strict=True)
        }
        return as_floats({role: a[chosen[_domain(role)]] for role, a in arrays.items()})

    return Feed(arrays, batch_at)


def _pairs(draw: str, arrays: Arrays, rows: int, options: Any, steps: int) -> Feed:
    """Pairs, triplets, pairs of one class, groups: of listed pairs, or drawn by class."""
    ratio = options.dissimilar_ratio
    if "similar" in arrays:
        kept, batch_at = listed(draw, arrays, rows, ratio)
        check_length(options.batch_size, rows, None, steps)
    else:
        arrays = pairs.paired(arrays)
        if draw == "classes":
            kept, batch_at = groups.grouped(arrays, rows, options.per_class)
        else:
            kept, batch_at = pairs.sampled(draw, arrays, rows, ratio, options.pairs)
        check_length(options.batch_size, rows, len(arrays["y"]), steps)
    return Feed(kept, lambda *place: as_floats(batch_at(*place)))


DRAWS = ("order", "pairs", "positives", "triplets", "classes")


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


def as_floats(batch: Mapping[str, jax.Array]) -> Batch:
    """The batch with its uint8 images as float32 in [0, 1]."""
    return {role: unit_floats(array) for role, array in batch.items()}
