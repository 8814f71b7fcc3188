"""Other views of an example in training: a group of a config, as a function of a key."""

from collections.abc import Callable
from typing import Any

import jax

from reprlearn import losses
from reprlearn.columns import Column
from reprlearn.errors import UsageError, check_at_least
from reprlearn.settings import Group, Setting, choice, not_negative, share

Augment = Callable[[jax.Array, jax.Array], jax.Array]  # (key, x [B, ...]) -> x, another view


def _check_amount(path: str, value: Any) -> None:
    check_at_least(path, value, 0.0)
    if value > 1:
        raise UsageError(f"{path} is {value!r}; allowed: 0 to 1")


def _amount(about: str) -> Setting:
    return Setting(0.0, about, "0 to 1", _check_amount)


SETTINGS: Group = {
    "shift": not_negative(0.0, "images move by up to this share of their side, either way"),
    "rotation": not_negative(0.0, "they turn by up to so many degrees, either way"),
    "scale": share(0.0, "they grow or shrink by up to this share"),
    "shear": not_negative(0.0, "they are sheared by up to so many degrees, below 90"),
    "crop": share(0.0, "up to this share of the area is cut away; the rest fills the image"),
    "flip": choice("off", ("off", "on"), "whether half of them are mirrored, left to right"),
    "blur": not_negative(0.0, "the largest deviation of a Gaussian blur, in pixels"),
    "brightness": _amount("brightness changes by up to this factor, more or less"),
    "contrast": _amount("so does contrast"),
    "saturation": _amount("so does saturation"),
    "noise": not_negative(0.0, "standard deviation of Gaussian noise that is added"),
    "cutout": _amount("the side of a black square, as a share of the image's"),
}
OF_ANY = ("noise",)  # the others are for images


def from_config(group: Any, column: Column) -> Augment | None:
    """The augmentation that a group of a config describes; None where there is none.

    The views of what lies in [0, 1] do so, too.

    Args:
      group: `config.model.augment`.
      column: of what is augmented.

    Raises:
      UsageError: an augmentation of images on what is none.
    """
    chosen = [name for name, setting in SETTINGS.items() if group[name] != setting.default]
    if not chosen:
        return None
    if column.kind != "image" and (wrong := [name for name in chosen if name not in OF_ANY]):
        raise UsageError(
            f"model.augment.{wrong[0]} is {group[wrong[0]]!r} on {column.kind}s; allowed: "
            f"{SETTINGS[wrong[0]].default!r}, or images"
        )
    if group.shear >= 90:
        raise UsageError(f"model.augment.shear is {group.shear!r}; allowed: below 90")
    place = {name: group[name] for name in ("shift", "rotation", "scale", "shear", "crop")}
    colours = {name: group[name] for name in ("brightness", "contrast", "saturation")}

    def augment(key: jax.Array, x: jax.Array) -> jax.Array:
        keys = jax.random.split(key, 5)
        if any(place.values()) or group.flip == "on":
            x = losses.affine(keys[0], x, **place, flip=group.flip == "on")
        if group.blur:
            x = losses.blur(keys[1], x, sigma=group.blur)
        if any(colours.values()):
            x = losses.colour(keys[2], x, **colours)
        if group.noise:
            x = losses.gaussian_noise(keys[3], x, scale=group.noise)
            x = x.clip(0.0, 1.0) if column.unit else x
        return losses.cutout(keys[4], x, side=group.cutout) if group.cutout else x

    return augment
