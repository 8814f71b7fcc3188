"""Keys are typed, and functions of seed, stream and step alone."""

import itertools
import re

import jax
from conftest import ROOT

from reprlearn import keys


def bits(key):
    return tuple(jax.random.key_data(key).tolist())


def test_streams_steps_and_seeds_never_meet():
    names, steps, seeds = ("init", "shuffle", "update", "evaluate"), range(4), range(3)
    found = {
        bits(keys.at(keys.stream(keys.root(seed), name), step))
        for seed, name, step in itertools.product(seeds, names, steps)
    }
    assert len(found) == len(names) * len(steps) * len(seeds)


def test_the_same_draw_is_the_same_key():
    one, two = (keys.at(keys.stream(keys.root(3), "update"), 7) for _ in range(2))
    assert bits(one) == bits(two)


def test_keys_are_typed_and_of_one_kind():
    assert jax.dtypes.issubdtype(keys.root(0).dtype, jax.dtypes.prng_key)
    with jax.default_prng_impl("rbg"):  # a user's setting changes no run
        assert str(jax.random.key_impl(keys.root(0))) == "threefry2x32"


def test_known_bits():
    """The streams of runs in the wild: changing them changes every result there is."""
    assert bits(keys.stream(keys.root(0), "update")) == (3901356885, 773831471)


def test_keys_are_made_in_one_place_and_every_draw_has_a_name_of_its_own():
    names = []
    # The claims of testing/ take the steps of the loop again.
    ours = {path for path in ROOT.glob("reprlearn/**/*.py") if path.parent.name != "testing"}
    for path in sorted(ours):
        code = re.sub(r'"""[\s\S]*?"""', "", path.read_text())  # examples may make a key
        names += re.findall(r'(?:keys\.stream\([^"]*|subject\.key\()"([^"]+)"\)', code)
        if path.name != "keys.py":
            assert "random.key(" not in code.replace("a typed key, jax.random.key(seed)", ""), path
    assert {"init", "update", "scores/modes", "scores/log_likelihood"} <= set(names)
    # The shuffle is asked for where a step is taken and where a stream is read ahead; the noise of
    # an evaluation by the run and by its other seeds.
    assert all(names.count(name) == 1 for name in set(names) - {"shuffle", "evaluate"})
