"""Heads: what an encoder or a decoder says, as parameters of a distribution; always float32."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

SCALES = ("fixed", "global", "per_dimension")


class Posterior(NamedTuple):
    """q(z|x), a diagonal Gaussian: `mean` and `log_variance`, both `[B, latent_dim]`."""

    mean: jax.Array
    log_variance: jax.Array


class Bernoulli(NamedTuple):
    """p(x|z) for binary or grey-level x: `logits` `[B, ...]`."""

    logits: jax.Array

    @property
    def mean(self) -> jax.Array:
        """The expected x, sigma(logits), `[B, ...]` in [0, 1]."""
        return jax.nn.sigmoid(self.logits)

    def sample(self, key: jax.Array) -> jax.Array:
        """One x for each z, every dimension 0 or 1, `[B, ...]` float32."""
        return jax.random.bernoulli(key, self.mean).astype(jnp.float32)


class Gaussian(NamedTuple):
    """p(x|z) for real x: `mean` `[B, ...]`; `log_scale`, of the deviation, scalar or `[...]`."""

    mean: jax.Array
    log_scale: jax.Array

    def sample(self, key: jax.Array) -> jax.Array:
        """One x for each z, the mean and noise of its scale, `[B, ...]` float32."""
        noise = jax.random.normal(key, self.mean.shape, self.mean.dtype)
        return self.mean + jnp.exp(self.log_scale) * noise


class CodeHead(nn.Module):
    """A deterministic code: features `[B, F]` to z `[B, latent_dim]`, linear or activated."""

    latent_dim: int
    dtype: Any = jnp.float32
    use_bias: bool = True
    activation: Callable[[jax.Array], jax.Array] = lambda z: z

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        """Features `[B, F]` to z `[B, latent_dim]`."""
        z = nn.Dense(self.latent_dim, dtype=self.dtype, use_bias=self.use_bias)(features)
        return self.activation(z).astype(jnp.float32)


class LogitHead(nn.Module):
    """One logit: features `[B, F]` to `[B]`, linear; of a discriminator, or of a domain."""

    dtype: Any = jnp.float32
    use_bias: bool = True

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        """Features `[B, F]` to logits `[B]`."""
        logit = nn.Dense(1, dtype=self.dtype, use_bias=self.use_bias)(features)
        return logit[:, 0].astype(jnp.float32)


class GaussianHead(nn.Module):
    """A Gaussian code: features `[B, F]` to a Posterior over `latent_dim` dimensions.

    Mean and log-variance come from one matrix product, split in two.
    """

    latent_dim: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, features: jax.Array) -> Posterior:
        """Features `[B, F]` to q(z|x)."""
        both = nn.Dense(2 * self.latent_dim, dtype=self.dtype)(features).astype(jnp.float32)
        return Posterior(both[:, : self.latent_dim], both[:, self.latent_dim :])


class PlainOutput(nn.Module):
    """Takes a decoder's last layer `[B, ...]` as the example itself, after `activation`."""

    activation: Callable[[jax.Array], jax.Array] = lambda x: x

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Last layer `[B, ...]` to x."""
        return self.activation(x.astype(jnp.float32))


class BernoulliOutput(nn.Module):
    """Reads a decoder's last layer `[B, ...]` as Bernoulli logits."""

    @nn.compact
    def __call__(self, x: jax.Array) -> Bernoulli:
        """Last layer `[B, ...]` to p(x|z)."""
        return Bernoulli(x.astype(jnp.float32))


class GaussianOutput(nn.Module):
    """Reads a decoder's last layer `[B, ...]` as Gaussian means, with a scale of three kinds.

    `fixed`: the constant `exp(log_scale)`; `global`: one learned number; `per_dimension`: one
    learned number for each dimension of x. The learned ones start at `log_scale`.
    """

    scale: str = "fixed"
    log_scale: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> Gaussian:
        """Last layer `[B, ...]` to p(x|z)."""
        if self.scale not in SCALES:
            raise ValueError(f"scale {self.scale!r} is not one of {', '.join(SCALES)}")
        mean = x.astype(jnp.float32)
        if self.scale == "fixed":
            return Gaussian(mean, jnp.float32(self.log_scale))
        shape = () if self.scale == "global" else x.shape[1:]
        start = nn.initializers.constant(self.log_scale)
        return Gaussian(mean, self.param("log_scale", start, shape, jnp.float32))
