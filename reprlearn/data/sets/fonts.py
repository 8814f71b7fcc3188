"""Letters and digits of one family of type: fonts-sans, fonts-serif, fonts-mono, fonts-stix.

The 62 Latin letters and digits in the four styles of a family that comes with matplotlib, each
drawn in twenty sizes, places and angles. Two of these sets are two domains: what is learned of one
font is asked of another. fonts-digits has the ten digits alone, of all four families: a source for
digits that are written by hand.
"""

import functools
import string

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import SPLITS, Dataset, Rows
from reprlearn.data.options import Options
from reprlearn.data.sets import glyphs

PREFIX = "fonts-"
FACES = {
    "sans": glyphs.FACES_OF["Sans"],
    "serif": glyphs.FACES_OF["Serif"],
    "mono": glyphs.FACES_OF["SansMono"],
    "stix": [f"STIXGeneral{s}" for s in ("", "Bol", "Italic", "BolIta")],
}
FACES["digits"] = [face for faces in FACES.values() for face in faces]
NAMES = tuple(PREFIX + family for family in FACES)
EACH = {"train": 14, "validation": 2, "test": 4}  # drawings of a character in a style
SIZES, SHIFT, ANGLE = (16, 23), 2.0, 12.0  # of the type and of its place in pixels, in degrees


def answers(name: str) -> bool:
    """Whether it is one of these."""
    return name in NAMES


def characters(family: str) -> str:
    """The characters of a family, in the order of their classes."""
    return string.digits + ("" if family == "digits" else string.ascii_letters)


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The images "x" uint8 `[N, 28, 28, 1]`, white on black; "y" is the character."""
    del like  # the fonts say themselves what they are
    family = options.name.removeprefix(PREFIX)
    shown = characters(family)

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        x = _drawn(family, split)
        y = np.tile(np.arange(len(shown), dtype=np.int32), len(x) // len(shown))
        return Rows({"x": x, "y": y})

    shape = (glyphs.SIDE, glyphs.SIDE, 1)
    roles = {"x": columns.image(shape), "y": columns.classes(shown)}
    return Dataset(options.name, roles, open_split)


@functools.cache
def _drawn(family: str, split: str) -> np.ndarray:
    """Every drawing in every style, one of each character in turn: `[N, 28, 28, 1]`."""
    from PIL import Image, ImageFont  # takes a while to load

    font_of = functools.cache(lambda face, size: ImageFont.truetype(glyphs.file_of(face), size))
    rng = np.random.default_rng([list(FACES).index(family), SPLITS.index(split)])
    images = []
    for _ in range(EACH[split]):
        for face in FACES[family]:
            for character in characters(family):
                font = font_of(face, int(rng.integers(*SIZES)))
                shift, angle = rng.uniform(-SHIFT, SHIFT, 2), rng.uniform(-ANGLE, ANGLE)
                drawn = glyphs.image(font, character, shift)
                images.append(np.asarray(drawn.rotate(angle, Image.Resampling.BILINEAR)))
    return np.stack(images)[..., None]
