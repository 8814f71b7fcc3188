"""What a method is: a record of pure functions over one explicit state."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct

from reprlearn.devices import mean_over_devices
from reprlearn.roles import Takes

Array = jax.Array
Key = jax.Array  # a typed key, jax.random.key(seed)
Batch = Mapping[str, Array]  # leading axis B; images are floats in [0, 1] here
Metrics = dict[str, Array]


class TrainState(struct.PyTreeNode):
    """Everything that training changes; nothing else is state.

    Attributes:
      step: int32 scalar, optimisation steps taken.
      params: keyed by player or module, `{"encoder": ..., "decoder": ...}`.
      opt_state: the optimizer's own.
      model_state: what is neither, floats: moving averages, batch statistics.
    """

    step: Array
    params: dict[str, Any]
    opt_state: Any
    model_state: dict[str, Any] = struct.field(default_factory=dict)


def _can(does: str) -> Any:
    """A capability, None where a method lacks it; in words what a method that has it does."""
    return dataclasses.field(default=None, metadata={"does": does})


@dataclasses.dataclass(frozen=True)
class Method:
    """A way of learning a representation, in the manner of `optax.GradientTransformation`.

    `init` and `update` survive `jax.jit`, `jax.vmap` (over seeds) and `jax.lax.scan` (over steps).
    Capabilities say what the trained thing can do; one that it cannot is None, and whoever draws
    figures or evaluates asks for capabilities, never for a method's name.

    Attributes:
      init: (key, batch) -> state; the batch is the one of the first step.
      update: (state, batch, key) -> (state, metrics); one optimisation step, scalar metrics; the
        progress bar shows the one called "loss".
      evaluate: (state, batch, key) -> metrics, each `[B]`: one value for each example.
      takes: the batch that `update` takes.
      judged_on: the batch that `evaluate` takes.
      chance: of a metric, its value where nothing is learned, for figures.
      alarms: (the lines of metrics of training) -> what went wrong, a sentence each.
      by_column: columns whose examples are encoded each in a way of their own, such as the sides
        of pairs; the capabilities BY_COLUMN then take the column as a last argument, static, which
        is the first of these where it is left out.
      encode: (state, x) -> z, `[B, D]`; D is latent_dim, but for a GAN, where that is the noise's.
      reconstruct: (state, x) -> x_hat, the shape of x.
      corrupt: (state, x, key) -> x as the encoder sees it in training, corrupted anew.
      decode: (state, z) -> x; the mean, where the model says a distribution.
      prior: (state, key, n) -> z, `[n, latent_dim]`, codes as the model expects them.
      sample: (state, key, n) -> x, `[n, ...]`, from the model's distribution, its noise included.
      directions: (state) -> `[latent_dim, ...]`, how x changes with each number of a linear code.
      predict: (state, x) -> class logits, `[B, classes]`.
      discriminate: (state, x) -> logits `[B]` of x being real rather than generated, or of the
        source rather than of the target.
      image: (state) -> `[1, H, W, C]` in [0, 1], an image that is itself what is learned.
      resemblance: (state, x) -> {"content", "style"}, each `[B]`: how far images x are from those
        whose content and whose style are wanted.
      log_likelihood: (state, x, key, samples) -> log p(x), `[B]` nats: the importance-weighted
        bound of so many samples, which rises to log p(x) with their number (Burda et al. 2016).
    """

    init: Callable[[Key, Batch], TrainState]
    update: Callable[[TrainState, Batch, Key], tuple[TrainState, Metrics]]
    evaluate: Callable[[TrainState, Batch, Key], Metrics]
    takes: Takes = Takes()
    judged_on: Takes = Takes()
    chance: Mapping[str, float] = dataclasses.field(default_factory=dict)
    alarms: Callable[[Sequence[Mapping[str, float]]], list[str]] = lambda lines: []
    by_column: tuple[str, ...] = ()
    encode: Callable[..., Array] | None = _can("encodes")
    reconstruct: Callable[[TrainState, Array], Array] | None = _can("reconstructs")
    corrupt: Callable[[TrainState, Array, Key], Array] | None = _can("corrupts its inputs")
    decode: Callable[[TrainState, Array], Array] | None = _can("decodes")
    prior: Callable[[TrainState, Key, int], Array] | None = _can("has a prior")
    sample: Callable[[TrainState, Key, int], Array] | None = _can("samples")
    directions: Callable[[TrainState], Array] | None = _can("decodes linearly")
    predict: Callable[..., Array] | None = _can("predicts")
    discriminate: Callable[..., Array] | None = _can("discriminates")
    image: Callable[[TrainState], Array] | None = _can("makes an image")
    resemblance: Callable[[TrainState, Array], Metrics] | None = _can("compares content and style")
    log_likelihood: Callable[[TrainState, Array, Key, int], Array] | None = _can("has a likelihood")


BY_COLUMN = ("encode", "predict", "discriminate")  # what may depend on it, see `Method.by_column`

# What a method may be able to do, and how that is said: "a method that ...".
CAPABILITIES: Mapping[str, str] = {
    field.name: field.metadata["does"]
    for field in dataclasses.fields(Method)
    if "does" in field.metadata
}


def initial_state(
    params: dict[str, Any], optimizer: optax.GradientTransformation, model_state: Any = None
) -> TrainState:
    """The state before the first step."""
    # Some optimizers begin with weak types, which the first step would make strong, and recompile.
    opt_state = jax.tree.map(lambda leaf: leaf.astype(leaf.dtype), optimizer.init(params))
    return TrainState(jnp.int32(0), params, opt_state, model_state or {})


def descend(
    optimizer: optax.GradientTransformation,
    gradients: Any,
    params: Any,
    opt_state: Any,
    loss: Callable[[Any], Array] | None = None,
) -> tuple[Any, Any]:
    """One step of an optimizer, on the mean of all devices' gradients: (params, opt_state).

    An optimizer with a line search asks for the loss, params -> the scalar of the gradients.
    """
    gradients, search = mean_over_devices(gradients), {}
    if loss is not None and isinstance(optimizer, optax.GradientTransformationExtraArgs):
        search = {"value": mean_over_devices(loss(params)), "grad": gradients}
        search["value_fn"] = lambda params: mean_over_devices(loss(params))
    updates, opt_state = optimizer.update(gradients, opt_state, params, **search)
    return optax.apply_updates(params, updates), opt_state


def gradient_step(
    objective: Callable[..., tuple[Metrics, dict[str, Any]]],
    optimizer: optax.GradientTransformation,
) -> Callable[[TrainState, Batch, Key], tuple[TrainState, Metrics]]:
    """The update of a method with one objective: one gradient step on its mean over the batch.

    Args:
      objective: (params, model_state, batch, key, step) -> (values, model_state): per-example
        values, each `[B]`, of which "loss" is minimised; and the model's state after the step,
        such as batch statistics, or the one that was given.
      optimizer: any optax transformation.

    Returns:
      `update` for a Method; its metrics are the means of the objective's values.
    """

    def update(state: TrainState, batch: Batch, key: Key) -> tuple[TrainState, Metrics]:
        def mean_loss(params):
            values, after = objective(params, state.model_state, batch, key, state.step)
            means = jax.tree.map(jnp.mean, values)
            return means["loss"], (means, after)

        gradients, (metrics, after) = jax.grad(mean_loss, has_aux=True)(state.params)
        params, opt_state = descend(
            optimizer, gradients, state.params, state.opt_state, lambda p: mean_loss(p)[0]
        )
        after = mean_over_devices(after)
        return TrainState(state.step + 1, params, opt_state, after), metrics

    return update


def averaged(method: Method, decay: float, *, every: int = 1) -> Method:
    """The same method, judged and used with a moving average of its parameters.

    .. math:: \\bar\\theta_t = d_t \\bar\\theta_{t-1} + (1 - d_t) \\theta_t, \\qquad
              d_t = \\min(d, (1 + t) / (10 + t))

    over the optimizer's steps t = 1, 2, ... Training continues with theta itself. Early, the
    average forgets the random start faster.

    Args:
      method: any.
      decay: d, from 0 to below 1.
      every: steps of the run that make one of the optimizer, `training.accumulate_steps`.

    Returns:
      a Method whose state has the average in `model_state["average"]`.

    References:
      Polyak & Juditsky 1992, *Acceleration of Stochastic Approximation by Averaging*.
    """

    def init(key, batch):
        state = method.init(key, batch)
        return _with_average(state, state.params)

    def update(state, batch, key):
        average = state.model_state["average"]
        after, metrics = method.update(_without_average(state), batch, key)
        t = after.step // every
        weight = 1.0 - jnp.minimum(decay, (1.0 + t) / (10.0 + t))
        weight = jnp.where(t > state.step // every, weight, 0.0)
        moved = optax.incremental_update(after.params, average, weight)
        return _with_average(after, moved), metrics

    def of_average(function):
        return lambda state, *rest: function(
            _without_average(state).replace(params=state.model_state["average"]), *rest
        )

    used = ("evaluate", *(name for name in CAPABILITIES if getattr(method, name)))
    functions = {name: of_average(getattr(method, name)) for name in used}
    return dataclasses.replace(method, init=init, update=update, **functions)


def _with_average(state: TrainState, average: Any) -> TrainState:
    return state.replace(model_state=state.model_state | {"average": average})


def _without_average(state: TrainState) -> TrainState:
    """The state as the method that is averaged knows it."""
    own = {name: value for name, value in state.model_state.items() if name != "average"}
    return state.replace(model_state=own)


def phases(stages: Sequence[tuple[Method, int | None]]) -> Method:
    """Methods one after the other on the same parameters, each for so many steps.

    Each has an optimizer's state of its own and counts its steps from 0; a run that is resumed is
    in the right phase. What is learned is evaluated and used as the last method does.

    Args:
      stages: (method, steps); the last one takes what steps are left, its number may be None. All
        take the same batch, and have the same parameters and model state. Where gradients are
        accumulated, `optimizers.from_config(config, steps=...)` refuses a phase that would end
        before its gradients are used.

    Returns:
      a Method whose metrics are those that all stages have, and "phase", from 0.

    Raises:
      ValueError: no stage, one without steps, or stages that take different batches; at `init`
        those of different parameters.
    """
    methods, lengths = [method for method, _ in stages], [steps for _, steps in stages]
    if not stages or min([steps or 0 for steps in lengths[:-1]], default=1) < 1:
        raise ValueError(f"phases of {lengths} steps; allowed: at least one, of 1 step or more")
    if len({method.takes for method in methods}) > 1:
        raise ValueError(f"phases take {[m.takes for m in methods]}; allowed: one kind of batch")
    starts = np.cumsum([0, *lengths[:-1]]).astype(np.int32)

    def init(key, batch):
        states = [method.init(key, batch) for method in methods]
        shapes = [
            jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), (s.params, s.model_state))
            for s in states
        ]
        for phase, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise ValueError(f"phase {phase} has parameters {shape}; phase 0 {shapes[0]}")
        return states[0].replace(opt_state=tuple(state.opt_state for state in states))

    def own(state, phase):
        """The state as a phase knows it."""
        step = jnp.maximum(state.step - starts[phase], 0)
        return state.replace(step=step, opt_state=state.opt_state[phase])

    def update(state, batch, key):
        def of_phase(phase, state):
            after, metrics = methods[phase].update(own(state, phase), batch, key)
            opt_states = list(state.opt_state)
            opt_states[phase] = after.opt_state
            return after.replace(step=state.step + 1, opt_state=tuple(opt_states)), metrics

        found = [jax.eval_shape(lambda i=i: of_phase(i, state)[1]) for i in range(len(methods))]
        shared = sorted(set.intersection(*map(set, found)))
        metrics = {name: jnp.zeros(found[0][name].shape, found[0][name].dtype) for name in shared}
        phase = jnp.sum(state.step >= starts) - 1
        # Loops of one round or none: a branch would copy the state, and with seeds take them all.
        for i in range(len(methods)):

            def once(_, carry, i=i):
                after, values = of_phase(i, carry[0])
                return after, {name: values[name] for name in shared}

            state, metrics = jax.lax.fori_loop(0, jnp.int32(phase == i), once, (state, metrics))
        return state, metrics | {"phase": phase.astype(jnp.float32)}

    def of_last(name):
        function = getattr(methods[-1], name)
        return function and (lambda state, *rest: function(own(state, len(methods) - 1), *rest))

    functions = {name: of_last(name) for name in ("evaluate", *CAPABILITIES)}
    return dataclasses.replace(methods[-1], init=init, update=update, **functions)
