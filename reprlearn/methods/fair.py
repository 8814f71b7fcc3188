"""Fair representations: codes that tell the class, and not the group (Edwards & Storkey 2016)."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import models, optimizers
from reprlearn.columns import Columns
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import adversaries, classifiers
from reprlearn.roles import Takes, need
from reprlearn.settings import choice, integer

# What the groups are to be equal in, and the role of the weights of the adversary's loss.
CRITERIA = {"demographic_parity": "s_weight", "equalized_odds": "s_weight_of_class"}

VARIANTS = ({"model.criterion": "equalized_odds", "model.reweighing": "on"},)

SETTINGS = {
    "model": {
        "encoder": build.network((64,), networks=build.NETWORKS, normalizations=("instance",)),
        "discriminator": build.network((64,), networks=("linear", "mlp")),
        "latent_dim": integer(16, "the dimension of the codes"),
        "criterion": choice(
            "demographic_parity",
            CRITERIA,
            "demographic_parity: codes are not to tell the group; equalized_odds: not to anyone "
            "who knows the class",
        ),
        "reweighing": choice(
            "off",
            ("off", "on"),
            "whether examples are weighted so that the class does not depend on the group",
        ),
        **adversaries.SETTINGS,
        "dtype": build.DTYPE,
    }
}


def fair(
    encoder: nn.Module,
    label_head: nn.Module,
    adversary: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    classes: int,
    groups: int,
    learned: int | None = None,
    criterion: str = "demographic_parity",
    reweighing: bool = False,
    trade_off: Callable[[jax.Array], jax.Array] | float = 1.0,
) -> Method:
    """A classifier whose codes an adversary cannot tell the groups by.

    .. math:: \\min_{f, y} \\max_a \\frac1n \\sum_i v_i \\ell(y(f(x_i)), y_i)
              - \\lambda_p \\frac1n \\sum_i w_i \\ell(a(f(x_i)), s_i)

    The adversary a learns to tell the group; its gradient reaches the encoder f reversed and scaled
    by lambda_p, as in a domain-adversarial network, with groups in place of domains. The weights w
    count each group alike. For equalized odds the adversary sees the class too, and w counts each
    group alike within each class. The weights v are 1, or those of Kamiran & Calders (2012).

    No classifier of codes that tell nothing of the group can treat groups differently. Training
    reaches this only against its own adversary: the score `fairness` asks fresh ones.

    Args:
      encoder: x `[B, ...]` to z `[B, F]`.
      label_head: z to class logits `[B, classes]`.
      adversary: z, for equalized odds with the class one-hot behind it, to logits `[B, groups]`.
      optimizer: any optax transformation.
      classes, groups: how many there are.
      learned: how many classes are learned, which says what accuracy is due to chance; None: all.
      criterion: a key of CRITERIA.
      reweighing: whether the label loss has weights.
      trade_off: lambda, or a function of the step.

    Returns:
      a Method that can encode and predict.

    References:
      Edwards & Storkey 2016, *Censoring Representations with an Adversary*, eq. 4;
      Madras et al. 2018, *Learning Adversarially Fair and Transferable Representations*, section 4;
      Zhang et al. 2018, *Mitigating Unwanted Biases with Adversarial Learning*, section 3;
      Kamiran & Calders 2012, *Data Preprocessing Techniques for Classification without
      Discrimination*, section 5.2.
    """
    of_class, weight = criterion == "equalized_odds", CRITERIA[criterion]

    def seen(z, y):
        """What the adversary sees."""
        return jnp.concatenate([z, jax.nn.one_hot(y, classes)], axis=-1) if of_class else z

    def init(key: Key, batch: Batch) -> TrainState:
        keys = jax.random.split(key, 3)
        z, variables = encoder.init_with_output(keys[0], batch["x"])
        params = {"encoder": variables["params"]}
        params["label_head"] = label_head.init(keys[1], z)["params"]
        params["adversary"] = adversary.init(keys[2], seen(z, batch["y"]))["params"]
        return initial_state(params, optimizer)

    def encode(params, x):
        return encoder.apply({"params": params["encoder"]}, x)

    def predict(params, z):
        return label_head.apply({"params": params["label_head"]}, z)

    def objective(params, model_state, batch, key, step):
        del key  # nothing random
        z, y = encode(params, batch["x"]), batch["y"]

        def discriminate(z):
            return adversary.apply({"params": params["adversary"]}, seen(z, y))

        strength = trade_off(step) if callable(trade_off) else trade_off
        confusion, guessed = adversaries.guess(discriminate, z, batch["s"], strength)
        cross_entropy = classifiers.cross_entropy(predict(params, z), y)
        cross_entropy *= batch["y_weight"] if reweighing else 1.0
        values = {
            "loss": cross_entropy + batch[weight] * confusion,
            "cross_entropy": cross_entropy,
            "group_cross_entropy": batch[weight] * confusion,
            "group_accuracy": batch[weight] * guessed,  # the mean of the groups' accuracies
        }
        return values, model_state

    def evaluate(state, batch, key):
        del key  # nothing random
        return classifiers.judged(
            predict(state.params, encode(state.params, batch["x"])), batch["y"]
        )

    weights = (weight, "y_weight") if reweighing else (weight,)
    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: encode(state.params, x),
        predict=lambda state, x: predict(state.params, encode(state.params, x)),
        takes=Takes(("x", "y", "s", *weights)),
        judged_on=Takes(("x", "y")),
        alarms=lambda lines: classifiers.alarms(lines, "cross_entropy"),
        chance={"group_accuracy": 1 / groups, "accuracy": 1 / (learned or classes)},
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The network that `config.model` describes; see SETTINGS."""
    model, who = config.model, f"method {config.method!r}"
    x, y = need(columns, "x", who), classifiers.need_classes(columns, "y", who)
    groups = len(need(columns, "s", who).names)
    build.check("model.encoder", model.encoder, x)
    dtype, activation = jnp.dtype(model.dtype), build.ACTIVATIONS[model.encoder.activation]
    codes = models.CodeHead(model.latent_dim, dtype, activation=activation)
    return fair(
        build.encoder(model.encoder, codes, model.dtype),
        models.CodeHead(len(y.names), dtype),
        build.encoder(model.discriminator, models.CodeHead(groups, dtype), model.dtype),
        optimizers.from_config(config),
        classes=len(y.names),
        groups=groups,
        learned=len(config.data.classes or y.names),
        criterion=model.criterion,
        reweighing=model.reweighing == "on",
        trade_off=adversaries.trade_off(model, config.training.steps),
    )
