"""Edits of text are those of a typist: one letter, anywhere in the text, in the share of texts."""

import jax
import numpy as np
import pytest

from reprlearn import losses
from reprlearn.columns import to_texts, to_tokens

KEY = jax.random.key(0)
EDITS = {
    losses.drop_letter: {"bcd", "acd", "abd", "abc"},
    losses.swap_letters: {"bacd", "acbd", "abdc"},
}


def edited(edit, text, length=6, rate=1.0, count=400):
    found = jax.jit(lambda tokens: edit(KEY, tokens, rate=rate))(to_tokens([text] * count, length))
    assert found.dtype == np.uint16 and found.shape == (count, length)
    return to_texts(found)


@pytest.mark.parametrize("edit", EDITS)
def test_each_place_is_as_likely(edit):
    found = edited(edit, "abcd")
    assert set(found) == EDITS[edit]
    counts = [found.count(text) for text in EDITS[edit]]
    assert min(counts) > 0.7 * 400 / len(counts)


def test_a_letter_is_put_in_at_any_place():
    found = edited(losses.insert_letter, "ABC")
    places = {i: [t[i] for t in found if t[:i] + t[i + 1 :] == "ABC"] for i in range(4)}
    assert sum(map(len, places.values())) == 400 and min(map(len, places.values())) > 70
    letters = {letter for of_place in places.values() for letter in of_place}
    assert min(letters) == "a" and max(letters) == "z" and len(letters) == 26


def test_what_is_too_long_is_cut_and_what_is_too_short_stays():
    assert {len(text) for text in edited(losses.insert_letter, "abc", length=3)} == {3}
    assert "abc" in edited(losses.insert_letter, "abc", length=3)  # put in behind the end
    assert set(edited(losses.drop_letter, "a")) == {"a"}
    assert set(edited(losses.swap_letters, "a")) == {"a"}
    for edit in (losses.drop_letter, losses.swap_letters, losses.insert_letter):
        assert set(edited(edit, "")) == {""}
    assert set(edited(losses.drop_letter, "ab")) == {"a", "b"}
    assert set(edited(losses.swap_letters, "ab")) == {"ba"}


@pytest.mark.parametrize("edit", [*EDITS, losses.insert_letter])
def test_the_rate_is_the_share_of_texts(edit):
    assert set(edited(edit, "abcd", rate=0.0)) == {"abcd"}
    changed = [text != "abcd" for text in edited(edit, "abcd", rate=0.25)]
    assert 0.18 < np.mean(changed) < 0.32
    tokens = to_tokens(["abcd"] * 50, 6)
    other = edit(jax.random.key(1), tokens, rate=1.0)
    assert (other != edit(KEY, tokens, rate=1.0)).any()


@pytest.mark.parametrize("edit", [*EDITS, losses.insert_letter])
def test_what_is_no_text_or_rate_is_refused(edit):
    with pytest.raises(ValueError, match=r"rate is 1.5; allowed: 0 to 1"):
        edit(KEY, to_tokens(["ab"], 3), rate=1.5)
    with pytest.raises(ValueError, match="tokens"):
        edit(KEY, to_tokens(["ab"], 3)[0], rate=0.5)
