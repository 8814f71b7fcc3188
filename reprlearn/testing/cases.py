"""Methods as their configs describe them, made small, before the first step."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from reprlearn import config as configs
from reprlearn import data, keys, methods, schema
from reprlearn.assemble import assemble
from reprlearn.training import parallel

ROWS = 20  # examples that are evaluated
SMALL = {
    "data.batch_size": 20,
    "data.eval_batch_size": 50,
    "training.num_seeds": 1,
    "training.steps": 12,
    "training.steps_per_call": 4,
    "training.log_every": 4,
    "training.eval_every": 6,
    "training.checkpoint_every": 6,
    "figures": "off",
    "report": "off",
}


class Case(NamedTuple):
    """A method with what its config describes, before the first step."""

    config: ConfigDict  # without scores and baselines
    method: methods.Method
    feed: data.Feed
    dataset: data.Dataset
    state: methods.TrainState
    batch: Mapping[str, jax.Array]  # as `update` takes it
    held_out: Mapping[str, jax.Array]  # of 20 rows, as `evaluate` takes it


def small(config: ConfigDict, fields: Mapping[str, Any] = {}) -> ConfigDict:
    """The config with 12 steps of few examples, and these fields by dotted path."""
    config = schema.complete(config)
    kept = {} if config.data.batch_size else {"data.batch_size": 0}  # all examples stay all
    return configs.changed(config, SMALL | kept | dict(fields))


def case(config: ConfigDict) -> Case:
    """The method of a config with its first batch, and 20 test examples."""
    config = schema.complete(config).unlock()
    config.scores, config.baselines = (), ConfigDict()
    method, feed, dataset, (sets,), _ = assemble(config.lock())
    batch = jax.jit(feed.batch_at)(feed.arrays, keys.root(0), jnp.int32(0))
    judged_on = method.judged_on, sets["test"], dataset.columns, config.data, config.seed
    held_out = {role: jnp.asarray(v[:ROWS]) for role, v in data.evaluation_set(*judged_on).items()}
    state = parallel.initial_state(method, keys.root(0), batch)
    return Case(config, method, feed, dataset, state, batch, data.as_floats(held_out))


def variants(config: ConfigDict) -> list[ConfigDict]:
    """The config with each set of fields that its method's module lists as VARIANTS."""
    listed = getattr(methods.load(config.method), "VARIANTS", ())
    return [configs.changed(config, fields) for fields in listed]
