"""Variational auto-encoders: maximise a lower bound on log p(x) (Kingma & Welling 2014)."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from reprlearn import losses, models, optimizers
from reprlearn.columns import Columns
from reprlearn.methods.base import Batch, Key, Method, TrainState, gradient_step, initial_state
from reprlearn.models import build
from reprlearn.parts import likelihoods
from reprlearn.roles import need
from reprlearn.settings import integer, not_negative

VARIANTS = (
    {"model.samples": 3, "model.beta_warmup_steps": 5},
    {"training.ema_decay": 0.9, "training.accumulate_steps": 2},
)

DECODED_AT_ONCE = 1_000  # examples, while log p(x) is estimated: what fits a processor's cache


SETTINGS = {
    "model": {
        "encoder": build.network(),
        "decoder": build.MIRRORED,
        "latent_dim": integer(16, "the dimension of the code"),
        **likelihoods.SETTINGS,
        "beta": not_negative(1.0, "the weight of the divergence"),
        "beta_warmup_steps": integer(0, "steps over which beta rises from 0", least=0),
        "samples": integer(
            1, "samples of z for each example; above 1: the importance-weighted bound"
        ),
        "dtype": build.DTYPE,
    }
}


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
        return likelihoods.log_likelihood(decode(params, z), x), losses.gaussian_kl(*q_z)

    def log_weight(params, q_z, x, key, beta):
        """log p(x, z) - log q(z|x) of one sample z of q(z|x), [B]; beta weighs all but p(x|z)."""
        z = losses.reparameterize(key, q_z.mean, q_z.log_variance)  # [B, D]
        log_q = -losses.gaussian_negative_log_likelihood(
            q_z.mean, z, log_scale=0.5 * q_z.log_variance
        )
        log_prior = -losses.gaussian_negative_log_likelihood(jnp.zeros_like(z), z)
        return losses.elbo(
            likelihoods.log_likelihood(decode(params, z), x), log_q - log_prior, beta=beta
        )

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

    def objective(params, model_state, batch, key, step):
        x = batch["x"]
        if samples > 1:
            return {"loss": -bound(params, x, key, beta_at(step))}, model_state
        log_p_x, kl = terms(params, x, key)
        loss = -losses.elbo(log_p_x, kl, beta=beta_at(step))
        values = {"elbo": losses.elbo(log_p_x, kl), "reconstruction": -log_p_x, "kl": kl}
        return {"loss": loss} | values, model_state

    def evaluate(state, batch, key):
        x = batch["x"]
        terms_key, bound_key = jax.random.split(key) if samples > 1 else (key, None)
        log_p_x, kl = terms(state.params, x, terms_key)
        values = {"elbo": losses.elbo(log_p_x, kl), "reconstruction": -log_p_x, "kl": kl}
        if samples > 1:
            values["importance_weighted_bound"] = bound(state.params, x, bound_key, 1.0)
        return values

    def prior(state, key, n):
        del state  # nothing of it is learned
        return jax.random.normal(key, (n, latent_dim))

    def sample(state, key, n):
        z_key, x_key = jax.random.split(key)
        return decode(state.params, prior(state, z_key, n)).sample(x_key)

    return Method(
        init=init,
        update=gradient_step(objective, optimizer),
        evaluate=evaluate,
        encode=lambda state, x: encode(state.params, x).mean,
        decode=lambda state, z: decode(state.params, z).mean,
        reconstruct=lambda state, x: decode(state.params, encode(state.params, x).mean).mean,
        prior=prior,
        sample=sample,
        log_likelihood=estimate,
    )


def from_config(config: Any, columns: Columns) -> Method:
    """The VAE that `config.model` describes; see SETTINGS."""
    model, x = config.model, need(columns, "x", f"method {config.method!r}")
    decoder = build.mirrored(model.decoder, model.encoder)
    build.check("model.encoder", model.encoder, x)
    build.check("model.decoder", decoder, x)
    head = models.GaussianHead(model.latent_dim, jnp.dtype(model.dtype))
    return vae(
        models.Autoencoder(
            build.encoder(model.encoder, head, model.dtype),
            build.decoder(decoder, x.shape, likelihoods.output(model, x), model.dtype),
        ),
        model.latent_dim,
        optimizers.from_config(config, line_search=True),
        beta=model.beta,
        beta_warmup_steps=model.beta_warmup_steps,
        samples=model.samples,
    )
