"""Stacked auto-encoders: a deep one, started layer by layer (Hinton & Salakhutdinov 2006)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns
from reprlearn.errors import UsageError
from reprlearn.methods.base import Batch, Key, Method, gradient_step, initial_state, phases
from reprlearn.models import build
from reprlearn.parts import classifiers, corruptions, reconstructions
from reprlearn.roles import Takes, need
from reprlearn.settings import choice, integer, share

VARIANTS = (
    {"model.corruption.kind": "masking", "model.encoder.activation": "relu"},
    {"model.pretrain_share": 0.0},
    {"model.fine_tune": "classification"},
)

SETTINGS = {
    "model": {
        "encoder": build.network((1000, 500, 250), networks=("mlp",), activation="sigmoid"),
        "latent_dim": integer(30, "the dimension of the code"),
        "loss": reconstructions.LOSS,
        "pretrain_share": share(
            0.5, "the share of training.steps for the layers' own phases, equally long; 0: none"
        ),
        "fine_tune": choice(
            "reconstruction",
            ("reconstruction", "classification"),
            "what the whole network is trained for in the end",
        ),
        "corruption": corruptions.SETTINGS,
        "dtype": build.DTYPE,
    }
}


def stacked(
    model: models.StackedAutoencoder,
    optimizer: Callable[[int], optax.GradientTransformation],
    *,
    steps: Sequence[int],
    loss: str = "squared_error",
    corrupt: Callable[[int], corruptions.Corrupt | None] = lambda layer: None,
    classes: int | None = None,
) -> Method:
    """A deep auto-encoder that is trained greedily, layer by layer, and then as a whole.

    .. math:: \\min_{W_i, W'_i} \\sum \\ell(h_i, \\hat h_i(\\tilde h_i)) \\quad i = 0, 1, ...;
              \\qquad \\min_{W, W'} \\sum \\ell(x, \\hat x)
              \\quad or \\quad \\min_{W, V} - \\sum \\log p(y|x)

    While layer i is trained, those below it are fixed and give the examples h_i that it learns to
    reconstruct; x~ and h~ are corrupted, or as they are. Above layer 0 the loss is the
    cross-entropy where the activation is a sigmoid, else the squared error. A model with classes
    is fine-tuned to tell them apart: its layers learn from all examples x, the whole from those
    that have a label.

    Args:
      model: the network.
      optimizer: how many steps it is used for -> a new one, one for each phase.
      steps: of each layer's own phase, then of the whole network; or of the whole alone.
      loss: of x, one of parts.reconstructions.
      corrupt: of a layer's input, in its own phase.
      classes: how many the data have, if not all that the model can tell apart; they only say what
        accuracy is due to chance.

    Returns:
      a Method that can encode, decode and reconstruct; or encode and predict.

    References:
      Hinton & Salakhutdinov 2006; Bengio et al. 2007, *Greedy Layer-Wise Training of Deep
      Networks*; Vincent et al. 2010, *Stacked Denoising Autoencoders*.
    """
    if model.classes:
        goal = _classification(model, classes or model.classes)
    else:
        goal = _reconstruction(model, loss)

    def stage(objective: Callable, own: Callable[[str], bool], steps: int) -> Method:
        """A phase in which some of the modules learn, and the others stay as they are."""
        learning = optimizer(steps)

        def parted(params):
            mine = {name: value for name, value in params.items() if own(name)}
            return mine, {name: value for name, value in params.items() if name not in mine}

        def init(key, batch):
            params = model.init(key, batch["x"])["params"]
            return initial_state(parted(params)[0], learning).replace(params=params)

        def update(state, batch, key):
            mine, others = parted(state.params)
            step = gradient_step(lambda params, *rest: objective(others | params, *rest), learning)
            after, metrics = step(state.replace(params=mine), batch, key)
            return after.replace(params=others | after.params), metrics

        return Method(
            init=init,
            update=update,
            encode=lambda state, x: model.apply({"params": state.params}, x, method="encode"),
            **goal.can,
        )

    stages = []
    for i, n in enumerate(steps[:-1]):
        objective = _of_layer(model, i, loss, corrupt(i))
        stages.append((stage(objective, lambda name, i=i: name.endswith(f"_{i}"), n), n))
    return phases([*stages, (stage(goal.objective, goal.own, steps[-1]), steps[-1])])


def _of_layer(
    model: models.StackedAutoencoder, layer: int, loss: str, corrupt: corruptions.Corrupt | None
) -> Callable:
    """The objective of a layer's own phase."""

    def apply(params, function, *arguments):
        return model.apply({"params": params}, *arguments, method=function)

    def objective(params, model_state, batch, key, step):
        h = batch["x"]
        for below in range(layer):
            h = apply(params, "up", h, below)
        h = jax.lax.stop_gradient(h)
        seen = h if corrupt is None else corrupt(key, h)
        found = apply(params, "down", apply(params, "up", seen, layer), layer)
        if layer == 0:
            value = reconstructions.LOSSES[loss](apply(params, "read", found), h)
        elif model.activation is build.ACTIVATIONS["sigmoid"]:
            value = losses.bernoulli_cross_entropy(found, h)
        else:
            value = losses.squared_error(model.activation(found), h)
        return {"loss": value, "reconstruction": value}, model_state

    return objective


class Goal(NamedTuple):
    """What the whole network is trained for in the end.

    Attributes:
      objective: see `gradient_step`.
      own: whether a module, by its name, learns.
      can: the fields of the Method that differ with the goal.
    """

    objective: Callable
    own: Callable[[str], bool]
    can: dict[str, Any]


def _reconstruction(model: models.StackedAutoencoder, loss: str) -> Goal:
    """The whole network as an auto-encoder."""

    def p_x(params, x):
        return model.apply({"params": params}, x)

    def objective(params, model_state, batch, key, step):
        del key, step  # nothing random, nothing scheduled
        value = reconstructions.LOSSES[loss](p_x(params, batch["x"]), batch["x"])
        return {"loss": value, "reconstruction": value}, model_state

    def evaluate(state, batch: Batch, key: Key):
        return reconstructions.judged(loss, p_x(state.params, batch["x"]), batch["x"])

    def decode(state, z):
        return model.apply({"params": state.params}, z, method="decode").mean

    can = {
        "evaluate": evaluate,
        "decode": decode,
        "reconstruct": lambda state, x: p_x(state.params, x).mean,
    }
    return Goal(objective, lambda name: True, can)


def _classification(model: models.StackedAutoencoder, classes: int) -> Goal:
    """The encoder and the classifier on its code."""

    def logits(params, x):
        return model.apply({"params": params}, x, method="classify")

    def objective(params, model_state, batch, key, step):
        del key, step  # nothing random, nothing scheduled
        found = logits(params, batch["labelled/x"])
        value = classifiers.cross_entropy(found, batch["labelled/y"])
        return {"loss": value, "cross_entropy": value}, model_state

    def evaluate(state, batch: Batch, key: Key):
        return classifiers.judged(logits(state.params, batch["x"]), batch["y"])

    can = {
        "evaluate": evaluate,
        "predict": lambda state, x: logits(state.params, x),
        "takes": Takes(("x", "labelled/x", "labelled/y")),
        "judged_on": Takes(("x", "y")),
        "chance": {"accuracy": 1 / classes},
    }
    return Goal(objective, lambda name: not name.startswith("decoder"), can)


def from_config(config: Any, columns: Columns) -> Method:
    """The stack that `config.model` describes; see SETTINGS."""
    model, who = config.model, f"method {config.method!r}"
    x, classes = need(columns, "x", who), 0
    loss, output = reconstructions.from_config(model, x)
    if any(model.encoder.bias_scales):
        raise UsageError(
            f"model.encoder.bias_scales is {model.encoder.bias_scales!r}; allowed with method "
            "'stacked': (0.0, 0.0)"
        )
    if model.fine_tune == "classification":
        y = classifiers.need_classes(columns, "y", "model.fine_tune 'classification'")
        classes = len(y.names)
    network = models.StackedAutoencoder(
        (*model.encoder.widths, model.latent_dim),
        x.shape,
        output,
        activation=build.ACTIVATIONS[model.encoder.activation],
        classes=classes,
        dtype=jnp.dtype(model.dtype),
    )
    sigmoid = model.encoder.activation == "sigmoid"
    corrupt = lambda layer: corruptions.from_config(  # noqa: E731
        model.corruption,
        sigmoid if layer else x.unit,
        f"codes of {model.encoder.activation}" if layer else x.many,
    )
    return stacked(
        network,
        lambda steps: optimizers.from_config(config, steps=steps),
        steps=_steps(config, len(network.widths)),
        loss=loss,
        corrupt=corrupt,
        classes=len(config.data.classes) or None,
    )


def _steps(config: Any, layers: int) -> tuple[int, ...]:
    """How long each phase is: as many steps for each layer, the rest for the whole network."""
    share, steps = config.model.pretrain_share, config.training.steps
    every = config.training.accumulate_steps
    each = int(share * steps / layers) // every * every
    if share and (each < 1 or each * layers >= steps):
        raise UsageError(
            f"model.pretrain_share is {share!r} of {steps} training.steps, a phase of {each} steps "
            f"for each of {layers} layers; allowed: at least one, and some for the whole; or 0"
        )
    return (*[each] * layers, steps - each * layers) if share else (steps,)
