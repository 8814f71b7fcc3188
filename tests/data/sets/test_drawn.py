"""Drawn sets: the mixtures and the moons are what their papers say, by seed."""

import jax
import numpy as np
import pytest

from reprlearn import data
from reprlearn.data.options import Options
from reprlearn.errors import UsageError


def load(split, seed=0):
    """Two domains of moons, the second turned by 35 degrees."""
    return data.load("moons", split, target="moons-35", seed=seed)


@pytest.mark.parametrize(
    ("name", "count", "scale", "nearest"),
    [("ring", 8, 0.01, 2 * np.sin(np.pi / 8)), ("grid", 25, 0.05, 2.0)],
)
def test_mixtures(name, count, scale, nearest):
    mixture = data.open_dataset(Options(name)).truth
    assert mixture.centres.shape == (count, 2)
    apart = np.linalg.norm(mixture.centres[:, None] - mixture.centres[None], axis=-1)
    np.testing.assert_allclose(apart[apart > 0].min(), nearest, rtol=1e-5)
    np.testing.assert_allclose(mixture.centres.mean(axis=0), 0, atol=1e-6)
    drawn = mixture.sample(jax.random.key(0), 50_000)
    noise = np.asarray(drawn["x"]) - mixture.centres[np.asarray(drawn["y"])]
    np.testing.assert_allclose(noise.std(axis=0), scale, rtol=0.02)
    counts = np.bincount(np.asarray(drawn["y"]), minlength=count)
    assert counts.min() > 0.9 * 50_000 / count


def test_the_source_moons_are_scikit_learns_and_the_target_is_turned_about_their_centre():
    arrays = load("test", seed=1)
    assert {name: len(array) for name, array in arrays.items()} == dict.fromkeys(
        ("source/x", "source/y", "target/x", "target/y"), 2000
    )
    upper = arrays["source/x"][arrays["source/y"] == 0]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1).mean(), 1.0, atol=0.01)
    angle = -np.deg2rad(35)
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = (arrays["target/x"] - [0.5, 0.25]) @ back.T + [0.5, 0.25]
    upper = turned[arrays["target/y"] == 0]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1).mean(), 1.0, atol=0.01)
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1).std(), 0.05, atol=0.01)


def test_validation_has_no_target_labels_and_every_split_and_seed_its_own_points():
    validation = load("validation")
    assert set(validation) == {"source/x", "source/y", "target/x", "oracle/y"}
    train = load("train")
    assert len(train["source/x"]) == len(train["target/x"]) == 300
    assert not np.isin(validation["source/x"][:, 0], train["source/x"][:, 0]).any()
    other = load("train", seed=1)
    assert not np.isin(other["source/x"][:, 0], train["source/x"][:, 0]).any()
    again = load("train")
    np.testing.assert_array_equal(train["target/x"], again["target/x"])


def test_describe_and_select():
    found = data.open_dataset(Options("grid")).columns
    assert found["x"].shape == (2,)
    assert len(found["y"].names) == 25
    ring = data.load("ring", "test")
    kept = data.select(ring, (3, 5))
    assert set(np.unique(kept["y"])) == {3, 5}
    assert data.select(ring, ()) is ring
    with pytest.raises(UsageError, match=r"data\.classes holds 8; allowed: 0, 1, 2"):
        data.select(ring, (3, 8))
    with pytest.raises(UsageError, match=r"data\.classes holds 0; allowed: \(\)"):
        data.select(load("test"), (0,))
