"""Encoders of text, tokens `[B, L]`: bytes of UTF-8, 0 where a text has ended."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from reprlearn.models.mlp import Activation

BYTES = 256
PRIME = 0x01000193  # of the rolling hashes: odd, so that multiplying loses nothing
SPACE, UPPER = 32, (65, 90)
GAPS = (1, 2)  # letters that are passed over, in pairs of letters: what a typo changes least
MANY = 32  # features of a text are many if they are more than the buckets over this
HEADS = 4  # of attention, if the width allows


class NGramEncoder(nn.Module):
    """The bag of a text's n-grams and words, hashed to vectors, through hidden layers to `head`.

    .. math:: h = \\frac{1}{\\sqrt{n}} \\sum_{g} E_{hash(g)}

    over the n-grams of 1 to `longest` bytes, those across the two ends of the text among them,
    pairs of bytes with a gap between them, and the words; of `longest` 0 the words alone; with
    `pairs` also each word with the one before it. The vectors E have the first of `widths`; the
    other widths are layers. E begins with the standard deviation `start`, or of length 1 on
    average: where classes are learned, what no training text has should say nothing.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32
    buckets: int = 2**14
    longest: int = 4
    pairs: bool = False
    start: float = 0.0

    @nn.compact
    def __call__(self, tokens: jax.Array) -> Any:
        """Tokens `[B, L]` to what `head` makes of `[B, widths[-1]]`."""
        hashes, present = n_grams(tokens, self.longest, pairs=self.pairs)
        places = (hashes % self.buckets).astype(jnp.int32)
        begin = {"embedding_init": nn.initializers.normal(self.start)} if self.start else {}
        embed = nn.Embed(self.buckets, self.widths[0], dtype=self.dtype, name="n_grams", **begin)
        count = jnp.maximum(present.sum(axis=1, keepdims=True), 1).astype(jnp.float32)
        if places.shape[1] > self.buckets // MANY:  # of long texts a product costs less
            rows = jnp.arange(places.shape[0])[:, None]
            times = jnp.zeros((places.shape[0], self.buckets)).at[rows, places].add(present)
            total = times.astype(self.dtype) @ embed.embedding.astype(self.dtype)
        else:
            total = jnp.where(present[..., None], embed(places), 0.0).sum(axis=1)
        h = total / jnp.sqrt(count)
        for width in self.widths[1:]:
            h = self.activation(nn.Dense(width, dtype=self.dtype)(h))
        return self.head(h)


def n_grams(tokens: jax.Array, longest: int, *, pairs: bool = False) -> tuple[jax.Array, jax.Array]:
    """Hashes of a text's n-grams of 1 to `longest` bytes, of pairs with a gap, and of its words.

    Capitals from A to Z count as small letters. An n-gram may begin before the first byte or end
    behind the last one: its ends tell it apart.

    Args:
      tokens: `[B, L]`, 0 where a text has ended.
      longest: of the n-grams; 0: none, nor pairs of bytes with a gap.
      pairs: whether there are also pairs of words, one behind the other; words are then letters,
        digits and apostrophes, and else all that is between spaces.

    Returns:
      uint32 hashes and bool, which of them are of the text, both `[B, F]`: for each kind of them
      one for each of the L + 2 places.
    """
    tokens = jnp.where((tokens >= UPPER[0]) & (tokens <= UPPER[1]), tokens + 32, tokens)
    end = jnp.zeros((tokens.shape[0], 1), jnp.uint32)
    bytes_ = jnp.concatenate([end, tokens.astype(jnp.uint32), end], axis=1) + 1  # an end is 1
    length = (tokens > 0).sum(axis=1, keepdims=True) + 2
    place = jnp.arange(bytes_.shape[1])[None]
    hashes, present, rolling = [], [], jnp.zeros_like(bytes_)
    for n in range(1, longest + 1):
        shifted = jnp.pad(bytes_[:, n - 1 :], [(0, 0), (0, n - 1)])
        rolling = rolling * jnp.uint32(PRIME) + shifted
        hashes.append(_mixed(rolling, n))
        present.append(place + n <= length)
    for gap in GAPS if longest else ():
        after = jnp.pad(bytes_[:, gap + 1 :], [(0, 0), (0, gap + 1)])
        hashes.append(_mixed(bytes_ * jnp.uint32(PRIME) + after, longest + gap))
        present.append(place + gap + 2 <= length)
    words, before, ends = _words(_plain(bytes_) if pairs else bytes_, length)
    hashes.append(_mixed(words, 0))
    present.append(ends)
    if pairs:
        hashes.append(_mixed(before * jnp.uint32(PRIME) + words, longest + len(GAPS) + 1))
        present.append(ends & (before > 0))
    return jnp.concatenate(hashes, axis=1), jnp.concatenate(present, axis=1)


def _plain(bytes_: jax.Array) -> jax.Array:
    """Bytes `[B, L]`, each 1 more than it is, with spaces in place of what is of no word."""
    byte = bytes_ - 1
    is_digit, is_letter = (byte >= 48) & (byte <= 57), (byte >= 97) & (byte <= 122)
    kept = is_digit | is_letter | (byte == 39) | (byte >= 128) | (byte == 0)
    return jnp.where(kept, bytes_, SPACE + 1)


def _words(bytes_: jax.Array, length: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """At the last byte of each word its hash and that of the word before it, and where these are.

    Each `[B, L + 2]`; the word before the first one has hash 0.
    """
    place = jnp.arange(bytes_.shape[1])[None]
    inside = (bytes_ != SPACE + 1) & (bytes_ > 1) & (place < length)

    def step(carry: tuple[jax.Array, jax.Array], of: tuple[jax.Array, jax.Array]) -> tuple:
        (hashed, before), (byte, is_inside) = carry, of
        before = jnp.where(is_inside | (hashed == 0), before, hashed)  # behind a word: that one
        hashed = jnp.where(is_inside, hashed * jnp.uint32(PRIME) + byte, 0)
        return 2 * ((hashed, before),)

    start = jnp.zeros(bytes_.shape[0], jnp.uint32)
    _, (hashes, before) = jax.lax.scan(step, (start, start), (bytes_.T, inside.T))
    after = jnp.pad(inside[:, 1:], [(0, 0), (0, 1)])
    return hashes.T, before.T, inside & ~after


def _mixed(hashes: jax.Array, salt: int) -> jax.Array:
    """uint32 whose low bits depend on all bits, other ones for each salt."""
    hashes = (hashes ^ jnp.uint32(salt * 0x9E3779B9 % 2**32)) * jnp.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> 13)) * jnp.uint32(0xC2B2AE35)
    return hashes ^ (hashes >> 16)


class TextConvEncoder(nn.Module):
    """Convolutions over the bytes of a text, the largest value of each channel, to `head`.

    The first of `widths` is that of a byte's vector; each further one a convolution of five bytes.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, tokens: jax.Array) -> Any:
        """Tokens `[B, L]` to what `head` makes of `[B, widths[-1]]`."""
        h, present = _embedded(tokens, self.widths[0], self.dtype)
        for width in self.widths[1:]:
            h = self.activation(nn.Conv(width, (5,), dtype=self.dtype)(h))
            h = jnp.where(present, h, 0.0)
        lowest = jnp.finfo(h.dtype).min
        h = jnp.where(present, h, lowest).max(axis=1)
        return self.head(jnp.where(present.any(axis=1), h, 0.0))


class GRUEncoder(nn.Module):
    """Gated recurrent units over the bytes of a text, forwards and backwards, to `head`.

    The first of `widths` is that of a byte's vector; each further one a layer, which reads what
    both directions of the one before say of a byte. `head` gets the two last states.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, tokens: jax.Array) -> Any:
        """Tokens `[B, L]` to what `head` makes of `[B, 2 widths[-1]]`."""
        h, present = _embedded(tokens, self.widths[0], self.dtype)
        lengths, last = present[..., 0].sum(axis=1), []
        for width in self.widths[1:]:
            cells = nn.GRUCell(width, dtype=self.dtype), nn.GRUCell(width, dtype=self.dtype)
            both = [
                nn.RNN(cell, reverse=reverse, keep_order=True, return_carry=True)(
                    h, seq_lengths=lengths
                )
                for cell, reverse in zip(cells, (False, True), strict=True)
            ]
            last = [carry for carry, _ in both]
            h = jnp.concatenate([of for _, of in both], axis=-1)
        return self.head(jnp.concatenate(last, axis=-1))


class TransformerEncoder(nn.Module):
    """Self-attention over the bytes of a text, the mean of what it says of each, to `head`.

    The first of `widths` is that of all vectors; each further one is a block, and the size of its
    hidden layer. Normalisation comes first in a block; places have learned vectors.
    """

    widths: Sequence[int]
    head: nn.Module
    activation: Activation = nn.relu
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, tokens: jax.Array) -> Any:
        """Tokens `[B, L]` to what `head` makes of `[B, widths[0]]`."""
        width = self.widths[0]
        h, present = _embedded(tokens, width, self.dtype)
        places = self.param("places", nn.initializers.normal(0.02), (tokens.shape[1], width))
        h = h + places[None].astype(self.dtype)
        heads = next(count for count in (HEADS, 2, 1) if width % count == 0)
        seen = (present & present.swapaxes(1, 2))[:, None]  # [B, 1, L, L]
        for hidden in self.widths[1:]:
            normed = nn.LayerNorm(dtype=self.dtype)(h)
            h = h + nn.MultiHeadDotProductAttention(heads, dtype=self.dtype)(normed, mask=seen)
            normed = nn.LayerNorm(dtype=self.dtype)(h)
            grown = self.activation(nn.Dense(hidden, dtype=self.dtype)(normed))
            h = h + nn.Dense(width, dtype=self.dtype)(grown)
        h = jnp.where(present, nn.LayerNorm(dtype=self.dtype)(h), 0.0)
        return self.head(h.sum(axis=1) / jnp.maximum(present.sum(axis=1), 1).astype(h.dtype))


def _embedded(tokens: jax.Array, width: int, dtype: Any) -> tuple[jax.Array, jax.Array]:
    """A vector for each byte, `[B, L, width]`, 0 behind the end; and where a text has one."""
    present = (tokens > 0)[..., None]
    vectors = nn.Embed(BYTES, width, dtype=dtype, name="bytes")(tokens.astype(jnp.int32))
    return jnp.where(present, vectors, 0.0), present
