"""Losses of two players, discriminator and generator, in logits; and penalties on gradients."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks
from reprlearn.losses._stable import euclidean_norm

Critic = Callable[[jax.Array], jax.Array]


def _logits(**arrays: jax.Array) -> tuple[jax.Array, ...]:
    arrays = dict(zip(arrays, _checks.floating(**arrays), strict=True))
    _checks.rank(1, **arrays)
    _checks.same_shape(**arrays)
    return tuple(arrays.values())


def discriminator_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """The discriminator's loss: cross-entropy of telling real from generated examples.

    .. math:: \\ell_b = -\\log \\sigma(r_b) - \\log(1 - \\sigma(f_b))

    At its optimum the mean is 2 log 2 - 2 JSD(data, generator).

    Args:
      real_logits: r, `[B]`, the discriminator's logits D(x) of real examples; floating.
      fake_logits: f, `[B]`, its logits D(G(z)) of generated ones.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the arguments are not `[B]`, or their shapes differ.

    References:
      Goodfellow et al. 2014, *Generative Adversarial Nets*, eq. 1.

    >>> print(discriminator_loss(jnp.array([0.0]), jnp.array([0.0])).round(4))  # 2 log 2
    [1.3863]
    """
    real, fake = _logits(real_logits=real_logits, fake_logits=fake_logits)
    return jax.nn.softplus(-real) + jax.nn.softplus(fake)


def generator_minimax_loss(fake_logits: jax.Array) -> jax.Array:
    """The generator's original loss, to be minimised; flat where the discriminator is sure.

    .. math:: \\ell_b = \\log(1 - \\sigma(f_b))

    Args:
      fake_logits: f, `[B]`, the discriminator's logits of generated examples; floating.

    Returns:
      `[B]`, float32, nats, negative.

    Raises:
      TypeError: the argument is not floating.
      ValueError: the argument is not `[B]`.

    References:
      Goodfellow et al. 2014, *Generative Adversarial Nets*, eq. 1.

    >>> print(generator_minimax_loss(jnp.array([0.0])).round(4))  # -log 2
    [-0.6931]
    """
    (fake,) = _logits(fake_logits=fake_logits)
    return -jax.nn.softplus(fake)


def generator_nonsaturating_loss(fake_logits: jax.Array) -> jax.Array:
    """The generator's loss that does not saturate: the same fixed point, a strong gradient early.

    .. math:: \\ell_b = -\\log \\sigma(f_b)

    Args, Returns, Raises: as `generator_minimax_loss`; positive.

    References:
      Goodfellow et al. 2014, *Generative Adversarial Nets*, section 3.

    >>> print(generator_nonsaturating_loss(jnp.array([-2.0])).round(4))  # log(1 + e^2)
    [2.1269]
    """
    (fake,) = _logits(fake_logits=fake_logits)
    return jax.nn.softplus(-fake)


def hinge_discriminator_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """The discriminator's hinge loss.

    .. math:: \\ell_b = \\max(0, 1 - r_b) + \\max(0, 1 + f_b)

    Args, Returns, Raises: as `discriminator_loss`.

    References:
      Lim & Ye 2017, *Geometric GAN*; Miyato et al. 2018, eq. 16.

    >>> hinge_discriminator_loss(jnp.array([0.25]), jnp.array([-3.0])).tolist()
    [0.75]
    """
    real, fake = _logits(real_logits=real_logits, fake_logits=fake_logits)
    return jax.nn.relu(1.0 - real) + jax.nn.relu(1.0 + fake)


def hinge_generator_loss(fake_logits: jax.Array) -> jax.Array:
    """The generator's loss against a hinge discriminator.

    .. math:: \\ell_b = -f_b

    Args, Returns, Raises: as `generator_minimax_loss`.

    References:
      Lim & Ye 2017, *Geometric GAN*; Miyato et al. 2018, eq. 17.

    >>> hinge_generator_loss(jnp.array([0.25])).tolist()
    [-0.25]
    """
    (fake,) = _logits(fake_logits=fake_logits)
    return -fake


def wasserstein_critic_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """The critic's loss, the negative difference of its means; it needs a Lipschitz penalty.

    .. math:: \\ell_b = f_b - r_b

    Args, Returns, Raises: as `discriminator_loss`.

    References:
      Arjovsky, Chintala & Bottou 2017, *Wasserstein GAN*, eq. 2.

    >>> wasserstein_critic_loss(jnp.array([2.0]), jnp.array([0.5])).tolist()
    [-1.5]
    """
    real, fake = _logits(real_logits=real_logits, fake_logits=fake_logits)
    return fake - real


def wasserstein_generator_loss(fake_logits: jax.Array) -> jax.Array:
    """The generator's loss against a Wasserstein critic.

    .. math:: \\ell_b = -f_b

    Args, Returns, Raises: as `generator_minimax_loss`.

    References:
      Arjovsky, Chintala & Bottou 2017, *Wasserstein GAN*, theorem 3.

    >>> wasserstein_generator_loss(jnp.array([0.5])).tolist()
    [-0.5]
    """
    return hinge_generator_loss(fake_logits)


def least_squares_discriminator_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """The discriminator's least-squares loss, with targets 1 and 0.

    .. math:: \\ell_b = \\tfrac12 (r_b - 1)^2 + \\tfrac12 f_b^2

    Args, Returns, Raises: as `discriminator_loss`.

    References:
      Mao et al. 2017, *Least Squares Generative Adversarial Networks*, eq. 9.

    >>> least_squares_discriminator_loss(jnp.array([3.0]), jnp.array([1.0])).tolist()
    [2.5]
    """
    real, fake = _logits(real_logits=real_logits, fake_logits=fake_logits)
    return 0.5 * jnp.square(real - 1.0) + 0.5 * jnp.square(fake)


def least_squares_generator_loss(fake_logits: jax.Array) -> jax.Array:
    """The generator's least-squares loss: generated examples should score 1.

    .. math:: \\ell_b = \\tfrac12 (f_b - 1)^2

    Args, Returns, Raises: as `generator_minimax_loss`.

    References:
      Mao et al. 2017, *Least Squares Generative Adversarial Networks*, eq. 9.

    >>> least_squares_generator_loss(jnp.array([3.0])).tolist()
    [2.0]
    """
    (fake,) = _logits(fake_logits=fake_logits)
    return 0.5 * jnp.square(fake - 1.0)


def relativistic_loss(logits: jax.Array, other_logits: jax.Array) -> jax.Array:
    """The relativistic paired loss: score higher than the other's example.

    .. math:: \\ell_b = -\\log \\sigma(l_b - o_b)

    The discriminator minimises it with (real, fake), the generator with (fake, real).

    Args:
      logits: l, `[B]`; floating.
      other_logits: o, `[B]`.

    Returns:
      `[B]`, float32, nats.

    Raises:
      TypeError: an argument is not floating.
      ValueError: the arguments are not `[B]`, or their shapes differ.

    References:
      Jolicoeur-Martineau 2019, *The Relativistic Discriminator*, section 4.2.

    >>> print(relativistic_loss(jnp.array([1.0]), jnp.array([3.0])).round(4))  # log(1 + e^2)
    [2.1269]
    """
    logits, other = _logits(logits=logits, other_logits=other_logits)
    return jax.nn.softplus(other - logits)


def gradient_penalty(key: jax.Array, critic: Critic, real: jax.Array, fake: jax.Array) -> jax.Array:
    """How far the critic's slope is from 1 between real and generated examples.

    .. math:: (\\|\\nabla_x D(\\hat x_b)\\|_2 - 1)^2, \\qquad
              \\hat x_b = x_b + u_b (\\tilde x_b - x_b), \\quad u_b \\sim U(0, 1)

    Args:
      key: a typed key, for u.
      critic: D, `[B, ...]` to `[B]`; no example's value may depend on another's.
      real: x, `[B, ...]`, floating.
      fake: `[B, ...]`, the same shape.

    Returns:
      `[B]`, float32; the caller weighs it.

    Raises:
      TypeError: an array is not floating.
      ValueError: the shapes differ, or the critic does not give `[B]`.

    References:
      Gulrajani et al. 2017, *Improved Training of Wasserstein GANs*, eq. 3.

    >>> steep = lambda x: 3.0 * x[:, 0]
    >>> gradient_penalty(jax.random.key(0), steep, jnp.zeros((1, 2)), jnp.ones((1, 2))).tolist()
    [4.0]
    """
    real, fake = _checks.floating(real=real, fake=fake)
    _checks.at_least_rank(1, real=real)
    _checks.same_shape(real=real, fake=fake)
    u = jax.random.uniform(key, (len(real),) + (1,) * (real.ndim - 1))
    slopes = _input_gradients(critic, real + u * (fake - real))
    return jnp.square(euclidean_norm(slopes.reshape(len(real), -1)) - 1.0)


def r1_penalty(critic: Critic, samples: jax.Array) -> jax.Array:
    """The critic's squared slope at the samples: R1 at real ones, R2 at generated ones.

    .. math:: \\|\\nabla_x D(x_b)\\|_2^2

    Args:
      critic: D, `[B, ...]` to `[B]`; no example's value may depend on another's.
      samples: x, `[B, ...]`, floating.

    Returns:
      `[B]`, float32; the caller weighs it, by gamma / 2 in the paper.

    Raises:
      TypeError: the samples are not floating.
      ValueError: the critic does not give `[B]`.

    References:
      Mescheder, Geiger & Nowozin 2018, *Which Training Methods for GANs do actually Converge?*,
      eq. 9.

    >>> r1_penalty(lambda x: x[:, 0] * x[:, 1], jnp.array([[3.0, 4.0]])).tolist()
    [25.0]
    """
    (samples,) = _checks.floating(samples=samples)
    _checks.at_least_rank(1, samples=samples)
    slopes = _input_gradients(critic, samples)
    return jnp.square(slopes.reshape(len(samples), -1)).sum(axis=-1)


def _input_gradients(critic: Critic, samples: jax.Array) -> jax.Array:
    """The gradient of each example's value by that example, the shape of samples."""

    def total(x):
        values = critic(x)
        if values.shape != x.shape[:1]:
            raise ValueError(
                f"critic must map {list(x.shape)} to [{len(x)}], got {list(values.shape)}"
            )
        return values.sum()

    return jax.grad(total)(samples)
