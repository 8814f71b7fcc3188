"""Letters and digits of five scripts in twelve faces of one type family: glyphs.

They are drawn from the fonts that come with matplotlib. A character is a class, and no class is in
two splits: what is learned from some characters is judged on others.
"""

import functools
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reprlearn import columns
from reprlearn.columns import Columns
from reprlearn.data.dataset import SPLITS, Dataset, Rows
from reprlearn.data.options import Options

NAMES = ("glyphs",)
SIDE, SIZE = 28, 20  # of an image, and of the type in it, in pixels
STYLES = {"Sans": ("", "Bold", "Oblique", "BoldOblique")}
STYLES |= {"SansMono": STYLES["Sans"], "Serif": ("", "Bold", "Italic", "BoldItalic")}
FACES_OF = {  # by family
    family: [f"DejaVu{family}" + (f"-{style}" if style else "") for style in styles]
    for family, styles in STYLES.items()
}
FACES = tuple(face for faces in FACES_OF.values() for face in faces)
SCRIPTS = ("DIGIT", "LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")
CATEGORIES = ("Lu", "Ll", "Lo", "Nd")  # letters and digits
SHARES = (0.63, 0.07, 0.3)  # of the characters: training, validation, test
ORDER_SEED = 0  # of the characters' order, which decides their splits


def answers(name: str) -> bool:
    """Whether it is this one."""
    return name in NAMES


def open_set(options: Options, like: Columns | None = None) -> Dataset:
    """The images "x" uint8 `[N, 28, 28, 1]`, white on black; "y" is the character."""
    del like  # the fonts say themselves what they are
    characters, images = _drawn()
    order = np.random.default_rng(ORDER_SEED).permutation(len(characters))
    ends = np.round(np.cumsum(SHARES[:-1]) * len(characters)).astype(int)
    parts = dict(zip(SPLITS, np.split(order, ends), strict=True))

    def open_split(split: str, seed: int = 0, draw: int = 0) -> Rows:
        chosen = np.sort(parts[split])
        y = np.repeat(chosen.astype(np.int32), len(FACES))
        return Rows({"x": images[chosen].reshape(-1, SIDE, SIDE, 1), "y": y})

    roles = {"x": columns.image((SIDE, SIDE, 1)), "y": columns.classes(characters)}
    return Dataset(options.name, roles, open_split)


@functools.cache
def _drawn() -> tuple[tuple[str, ...], np.ndarray]:
    """The characters, and of each an image in every face, uint8 `[C, faces, 28, 28]`.

    Of several that look the same in all faces, such as Latin and Cyrillic a, the first is kept.
    """
    from PIL import ImageFont  # takes a while to load

    files = [file_of(face) for face in FACES]
    fonts = [ImageFont.truetype(file, SIZE) for file in files]
    kept: dict[bytes, tuple[str, np.ndarray]] = {}
    for character in _characters(files):
        drawn = np.stack([np.asarray(image(font, character)) for font in fonts])
        kept.setdefault(drawn.tobytes(), (character, drawn))
    return tuple(c for c, _ in kept.values()), np.stack([drawn for _, drawn in kept.values()])


def _characters(files: Sequence[str]) -> list[str]:
    """The letters and digits that all faces have, by their code."""
    from matplotlib.ft2font import FT2Font

    common = set.intersection(*(set(FT2Font(file).get_charmap()) for file in files))
    every = [chr(code) for code in sorted(common)]
    return [
        c
        for c in every
        if unicodedata.category(c) in CATEGORIES and unicodedata.name(c).split()[0] in SCRIPTS
    ]


def file_of(face: str) -> str:
    """The file of a face that comes with matplotlib."""
    import matplotlib  # takes a while to load

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf")


def image(font: Any, character: str, shift: tuple[float, float] = (0.0, 0.0)) -> Any:
    """A character of a Pillow font in an image of its own, so far from the middle."""
    from PIL import Image, ImageDraw

    drawn, middle = Image.new("L", (SIDE, SIDE)), SIDE / 2
    place = (middle + shift[0], middle + shift[1])
    ImageDraw.Draw(drawn).text(place, character, font=font, fill=255, anchor="mm")
    return drawn
