"""Class logits: the loss they are trained by, and what they are judged by."""

import statistics
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import optax

from reprlearn.columns import Column, Columns
from reprlearn.errors import UsageError
from reprlearn.roles import need

LEAST_RISE = 0.1  # nats


def need_classes(columns: Columns, role: str, who: str) -> Column:
    """The column of the classes; `who` says who needs it.

    Raises:
      UsageError: the data have none, or do not say which classes there are.
    """
    column = need(columns, role, who)
    if not column.names:
        raise UsageError(f"{who} needs classes; the labels of the data have no names")
    return column


def cross_entropy(logits: jax.Array, y: jax.Array) -> jax.Array:
    """-log p(y|x) of each example, `[B]` nats.

    Args:
      logits: `[B, classes]`.
      y: class numbers, int32 `[B]`.
    """
    return optax.softmax_cross_entropy_with_integer_labels(logits, y)


def judged(logits: jax.Array, y: jax.Array, prefix: str = "") -> dict[str, jax.Array]:
    """What a classifier is evaluated by, each `[B]`: its cross-entropy, and whether it is right."""
    right = (logits.argmax(axis=-1) == y).astype(jnp.float32)
    return {
        f"{prefix}cross_entropy": cross_entropy(logits, y),
        # The largest of logits that are not numbers would be the first.
        f"{prefix}accuracy": jnp.where(jnp.isnan(logits).any(axis=-1), jnp.nan, right),
    }


def alarms(lines: Sequence[Mapping[str, float]], name: str) -> list[str]:
    """Says where the loss of the labels rose over training, by a tenth and by 0.1 nats or more.

    Args:
      lines: the metrics of training in order.
      name: of the loss.
    """
    losses = [line[name] for line in lines]
    first, last = losses[0], statistics.fmean(last_quarter(losses))
    if last < 1.1 * first or last < first + LEAST_RISE:
        return []
    return [
        f"{name} rose from {first:.3g} at first to {last:.3g} at the end: the labels are no longer "
        "learned. Lower optimizer.learning_rate, or the weight of what is learned beside them"
    ]


def last_quarter(values: Sequence[float]) -> Sequence[float]:
    """The last quarter of some values, one at least."""
    return values[-max(1, len(values) // 4) :]
