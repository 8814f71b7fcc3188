"""Variational auto-encoders: maximise a lower bound on log p(x) (Kingma & Welling 2014)."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns, need
from reprlearn.errors import check_at_least, check_size
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build

VARIANTS = (
    {"model.samples": 3, "model.beta_warmup_steps": 5},
    {"training.ema_decay": 0.9, "training.accumulate_steps": 2},
)

DECODED_AT_ONCE = 1_000  # examples, while log p(x) is estimated: what fits a processor's cache


def log_likelihood(p_x: models.Bernoulli | models.Gaussian, x: jax.Array) -> jax.Array:
    """log p(x|z), `[B]` in nats, under what the decoder said."""
    if isinstance(p_x, models.Bernoulli):
        return -losses.bernoulli_cross_entropy(p_x.logits, x)
    return -losses.gaussian_negative_log_likelihood(p_x.mean, x, log_scale=p_x.log_scale)


def vae(
    model: models.Autoencoder,
    latent_dim: int,
    optimizer: optax.GradientTransformation,
    *,
    beta: float = 1.0,
    beta_warmup_steps: int = 0,
    samples: int = 1,
) -> Method:
    """A variational auto-encoder with prior N(0, I).

    .. math:: \\max_{\\phi, \\theta} \\sum_i E_{q_\\phi(z|x_i)}[\\log p_\\theta(x_i|z)]
              - \\beta \\, KL(q_\\phi(z|x_i) \\| N(0, I))

    With `samples` k > 1 the objective is the importance-weighted bound of k samples; beta weighs
    the divergence term of its log-weights. What `evaluate` calls "elbo", "reconstruction" and "kl"
    is always of beta = 1 and one sample, so that runs compare.

    Args:
      model: with `encode` to a Posterior `[B, latent_dim]` and `decode` to p(x|z).
      latent_dim: the dimension of z.
      optimizer: any optax transformation.
      beta: the weight of the divergence (Higgins et al. 2017).
      beta_warmup_steps: beta rises linearly from 0 over so many steps (Bowman et al. 2016).
      samples: k (Burda, Grosse & Salakhutdinov 2016).

    Returns:
      a Method that can encode (to the posterior's mean), decode (to the mean of p(x|z)),
      reconstruct, sample (z of the prior, then x of p(x|z)) and estimate log p(x).

    References:
      Kingma & Welling 2014, *Auto-Encoding Variational Bayes*, eq. 7.
    """

    def init(key: Key, batch: Batch) -> TrainState:
        return initial_state(model.init(key, batch["x"])["params"], optimizer)

    def encode(params, x):
        return model.apply({"params": params}, x, method="encode")

    def decode(params, z):
        return model.apply({"params": params}, z, method="decode")

    def beta_at(step):
        return beta * jnp.minimum(1.0, (step + 1) / max(beta_warmup_steps, 1))

    def terms(params, x, key):
        """One sample z of q(z|x): log p(x|z) and the divergence in closed form, each [B]."""
        q_z = encode(params, x)
        z = losses.reparameterize(key, q_z.mean, q_z.log_variance)  # [B, D]
        return log_likelihood(decode(params, z), x), losses.gaussian_kl(*q_z)

    def log_weight(params, q_z, x, key, beta):
        """log p(x, z) - log q(z|x) of one sample z of q(z|x), [B]; beta weighs all but p(x|z)."""
        z = losses.reparameterize(key, q_z.mean, q_z.log_variance)  # [B, D]
        log_q = -losses.gaussian_negative_log_likelihood(
            q_z.mean, z, log_scale=0.5 * q_z.log_variance
        )
        log_prior = -losses.gaussian_negative_log_likelihood(jnp.zeros_like(z), z)
        return losses.elbo(log_likelihood(decode(params, z), x), log_q - log_prior, beta=beta)

    def bound(params, x, key, beta):
        """The importance-weighted bound of k samples, [B]."""
        q_z = encode(params, x)
        of_key = jax.vmap(lambda key: log_weight(params, q_z, x, key, beta))
        return losses.importance_weighted_bound(of_key(jax.random.split(key, samples)))

    def estimate(state, x, key, samples):
        """log p(x) from so many samples, a few of them at a time, [B]."""
        q_z = encode(state.params, x)
        log_weights = jax.lax.map(
            lambda key: log_weight(state.params, q_z, x, key, 1.0),
            jax.random.split(key, samples),
            batch_size=max(1, DECODED_AT_ONCE // len(x)),
        )
        return losses.importance_weighted_bound(log_weights)

    def objective(params, batch, key, step):
        x = batch["x"]
        if samples > 1:
            return {"loss": -bound(params, x, key, beta_at(step))}
        log_p_x, kl = terms(params, x, key)
        loss = -losses.elbo(log_p_x, kl, beta=beta_at(step))
        return {"loss": loss, "reconstruction": -log_p_x, "kl": kl}

    def evaluate(state, batch, key):
        x = batch["x"]
        terms_key, bound_key = jax.random.split(key) if samples > 1 else (key, None)
        log_p_x, kl = terms(state.params, x, terms_key)
        values = {"elbo": losses.elbo(log_p_x, kl), "reconstruction": -log_p_x, "kl": kl}
        if samples > 1:
            values["importance_weighted_bound"] = bound(state.params, x, bound_key, 1.0)
        return values

    def sample(state, key, n):
        z_key, x_key = jax.random.split(key)
        return decode(state.params, jax.random.normal(z_key, (n, latent_dim))).sample(x_key)

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: encode(state.params, x).mean,
        decode=lambda state, z: decode(state.params, z).mean,
        reconstruct=lambda state, x: decode(state.params, encode(state.params, x).mean).mean,
        sample=sample,
        log_likelihood=estimate,
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The VAE that a config describes: model.network, widths, latent_dim, likelihood, beta, ..."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    build.check(model, x)
    check_at_least("model.beta", model.beta, 0.0)
    check_size("model.beta_warmup_steps", model.beta_warmup_steps, least=0)
    check_size("model.samples", model.samples)
    head = models.GaussianHead(model.latent_dim, jnp.dtype(model.dtype))
    return vae(
        models.Autoencoder(
            build.encoder(model, head), build.decoder(model, x.shape, build.output(model, x))
        ),
        model.latent_dim,
        optimizers.from_config(config),
        beta=model.beta,
        beta_warmup_steps=model.beta_warmup_steps,
        samples=model.samples,
    )
