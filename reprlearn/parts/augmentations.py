"""Other views of an example in training: a group of a config, as a function of a key."""

import functools
from collections.abc import Callable, Mapping
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
    "drop_letter": _amount("the share of texts of which a letter is left out"),
    "swap_letters": _amount("the share of texts in which two neighbours are swapped"),
    "insert_letter": _amount("the share of texts into which a letter is put"),
}
EDITS = ("drop_letter", "swap_letters", "insert_letter")
OF = {  # by the kind of examples what they can have
    "image": tuple(name for name in SETTINGS if name not in EDITS),
    "vector": ("noise",),
    "tokens": EDITS,
}


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
    if wrong := [name for name in chosen if name not in OF[column.kind]]:
        raise UsageError(
            f"model.augment.{wrong[0]} is {group[wrong[0]]!r} on {column.many}; allowed there: "
            f"{', '.join(OF[column.kind])}"
        )
    if column.kind == "tokens":
        return functools.partial(_edited, {name: group[name] for name in chosen})
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


def _edited(rates: Mapping[str, float], key: jax.Array, tokens: jax.Array) -> jax.Array:
    """Texts with the edits of these rates, one after the other."""
    for name, own in zip(EDITS, jax.random.split(key, len(EDITS)), strict=True):
        if name in rates:
            tokens = getattr(losses, name)(own, tokens, rate=rates[name])
    return tokens
