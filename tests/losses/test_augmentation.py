"""Augmentations are the maps they say they are, drawn for each example, and drawn evenly."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from reprlearn import losses

KEY = jax.random.key(0)
SHAPE = (40, 9, 7, 3)


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).random(SHAPE).astype("f4")


def test_a_warp_is_that_of_scipy(x):
    rng = np.random.default_rng(1)
    matrix, offset = rng.normal(size=(40, 2, 2)), rng.normal(size=(40, 2)) * 2
    found = jax.jit(losses.warp)(x, matrix.astype("f4"), offset.astype("f4"))
    centre = np.array([4.0, 3.0])
    for image, a, t, warped in zip(x, matrix, offset, found, strict=True):
        for channel in range(3):
            from_origin = t + centre - a @ centre
            expected = ndimage.affine_transform(
                image[..., channel].astype("f8"), a, from_origin, order=1, mode="nearest"
            )
            assert_allclose(warped[..., channel], expected, atol=2e-4)


def test_without_amounts_an_image_is_as_it_is(x):
    assert_allclose(losses.affine(KEY, x), x, atol=1e-6)
    assert_allclose(losses.colour(KEY, x), x)
    assert_array_equal(losses.cutout(KEY, x, side=0.0), x)


def moved(monkeypatch, x, **amounts):
    """The maps that `affine` draws, A `[B, 2, 2]` and t `[B, 2]`."""
    found = {}
    module = "reprlearn.losses.augmentation.warp"
    monkeypatch.setattr(module, lambda x, a, t: found.update(a=np.array(a), t=np.array(t)) or x)
    losses.affine(KEY, np.zeros((4_000, *x.shape[1:]), "f4"), **amounts)
    return found["a"], found["t"]


def test_a_shift_is_even_and_at_most_the_share_of_each_side(x, monkeypatch):
    a, t = moved(monkeypatch, x, shift=0.2)
    assert_allclose(a, np.broadcast_to(np.eye(2), a.shape))
    for side, length in ((0, 9), (1, 7)):
        assert_allclose(np.abs(t[:, side]).max(), 0.2 * length, rtol=0.01)
        assert_allclose(np.quantile(t[:, side], [0.25, 0.5]), [-0.1 * length, 0], atol=0.1)
    assert abs(np.corrcoef(t.T)[0, 1]) < 0.05


def test_a_rotation_a_scale_and_a_shear_are_even(x, monkeypatch):
    a, t = moved(monkeypatch, x, rotation=30.0)
    assert_allclose(a @ a.transpose(0, 2, 1), np.broadcast_to(np.eye(2), a.shape), atol=1e-6)
    angle = np.rad2deg(np.arctan2(a[:, 1, 0], a[:, 0, 0]))
    assert_allclose([angle.min(), angle.max(), angle.std()], [-30, 30, 30 / 3**0.5], rtol=0.03)
    assert (t == 0).all()
    a, _ = moved(monkeypatch, x, scale=0.5)
    factor = 1 / a[:, 0, 0]
    assert_allclose(a[:, 1, 1], a[:, 0, 0])
    assert_allclose([factor.min(), factor.max(), factor.mean()], [0.5, 1.5, 1.0], rtol=0.02)
    a, _ = moved(monkeypatch, x, shear=45.0)
    assert_allclose(a[:, [0, 0, 1], [0, 1, 1]], np.tile([1.0, 0.0, 1.0], (4_000, 1)))
    assert_allclose([a[:, 1, 0].min(), a[:, 1, 0].max()], [-1, 1], rtol=0.02)


def test_what_is_cropped_lies_inside_and_fills_the_image(x, monkeypatch):
    a, t = moved(monkeypatch, x, crop=0.75)
    height, width = a[:, 0, 0], a[:, 1, 1]
    assert (a[:, 0, 1] == 0).all() and (a[:, 1, 0] == 0).all()
    area, aspect = height * width, width / height
    assert 0.25 <= area.min() < 0.26 and 0.9 < area.max() <= 1.0
    inside = (height < 1) & (width < 1)
    assert_allclose([aspect[inside].min(), aspect[inside].max()], [0.75, 4 / 3], rtol=0.02)
    for side, (share, length) in enumerate(((height, 9), (width, 7))):
        play = (1 - share) * length / 2
        assert (np.abs(t[:, side]) <= play + 1e-5).all()
        assert (np.abs(t[:, side]) > 0.9 * play)[play > 1].any()


def test_half_of_the_images_are_mirrored_left_to_right(x, monkeypatch):
    found = np.asarray(losses.affine(KEY, x, flip=True))
    same, mirrored = (
        np.isclose(found, image, atol=1e-5).all(axis=(1, 2, 3)) for image in (x, x[:, :, ::-1])
    )
    assert (mirrored ^ same).all() and 10 < mirrored.sum() < 30
    a, _ = moved(monkeypatch, x, flip=True)
    assert 0.45 < (a[:, 1, 1] == -1).mean() < 0.55 and (a[:, 0, 0] == 1).all()


def test_moves_follow_each_other_in_one_map(x, monkeypatch):
    """What is cropped and mirrored is looked up in the image that was moved, turned and scaled."""
    amounts = {"shift": 0.1, "rotation": 20.0, "scale": 0.3, "shear": 10.0}
    a, t = moved(monkeypatch, x, **amounts)
    cropped, window = moved(monkeypatch, x, crop=0.5, flip=True)
    both, offset = moved(monkeypatch, x, **amounts, crop=0.5, flip=True)
    assert_allclose(both, a @ cropped, atol=1e-5)
    assert_allclose(offset, t + np.einsum("bij,bj->bi", a, window), atol=1e-4)


def test_a_blur_is_that_of_scipy(x):
    image = np.zeros((1, 15, 15, 1), "f4")
    image[0, 7, 7] = 1.0
    found = losses.blur(KEY, np.tile(image, (200, 1, 1, 1)), sigma=1.5)
    assert_allclose(found.sum(axis=(1, 2, 3)), 1.0, rtol=1e-4)
    deviation = np.asarray(jax.random.uniform(KEY, (200, 1), maxval=1.5))[:, 0]
    for i in (0, 3, 9):
        expected = ndimage.gaussian_filter(image[0, ..., 0], deviation[i], mode="nearest", radius=5)
        assert_allclose(found[i, ..., 0], expected, atol=1e-5)
    flat = losses.blur(KEY, np.full((2, 4, 5, 3), 0.3, "f4"), sigma=2.0)
    assert_allclose(flat, 0.3, rtol=1e-5)


def test_colours_change_within_their_amounts():
    x = np.full((4_000, 2, 2, 3), 0.4, "f4")
    bright = np.asarray(losses.colour(KEY, x, brightness=0.5))[:, 0, 0]
    assert_allclose(bright[:, 0], bright[:, 2])
    assert_allclose([bright.min(), bright.max(), bright.mean()], [0.2, 0.6, 0.4], rtol=0.02)
    x[:, 0] = 0.2  # the mean is 0.3
    contrast = np.asarray(losses.colour(KEY, x, contrast=0.5))
    assert_allclose(contrast.mean(axis=(1, 2, 3)), 0.3, rtol=1e-4)
    gap = contrast[:, 1, 0, 0] - contrast[:, 0, 0, 0]
    assert_allclose([gap.min(), gap.max(), gap.mean()], [0.1, 0.3, 0.2], rtol=0.02)
    x = np.tile(np.array([0.5, 0.2, 0.4], "f4"), (4_000, 1, 1, 1))
    grey = 0.299 * 0.5 + 0.587 * 0.2 + 0.114 * 0.4
    saturated = np.asarray(losses.colour(KEY, x, saturation=1.0))[:, 0, 0]
    factor = (saturated[:, 0] - grey) / (0.5 - grey)
    assert_allclose([factor.min(), factor.max(), factor.mean()], [0, 2, 1], atol=0.03)
    assert_allclose(saturated[:, 1], grey + factor * (0.2 - grey), atol=1e-5)
    one = losses.colour(KEY, x[..., :1], saturation=1.0)
    assert_allclose(one, x[..., :1])  # grey has no colour
    cut = losses.colour(KEY, np.full((99, 1, 1, 1), 0.9, "f4"), brightness=1.0)
    assert cut.max() == 1.0 and cut.min() < 0.2


def test_a_square_is_cut_out_at_any_place():
    x = np.ones((2_000, 9, 7, 2), "f4")
    found = np.asarray(losses.cutout(KEY, x, side=0.43))  # 3 of 7 pixels
    black = found == 0
    assert_array_equal(black[..., 0], black[..., 1])
    assert black[..., 0].sum(axis=(1, 2)).max() == 9
    assert black[..., 0].sum(axis=(1, 2)).min() == 4  # in a corner
    centres = black[..., 0].mean(axis=0)
    assert_allclose(centres[3:6, 2:5], 9 / 63, rtol=0.2)
    assert centres[0, 0] == pytest.approx(4 / 63, rel=0.3)


@pytest.mark.parametrize(
    "augment",
    [
        functools.partial(losses.affine, shift=0.2, rotation=20.0, crop=0.3, flip=True),
        functools.partial(losses.blur, sigma=1.0),
        functools.partial(losses.colour, brightness=0.5, contrast=0.5, saturation=0.5),
        functools.partial(losses.cutout, side=0.4),
    ],
)
def test_views_are_drawn_by_the_key_for_each_example(augment, x):
    same = jnp.asarray(np.repeat(x[:1], 6, axis=0))
    first, again, other = (jax.jit(augment)(jax.random.key(k), same) for k in (0, 0, 1))
    assert_array_equal(first, again)
    assert (first != other).any()
    assert len(np.unique(np.asarray(first).reshape(6, -1), axis=0)) > 1
    assert first.shape == same.shape and first.dtype == jnp.float32
    assert first.min() >= 0 and first.max() <= 1 + 1e-6


@pytest.mark.parametrize(
    ("function", "amounts", "message"),
    [
        (losses.affine, {"shift": -0.1}, "shift is -0.1; allowed: at least 0"),
        (losses.affine, {"scale": 1.0}, "scale is 1.0; allowed: at least 0, and below 1.0"),
        (losses.affine, {"shear": 90.0}, "shear is 90.0"),
        (losses.affine, {"crop": 1.0}, "crop is 1.0"),
        (losses.affine, {"rotation": float("nan")}, "rotation is nan"),
        (losses.blur, {"sigma": 0.0}, "sigma"),
        (losses.colour, {"contrast": 1.1}, "contrast is 1.1; allowed: 0 to 1"),
        (losses.cutout, {"side": -0.5}, "side is -0.5; allowed: 0 to 1"),
    ],
)
def test_amounts_that_are_none_are_refused(function, amounts, message, x):
    with pytest.raises(ValueError, match=message):
        function(KEY, x, **amounts)
    with pytest.raises(ValueError, match="x"):
        function(KEY, x[0], **dict.fromkeys(amounts, 0.5))
    with pytest.raises(TypeError, match="x"):
        function(KEY, (x * 255).astype(int), **dict.fromkeys(amounts, 0.5))
