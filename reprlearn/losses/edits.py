"""Edits of text, as a typist makes them: letters dropped, swapped, or put in, by a key."""

import jax
import jax.numpy as jnp

from reprlearn.losses import _checks

LETTERS = (97, 123)  # from a to z: what is put in


def drop_letter(key: jax.Array, tokens: jax.Array, *, rate: float) -> jax.Array:
    """Leaves one letter out of some texts, each letter as likely.

    Args:
      key: a typed PRNG key.
      tokens: `[B, L]`, integers, bytes and 0 behind the end; a text of one letter stays.
      rate: the share of texts, from 0 to 1.

    Returns:
      `[B, L]`, of the same dtype.

    Raises:
      ValueError: tokens is not `[B, L]`, or the rate is outside of [0, 1].
    """
    chosen, place, at = _drawn(key, tokens, rate, least=2, beyond=0)
    moved = jnp.pad(tokens[:, 1:], [(0, 0), (0, 1)])
    return jnp.where(chosen & (at >= place), moved, tokens)


def swap_letters(key: jax.Array, tokens: jax.Array, *, rate: float) -> jax.Array:
    """Swaps a letter of some texts with the next one, each such pair as likely.

    Args, Returns, Raises: as of `drop_letter`.
    """
    chosen, place, at = _drawn(key, tokens, rate, least=2, beyond=-1)
    after = jnp.pad(tokens[:, 1:], [(0, 0), (0, 1)])
    before = jnp.pad(tokens[:, :-1], [(0, 0), (1, 0)])
    swapped = jnp.where(at == place, after, jnp.where(at == place + 1, before, tokens))
    return jnp.where(chosen, swapped, tokens)


def insert_letter(key: jax.Array, tokens: jax.Array, *, rate: float) -> jax.Array:
    """Puts a letter from a to z into some texts, at any place; what is too long is cut.

    Args, Returns, Raises: as of `drop_letter`; an empty text stays.
    """
    key, letter_key = jax.random.split(key)
    chosen, place, at = _drawn(key, tokens, rate, least=1, beyond=1)
    letter = jax.random.randint(letter_key, (len(tokens), 1), *LETTERS).astype(tokens.dtype)
    before = jnp.pad(tokens[:, :-1], [(0, 0), (1, 0)])
    longer = jnp.where(at == place, letter, jnp.where(at > place, before, tokens))
    return jnp.where(chosen, longer, tokens)


def _drawn(
    key: jax.Array, tokens: jax.Array, rate: float, least: int, beyond: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Which texts are edited and where, both `[B, 1]`, and the places `[1, L]`.

    Args:
      key, tokens, rate: see `drop_letter`.
      least: letters of a text that is edited.
      beyond: the places are from 0 to below its length and so many.
    """
    _checks.rank(2, tokens=tokens)
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is {rate}; allowed: 0 to 1")
    text_key, place_key = jax.random.split(key)
    length = (tokens > 0).sum(axis=1, keepdims=True)
    chosen = jax.random.bernoulli(text_key, rate, length.shape) & (length >= least)
    place = jax.random.randint(place_key, length.shape, 0, jnp.maximum(length + beyond, 1))
    return chosen, place, jnp.arange(tokens.shape[1])[None]
