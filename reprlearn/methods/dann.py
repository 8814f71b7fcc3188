"""Domain-adversarial networks: features that tell classes, not domains (Ganin et al. 2016)."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from reprlearn import models, optimizers
from reprlearn.columns import Columns
from reprlearn.errors import UsageError
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import adversaries, alignments, classifiers
from reprlearn.roles import DOMAINS, LABELLED, X_OF_DOMAINS, Takes, need
from reprlearn.settings import choice, integer

# Where labels come from, and whether features meet the domain head's reversed gradient.
TRAINED_ON = ("source_and_target", "source", "target")

NETWORKS = (*build.NETWORKS, *build.OF_TEXT)

VARIANTS = (
    {"data.target_labels": 1, "model.alignment": "conditional"},
    {"model.alignment": "mmd"},
    {"model.encoder.normalization": "domain"},
)

SETTINGS = {
    "data": {
        "target_labels": integer(
            0, "training sees the labels of so many target examples of each class", least=0
        ),
    },
    "model": {
        "encoder": build.network((256,), networks=NETWORKS, normalizations=("instance", "domain")),
        "discriminator": build.network((64,), networks=("linear", "mlp")),
        "latent_dim": integer(64, "the dimension of the features"),
        "trained_on": choice(
            "source_and_target",
            TRAINED_ON,
            "source_and_target: with adaptation; source, target: without, on the labels of this "
            "domain, and those of data.target_labels",
        ),
        **alignments.SETTINGS,
        **adversaries.SETTINGS,
        "dtype": build.DTYPE,
    },
}


def dann(
    features: nn.Module,
    label_head: nn.Module,
    domain_head: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    classes: int | None = None,
    trained_on: str = "source_and_target",
    few_labels: bool = False,
    by_domain: bool = False,
    alignment: str = "adversarial",
    trade_off: Callable[[jax.Array], jax.Array] | float = 1.0,
) -> Method:
    """A domain-adversarial network: a labelled source and an unlabelled target, shared features.

    .. math:: \\min_{f, y} \\max_d \\frac1n \\sum_i \\ell_y(y(f(x_i)), y_i)
              - \\lambda_p \\frac{1}{2n} \\Big( \\sum_i \\ell_d(d(f(x_i)), 1)
              + \\sum_i \\ell_d(d(f(x'_i)), 0) \\Big)

    The paper sums the two domains' means where this takes their mean: its lambda is half of this.
    The domain head d learns to tell the domains; its gradient reaches the features f reversed and
    scaled by lambda_p. The same method without adaptation is the two ends it is measured against,
    step by step the same: trained on the source, or on the labelled target. There the domain head
    still learns to tell the domains, and the features do not feel it.

    Where a few target examples have labels, the label loss is the mean of the two domains' means.

    What makes the features alike may be another thing than a domain head, which then learns beside
    and reaches no feature: lambda times a distance of `alignments.DISTANCES` is added to the loss.
    A conditional domain head sees the features times the predicted classes.

    Batch statistics are each domain's own, in training and in use: then `encode`, `predict` and
    `discriminate` need to know of which domain x is. Trained on one domain alone, the statistics
    are this domain's, for both: nothing is adapted.

    Args:
      features: x `[B, ...]` to z `[B, F]`.
      label_head: z to class logits `[B, classes]`.
      domain_head: z, or what `alignments.with_class` makes of it, to logits `[B]` of being from the
        source.
      optimizer: any optax transformation.
      classes: how many the data have; they only say what accuracy is due to chance.
      trained_on: one of TRAINED_ON.
      few_labels: whether some target examples have labels, which come apart from the others.
      by_domain: whether `features` has a `models.BatchNorm`.
      alignment: one of `alignments.SETTINGS`.
      trade_off: lambda, or a function of the step.

    Returns:
      a Method that can encode, predict and discriminate (the source from the target).

    References:
      Ganin et al. 2016, *Domain-Adversarial Training of Neural Networks*, eq. 9 and 10;
      Long et al. 2018, *Conditional Adversarial Domain Adaptation*;
      Li et al. 2017, *Revisiting Batch Normalization for Practical Domain Adaptation*; Chang et al.
      2019, *Domain-Specific Batch Normalization*, statistics alone; distances: see `alignments`.
    """
    labelled = "target" if trained_on == "target" else "source"
    few_x, few_y = (f"{LABELLED}target/{role}" for role in "xy")
    few = (few_x, few_y) if few_labels else ()
    adapts = trained_on == "source_and_target"
    has_adversary = adapts and alignment in alignments.ADVERSARIES
    with_statistics = () if not by_domain else DOMAINS if adapts else (labelled,)

    def init(key: Key, batch: Batch) -> TrainState:
        keys = jax.random.split(key, 3)
        x = batch["source/x"]
        z, variables = features.init_with_output(keys[0], x)
        params = {"features": variables["params"]}
        params["label_head"] = label_head.init(keys[1], z)["params"]
        params["domain_head"] = domain_head.init(keys[2], seen(params, z))["params"]
        own = dict.fromkeys(with_statistics, variables.get("batch_stats"))
        return initial_state(params, optimizer, own)

    def apply(params, name, x):
        module = {"label_head": label_head, "domain_head": domain_head}[name]
        return module.apply({"params": params[name]}, x)

    def variables_of(params, model_state, domain):
        """Of `features`: its parameters, and the statistics of the domain, or the only ones."""
        found = {"params": params["features"]}
        if by_domain:
            found["batch_stats"] = model_state[domain if adapts else labelled]
        return found

    def train_features(params, model_state, x):
        """The features of the parts `[B, ...]` of each domain, and the statistics after them."""
        if not by_domain:
            parts = [part for of_domain in x.values() for part in of_domain]
            z = features.apply({"params": params["features"]}, jnp.concatenate(parts))
            return jnp.split(z, len(parts)), model_state
        z, after = [], dict(model_state)
        for domain, parts in x.items():
            known, both = variables_of(params, model_state, domain), jnp.concatenate(parts)
            if domain in with_statistics:
                of_domain, changed = features.apply(known, both, mutable=["batch_stats"])
                after[domain] = changed["batch_stats"]
            else:
                of_domain = features.apply(known, both)
            z += jnp.split(of_domain, len(parts))
        return z, after

    def seen(params, z):
        """What the domain head sees."""
        if alignment != "conditional":
            return z
        return alignments.with_class(z, apply(params, "label_head", z))

    def weight_at(step):
        if not adapts:
            return 0.0
        return trade_off(step) if callable(trade_off) else trade_off

    def objective(params, model_state, batch, key, step):
        del key  # nothing random
        few_of_target = [batch[few_x]] if few_labels else []
        x = {"source": [batch["source/x"]], "target": [batch["target/x"], *few_of_target]}
        z, model_state = train_features(params, model_state, x)
        both, known = jnp.concatenate(z[:2]), z[labelled == "target"]
        weight, distance = weight_at(step), alignments.DISTANCES.get(alignment)
        confusion, accuracy = adversaries.tell_apart(
            lambda z: apply(params, "domain_head", z),
            seen(params, both),
            weight if has_adversary else 0.0,
        )

        def cross_entropy(z, y):
            return classifiers.cross_entropy(apply(params, "label_head", z), y)

        losses = {f"{labelled}_cross_entropy": cross_entropy(known, batch[f"{labelled}/y"])}
        if few_labels:
            losses["target_cross_entropy"] = cross_entropy(z[2], batch[few_y])
        values = {
            "loss": sum(losses.values()) / len(losses) + confusion,
            **losses,
            "domain_cross_entropy": confusion,
            "domain_accuracy": accuracy,
        }
        if distance is not None:
            found = distance(z[0], z[1], apply(params, "label_head", z[1]))
            values |= {"loss": values["loss"] + weight * found, "alignment": found}
        return values, model_state

    def encode(state, x, column="source/x"):
        domain = column.split("/")[0]
        return features.apply(variables_of(state.params, state.model_state, domain), x)

    def predict(state, x, column="source/x"):
        return apply(state.params, "label_head", encode(state, x, column))

    def discriminate(state, x, column="source/x"):
        return apply(state.params, "domain_head", seen(state.params, encode(state, x, column)))

    def evaluate(state, batch, key):
        del key  # nothing random
        logits = predict(state, batch["source/x"])
        return classifiers.judged(logits, batch["source/y"], "source_")

    def alarms(lines):
        of_labels = classifiers.alarms(lines, f"{labelled}_cross_entropy")
        return of_labels + (adversaries.alarms(lines) if has_adversary else [])

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        by_column=X_OF_DOMAINS if by_domain and adapts else (),
        encode=encode,
        predict=predict,
        discriminate=discriminate,
        takes=Takes(("source/x", f"{labelled}/y", "target/x", *few)),
        judged_on=Takes(("source/x", "source/y")),
        alarms=alarms,
        chance={"domain_accuracy": 0.5} | ({"source_accuracy": 1 / classes} if classes else {}),
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The network that `config.model` describes; see SETTINGS."""
    model, who = config.model, f"method {config.method!r}"
    x, y = need(columns, "source/x", who), classifiers.need_classes(columns, "source/y", who)
    build.check("model.encoder", model.encoder, x, of_text=True)
    few_labels = config.data.target_labels
    if few_labels and model.trained_on == "target":
        raise UsageError(
            f"data.target_labels is {few_labels}; allowed with model.trained_on='target', which "
            "sees all of them: 0"
        )
    if few_labels and config.data.max_labels:
        raise UsageError(
            f"data.max_labels is {config.data.max_labels}; allowed with data.target_labels: 0"
        )
    by_domain = model.encoder.normalization == "domain"
    if model.alignment == alignments.NONE and not by_domain:
        raise UsageError(
            f"model.alignment is 'none' with model.encoder.normalization "
            f"{model.encoder.normalization!r}; allowed: 'domain', or model.trained_on='source', "
            "which adapts nothing"
        )
    dtype, activation = jnp.dtype(model.dtype), build.ACTIVATIONS[model.encoder.activation]
    features = models.CodeHead(model.latent_dim, dtype, activation=activation)
    return dann(
        build.encoder(model.encoder, features, model.dtype),
        models.CodeHead(len(y.names), dtype),
        build.encoder(model.discriminator, models.LogitHead(dtype), model.dtype),
        optimizers.from_config(config),
        classes=len(config.data.classes or y.names),
        trained_on=model.trained_on,
        few_labels=few_labels > 0,
        by_domain=by_domain,
        alignment=model.alignment,
        trade_off=adversaries.trade_off(model, config.training.steps),
    )
