"""What a method is: a record of pure functions over one explicit state."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from reprlearn.columns import Takes

Array = jax.Array
Key = jax.Array  # a typed key, jax.random.key(seed)
Batch = Mapping[str, Array]  # leading axis B; images are floats in [0, 1] here
Metrics = dict[str, Array]

# What a method may be able to do; see Method.
CAPABILITIES = (
    "encode",
    "reconstruct",
    "decode",
    "sample",
    "predict",
    "discriminate",
    "log_likelihood",
)


class TrainState(struct.PyTreeNode):
    """Everything that training changes; nothing else is state.

    Attributes:
      step: int32 scalar, optimisation steps taken.
      params: keyed by player or module, `{"encoder": ..., "decoder": ...}`.
      opt_state: the optimizer's own.
      model_state: what is neither: moving averages, batch statistics.
    """

    step: Array
    params: dict[str, Any]
    opt_state: Any
    model_state: dict[str, Any] = struct.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Method:
    """A way of learning a representation, in the manner of `optax.GradientTransformation`.

    `init` and `update` survive `jax.jit`, `jax.vmap` (over seeds) and `jax.lax.scan` (over steps).
    Capabilities say what the trained thing can do; one that it cannot is None, and whoever draws
    figures or evaluates asks for capabilities, never for a method's name.

    Attributes:
      init: (key, batch) -> state; uses only the batch's shapes.
      update: (state, batch, key) -> (state, metrics); one optimisation step, scalar metrics; the
        progress bar shows the one called "loss".
      evaluate: (state, batch, key) -> metrics, each `[B]`: one value for each example.
      encode: (state, x) -> z, `[B, latent_dim]`, the representation.
      reconstruct: (state, x) -> x_hat, the shape of x.
      decode: (state, z) -> x; the mean, where the model says a distribution.
      sample: (state, key, n) -> x, `[n, ...]`, from the model's distribution, its noise included.
      predict: (state, x) -> class logits, `[B, classes]`.
      discriminate: (state, x) -> logits `[B]` of x being real rather than generated.
      log_likelihood: (state, x, key, samples) -> log p(x), `[B]` nats: the importance-weighted
        bound of so many samples, which rises to log p(x) with their number (Burda et al. 2016).
      takes: the batch that `update` takes.
      judged_on: the batch that `evaluate` takes.
    """

    init: Callable[[Key, Batch], TrainState]
    update: Callable[[TrainState, Batch, Key], tuple[TrainState, Metrics]]
    evaluate: Callable[[TrainState, Batch, Key], Metrics]
    encode: Callable[[TrainState, Array], Array] | None = None
    reconstruct: Callable[[TrainState, Array], Array] | None = None
    decode: Callable[[TrainState, Array], Array] | None = None
    sample: Callable[[TrainState, Key, int], Array] | None = None
    predict: Callable[[TrainState, Array], Array] | None = None
    discriminate: Callable[[TrainState, Array], Array] | None = None
    log_likelihood: Callable[[TrainState, Array, Key, int], Array] | None = None
    takes: Takes = Takes()  # noqa: RUF009
    judged_on: Takes = Takes()  # noqa: RUF009


def initial_state(params: dict[str, Any], optimizer: optax.GradientTransformation) -> TrainState:
    """The state before the first step."""
    return TrainState(step=jnp.int32(0), params=params, opt_state=optimizer.init(params))


DEVICES = "devices"  # the axis of a pmap over devices, where there is one


def mean_over_devices(tree: Any) -> Any:
    """Inside a pmap over DEVICES the mean over the devices; elsewhere the tree as it is."""
    try:
        return jax.lax.pmean(tree, DEVICES)
    except NameError:  # no such axis: one program sees the whole batch
        return tree


def descend(
    optimizer: optax.GradientTransformation, gradients: Any, params: Any, opt_state: Any
) -> tuple[Any, Any]:
    """One step of an optimizer, on the mean of all devices' gradients: (params, opt_state)."""
    updates, opt_state = optimizer.update(mean_over_devices(gradients), opt_state, params)
    return optax.apply_updates(params, updates), opt_state


def gradient_step(
    objective: Callable[[dict[str, Any], Batch, Key, Array], Metrics],
    optimizer: optax.GradientTransformation,
) -> Callable[[TrainState, Batch, Key], tuple[TrainState, Metrics]]:
    """The update of a method with one objective: one gradient step on its mean over the batch.

    Args:
      objective: (params, batch, key, step) -> per-example values, each `[B]`; "loss" is minimised.
      optimizer: any optax transformation.

    Returns:
      `update` for a Method; its metrics are the means of the objective's values.
    """

    def update(state: TrainState, batch: Batch, key: Key) -> tuple[TrainState, Metrics]:
        def mean_loss(params):
            means = jax.tree.map(jnp.mean, objective(params, batch, key, state.step))
            return means["loss"], means

        gradients, metrics = jax.grad(mean_loss, has_aux=True)(state.params)
        params, opt_state = descend(optimizer, gradients, state.params, state.opt_state)
        return state.replace(step=state.step + 1, params=params, opt_state=opt_state), metrics

    return update


def averaged(method: Method, decay: float, *, accumulated: bool = False) -> Method:
    """The same method, judged and used with a moving average of its parameters.

    .. math:: \\bar\\theta_t = d_t \\bar\\theta_{t-1} + (1 - d_t) \\theta_t, \\qquad
              d_t = \\min(d, (1 + t) / (10 + t))

    over the optimizer's steps t = 1, 2, ... Training goes on with theta itself. Early, the average
    forgets the random start faster.

    Args:
      method: any.
      decay: d, from 0 to below 1.
      accumulated: the optimizer is one of `optax.MultiSteps`, and t counts its steps; else those
        of the run.

    Returns:
      a Method whose state has the average in `model_state["average"]`.

    References:
      Polyak & Juditsky 1992, *Acceleration of Stochastic Approximation by Averaging*.
    """

    def init(key, batch):
        state = method.init(key, batch)
        return state.replace(model_state=state.model_state | {"average": state.params})

    def update(state, batch, key):
        after, metrics = method.update(state, batch, key)
        t = steps_taken(after)
        weight = 1.0 - jnp.minimum(decay, (1.0 + t) / (10.0 + t))
        weight = jnp.where(t > steps_taken(state), weight, 0.0)
        average = optax.incremental_update(after.params, state.model_state["average"], weight)
        return after.replace(model_state=after.model_state | {"average": average}), metrics

    def steps_taken(state):
        return optax.tree.get(state.opt_state, "gradient_step") if accumulated else state.step

    def of_average(function):
        return lambda state, *rest: function(
            state.replace(params=state.model_state["average"]), *rest
        )

    used = ("evaluate", *(name for name in CAPABILITIES if getattr(method, name)))
    functions = {name: of_average(getattr(method, name)) for name in used}
    return dataclasses.replace(method, init=init, update=update, **functions)
