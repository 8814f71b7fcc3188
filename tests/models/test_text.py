"""Encoders of text see the text and nothing behind its end; n-grams are those of its bytes."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprlearn import models
from reprlearn.columns import to_texts, to_tokens
from reprlearn.models import build, text

TEXTS = ["a cat", "cat a", "", "a", "the cat sat", "a cat!"]


def encoder(name, widths=(8, 8)):
    return build.OF_TEXT[name](widths=widths, head=models.CodeHead(4))


@pytest.mark.parametrize("name", build.OF_TEXT)
def test_what_lies_behind_the_end_does_not_matter(name):
    module = encoder(name, widths=(8, 8, 8))
    tokens = jnp.asarray(to_tokens(TEXTS, 16))
    variables = jax.jit(module.init)(jax.random.key(0), tokens)
    z = np.asarray(jax.jit(module.apply)(variables, tokens))
    assert z.shape == (6, 4) and np.isfinite(z).all()
    # Also those of the same letters, but in a bag of words those of the same words.
    assert len(np.unique(z.round(5), axis=0)) == (5 if name in ("words", "bigrams") else 6)
    if name != "transformer":  # whose places are learned, as many as there are
        shorter = module.apply(variables, jnp.asarray(to_tokens(TEXTS, 11)))
        np.testing.assert_allclose(shorter, z, atol=1e-5)
    alone = module.apply(variables, tokens[3:4])
    np.testing.assert_allclose(alone[0], z[3], atol=1e-5)


@pytest.mark.parametrize("name", build.OF_TEXT)
def test_one_program_takes_any_number_of_texts(name):
    module, tokens = encoder(name), jnp.asarray(to_tokens(["ab c", "d", "e fg"], 8))
    variables = module.init(jax.random.key(0), tokens)
    (batch,) = jax.export.symbolic_shape("batch")
    of = jax.ShapeDtypeStruct((batch, 8), tokens.dtype)
    program = jax.export.export(jax.jit(lambda x: module.apply(variables, x)))(of)
    for some in (tokens, tokens[:1]):
        np.testing.assert_allclose(program.call(some), module.apply(variables, some), atol=1e-5)


@pytest.mark.parametrize("name", build.OF_TEXT)
def test_gradients_are_finite_and_reach_every_parameter(name):
    module = encoder(name)
    tokens = jnp.asarray(to_tokens(TEXTS, 16))
    variables = module.init(jax.random.key(0), tokens)
    slopes = jax.jit(jax.grad(lambda v: jnp.square(module.apply(v, tokens)).sum()))(variables)
    for path, slope in jax.tree.leaves_with_path(slopes):
        assert np.isfinite(slope).all(), path
        assert (np.asarray(slope) != 0).any(), path


def features(words, longest=3, length=12):
    hashes, present = text.n_grams(jnp.asarray(to_tokens(words, length)), longest)
    return [np.asarray(h)[np.asarray(p)].tolist() for h, p in zip(hashes, present, strict=True)]


def grams(word, longest=3):
    """What is to be told apart: n-grams across both ends, pairs of letters with a gap, words."""
    ended = f"^{word}$"
    found = [
        (n, ended[i : i + n]) for n in range(1, longest + 1) for i in range(len(ended) - n + 1)
    ]
    for gap in text.GAPS:
        found += [("gap", gap, ended[i], ended[i + gap + 1]) for i in range(len(ended) - gap - 1)]
    found += [("word", w) for w in word.split(" ") if w]
    # Both ends are one symbol.
    return [tuple(str(part).replace("^", "|").replace("$", "|") for part in gram) for gram in found]


def test_n_grams_are_those_of_the_text():
    words = ["cat", "act", "a cat", "cats at", "", "x"]
    found = dict(zip(words, features(words), strict=True))
    for word in words:
        assert len(found[word]) == len(grams(word))
    # The same n-grams have the same hash, others another.
    for a, b in itertools.combinations(words, 2):
        same = len(set(grams(a)) & set(grams(b)))
        assert len(set(found[a]) & set(found[b])) == same, (a, b)


def test_texts_are_their_bytes_and_come_back():
    assert to_tokens(["ab", "é"], 3).tolist() == [[97, 98, 0], [0xC3, 0xA9, 0]]
    assert to_texts(to_tokens(["ab", "é", "", "naïve"], 6)) == ["ab", "é", "", "naïve"]
    assert to_texts(to_tokens(["aé"], 2)) == ["a"]  # cut in the middle of a character
    assert to_tokens(["a\0b"], 3).tolist() == [[97, 32, 98]]


def test_pairs_of_words_are_told_apart_and_punctuation_is_of_no_word():
    def bag(texts):
        tokens = jnp.asarray(to_tokens(texts, 24))
        hashes, present = text.n_grams(tokens, 0, pairs=True)
        return [
            set(np.asarray(h)[np.asarray(p)].tolist()) for h, p in zip(hashes, present, strict=True)
        ]

    same = bag(["It isn't good.", "it ISN'T, good", " (it) isn't good!"])
    assert same[0] == same[1] == same[2] and len(same[0]) == 3 + 2
    one, other, alone, none = bag(["good bad film", "bad good film", "good", "--"])
    assert len(one & other) == 3 and len(one - other) == len(other - one) == 2
    assert len(alone) == 1 and alone < one and none == set()
    repeated = bag(["so so so"])[0]
    assert len(repeated) == 2  # the word, and the pair of it with itself


def test_every_byte_is_of_a_word_or_parts_words():
    byte = np.arange(256)
    kept = {*b"0123456789abcdefghijklmnopqrstuvwxyz'", *range(128, 256), 0}  # 0: behind the end
    found = np.asarray(text._plain(jnp.asarray(byte[None] + 1)))[0]
    np.testing.assert_array_equal(found, np.where([b in kept for b in byte], byte + 1, 33))


def test_a_bag_is_the_sum_of_its_vectors_over_the_root_of_their_number():
    module = build.OF_TEXT["words"](widths=(8,), head=lambda h: h)
    tokens = jnp.asarray(to_tokens(["cat", "sat", "cat sat", "cat cat sat", ""], 16))
    variables = module.init(jax.random.key(0), tokens)
    cat, sat, both, thrice, none = np.asarray(module.apply(variables, tokens))
    np.testing.assert_allclose(both, (cat + sat) / 2**0.5, rtol=1e-5)
    np.testing.assert_allclose(thrice, (2 * cat + sat) / 3**0.5, rtol=1e-5)
    assert not none.any() and np.abs(cat).max() > 0.1


def test_a_transformer_without_blocks_is_the_mean_of_its_bytes():
    module = text.TransformerEncoder(widths=(8,), head=lambda h: h)
    tokens = jnp.asarray(to_tokens(["ab", "b", ""], 5))
    variables = module.init(jax.random.key(0), tokens)
    params = jax.tree.map(np.asarray, variables["params"])
    vectors, places = params["bytes"]["embedding"], params["places"]

    def normed(byte, place):
        h = vectors[ord(byte)] + places[place]
        return (h - h.mean()) / np.sqrt(h.var() + 1e-6)

    expected = [(normed("a", 0) + normed("b", 1)) / 2, normed("b", 0), np.zeros(8)]
    np.testing.assert_allclose(module.apply(variables, tokens), expected, atol=1e-5)


def test_what_no_text_had_says_little_at_first():
    vectors = {}
    for name in ("words", "bigrams"):
        module, tokens = encoder(name), jnp.asarray(to_tokens(["some words"], 16))
        variables = module.init(jax.random.key(0), tokens)
        vectors[name] = np.asarray(variables["params"]["n_grams"]["embedding"]).std()
    assert vectors["bigrams"] == pytest.approx(0.01, rel=0.05) and vectors["words"] > 0.1
